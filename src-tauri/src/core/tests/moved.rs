//! The secret is for one OpenVidu.

use std::time::Duration;

use zvonok_ipc::SignalingState;
use zvonok_server::Config;

use super::{
    office::{Office, SECRET, echo},
    *,
};
use crate::trust::HostPort;

#[tokio::test]
async fn the_secret_is_not_shown_to_an_openvidu_that_it_was_not_given_for() {
    let office = Office::open(TokenSource::Openvidu).await;
    let core = &office.rig.core;
    let tied = HostPort::of(&office.server.media_url).unwrap().to_string();
    office.until("the keyring was looked at", |view| view.setup.secret_stored).await;
    assert_eq!(office.rig.file.load().unwrap().secret_for, tied, "it is for the one that is in use");

    // As good as the first, at another address: the same secret, a certificate that the person trusts.
    let config = Config { secret: Some(zvonok_server::Secret::new(SECRET)), ..Config::embedded() };
    let other = zvonok_server::start(config).await.unwrap();
    let setup = Setup { openvidu: other.media_url.to_string(), ..office.setup.clone() };
    let test = async || core.ask(|reply| Wish::Setting(Setting::TestSetup(setup.clone(), reply))).await.unwrap();
    let question = test().await.certificate.expect("its certificate is a question");
    let (host, fingerprint) = (question.host, question.fingerprint);
    core.ask(|reply| Wish::Setting(Setting::TrustCertificate { host, fingerprint, reply })).await.unwrap();
    let told = |tried: &zvonok_ipc::TestResult| tried.lines.last().and_then(|line| line.problem);
    assert_eq!(told(&test().await), Some(ErrorCode::SecretMissing), "the secret of the other one stays here");
    core.ask(|reply| Wish::Setting(Setting::SaveSetup(setup.clone(), reply))).await.unwrap();
    let moved = |view: &View| view.setup.setup == setup && view.signaling.state == SignalingState::Online;
    office.until("signed in again", moved).await;
    core.ask(|reply| Wish::Place(echo(), reply)).await.unwrap();
    let said = |view: &View| view.notices.iter().any(|notice| notice.code == ErrorCode::SecretMissing);
    office.until("told so", said).await;

    core.tell(Wish::Setting(Setting::SecretChanged { openvidu: true, hub: false }));
    let moved = HostPort::of(&other.media_url).unwrap().to_string();
    let tied = async {
        while office.rig.file.load().unwrap().secret_for != moved {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), tied).await.expect("a new secret is for the one in use");
    assert_eq!(told(&test().await), None, "positive control: this one takes it");
    office.rig.cancel.cancel();
    other.shutdown().await;
    office.server.shutdown().await;
}
