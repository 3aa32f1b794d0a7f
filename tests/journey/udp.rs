//! UDP that is dropped in the middle of a call while signaling stays up (issue 2, bad input and faults).

use anyhow::ensure;
use zvonok_testkit::{Network, Server, until};

use crate::rig::{MEDIA, SOON, journey, number, word, zvonok, zvonok_server};

#[test]
fn a_call_whose_udp_is_dropped_waits_for_it_and_then_says_what_blocks_it() {
    journey(|rig| {
        let folder = rig.desktop.folders().root().join("network");
        let network = Network::start(&folder)?;
        let server = Server::start(
            &network.within(&zvonok_server()?)?,
            &rig.desktop.folders().root().join("server"),
            &["--media-tls", "off"],
        )?;
        let at = [server.hub(), server.media(), server.secret()];
        let woman = rig.program_at(&network.within(&zvonok())?, &at, "woman", &["--fake-media"])?;
        woman.must(&["call", "echo", "--audio"])?;
        let before = woman.wait_call("in_call", MEDIA)?;
        let interrupted = "The connection was interrupted. Reconnecting…";

        // A short while: the same call goes on.
        network.drop_udp(true)?;
        rig.eyes.wait_text(woman.id(), interrupted, SOON)?;
        ensure!(word(&woman.status()?, "/signaling") == "online", "signaling stays up");
        network.drop_udp(false)?;
        until("the connection to be back", MEDIA, || Ok(!rig.eyes.outline(woman.id()).contains(interrupted)))?;
        let heard = number(&woman.status()?, "/media/audio_received");
        let after = woman
            .wait_for("sound to go on", MEDIA, |status| number(status, "/media/audio_received") > heard + 24_000)?;
        ensure!(word(&after, "/call/call_id") == word(&before, "/call/call_id"), "{before} became {after}");

        // For good: the call ends with what is wrong, and the app is there for the next one.
        network.drop_udp(true)?;
        woman.wait_call("idle", MEDIA)?;
        rig.eyes.wait_text(woman.id(), "No picture or sound gets through, a firewall may block UDP", SOON)?;
        ensure!(word(&woman.status()?, "/signaling") == "online", "signaling stays up");
        network.drop_udp(false)?;
        woman.must(&["call", "echo", "--audio"])?;
        woman.wait_call("in_call", MEDIA)?;
        woman.must(&["stop"])?;
        woman.wait_call("idle", SOON).map(drop)
    });
}
