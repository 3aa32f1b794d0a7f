//! What the fuzz targets see of the app: what it reads of files, of other programs and of servers.

use zvonok_ipc::RecentCall;

use crate::{
    settings::{Pin, Settings},
    trust::{Fingerprint, HostPort, Pins, subject},
    verbs::{Answer, Verb},
};

/// A settings file: what is understood can be written and understood again, and its pins are of their hosts only.
///
/// # Panics
/// Where that is not so.
#[expect(clippy::expect_used, reason = "a panic is what a fuzz target tells by")]
pub fn settings(text: &str) {
    let Ok(settings) = Settings::read(text) else { return };
    let _ = settings.ready();
    let written = toml::to_string_pretty(&settings).expect("settings can be written");
    let again = Settings::read(&written).expect("what was written is read");
    // Floating-point members of a newer version may be what is equal to nothing.
    assert_eq!(format!("{again:?}"), format!("{settings:?}"));
    pins(&settings.pins);
}

fn pins(kept: &[Pin]) {
    let pins = Pins::load(kept);
    for pin in kept {
        let host = HostPort::named(&pin.host);
        let known = pins.decided(&host).is_some();
        assert!(known, "every pin counts");
    }
}

/// A server's certificate, of which a person is shown the name and the fingerprint.
///
/// # Panics
/// Where the fingerprint is none.
pub fn certificate(der: &[u8]) {
    subject(&der.into());
    assert_eq!(Fingerprint::of(der).as_str().len(), 32 * 3 - 1);
}

/// A line of another program: a verb, an answer, or none.
pub fn verb(text: &str) {
    let _ = serde_json::from_str::<Verb>(text);
    let _ = serde_json::from_str::<Answer>(text);
}

/// The file of past calls.
pub fn history(bytes: &[u8]) {
    let _ = serde_json::from_slice::<Vec<RecentCall>>(bytes);
}

/// A message between OpenVidu and the window.
pub fn gateway(text: &str) {
    crate::loopback::fuzzing::gateway(text);
}
