//! *Test connection*: the parts of a form tried one after the other, the secret last.

use url::Url;
use zvonok_ipc::{ErrorCode, IpcError, Setup, TestLine, TestPart, TestResult, TokenSource};
use zvonok_openvidu::Client;

use super::{link, reasons};
use crate::{
    cli::SecretKind,
    keyring::{Keyring, KeyringError},
    settings, tokens,
    trust::{HostPort, Look, Trust, look},
};

/// Tries a form. Nothing secret is sent to a server whose certificate is a question; there is no `keyring` where what it
/// holds is for another OpenVidu, and no `session` where that is for another hub.
pub(super) async fn run(
    setup: &Setup,
    trust: &Trust,
    keyring: Option<&Keyring>,
    session: Option<&Keyring>,
) -> Result<TestResult, IpcError> {
    settings::check(setup)?;
    let mut result = TestResult { lines: Vec::new(), certificate: None };
    if setup.server == settings::EMBEDDED {
        return Ok(result);
    }
    let server = settings::address(&setup.server)?;
    // Requests and events may come from two places, and each has a certificate of its own.
    let socket = if setup.socket.is_empty() { server.clone() } else { settings::address(&setup.socket)? };
    let question = match certificate(trust, &server).await {
        Some(question) => Some(question),
        None => certificate(trust, &socket).await,
    };
    if let Some(question) = question {
        result.lines.push(line(TestPart::Signaling, Some(certificate_code(&question)), question.fingerprint.clone()));
        result.certificate = Some(question);
    } else {
        let (problem, detail) = link::test(&socket, trust, session).await;
        result.lines.push(line(TestPart::Signaling, problem, detail));
    }
    if setup.tokens == TokenSource::Openvidu {
        openvidu(&settings::address(&setup.openvidu)?, trust, keyring, &mut result).await;
    }
    Ok(result)
}

/// Looks at a server before a password goes there.
pub(super) async fn may_be_trusted(trust: &Trust, url: &Url) -> Result<(), IpcError> {
    let code = match look(trust, url).await {
        Look::Good => return Ok(()),
        Look::Question(question) => certificate_code(&question),
        Look::Unreachable(error) => {
            tracing::info!(%error, "nobody to sign in at");
            ErrorCode::ServerUnreachable
        }
    };
    let subject = HostPort::of(url).map(|place| place.to_string()).unwrap_or_default();
    Err(IpcError { code, message: format!("{subject} cannot be signed in at ({code:?})"), subject })
}

async fn certificate(trust: &Trust, url: &Url) -> Option<zvonok_ipc::CertificateQuestion> {
    match look(trust, url).await {
        Look::Question(question) => Some(question),
        Look::Good | Look::Unreachable(_) => None,
    }
}

fn certificate_code(question: &zvonok_ipc::CertificateQuestion) -> ErrorCode {
    if question.previous.is_some() { ErrorCode::CertificateChanged } else { ErrorCode::CertificateUnknown }
}

async fn openvidu(url: &Url, trust: &Trust, keyring: Option<&Keyring>, result: &mut TestResult) {
    match look(trust, url).await {
        Look::Good => result.lines.push(line(TestPart::Certificate, None, url.to_string())),
        Look::Unreachable(error) => {
            let problem = Some(ErrorCode::ServerUnreachable);
            return result.lines.push(line(TestPart::Openvidu, problem, error.to_string()));
        }
        Look::Question(question) => {
            let code = certificate_code(&question);
            result.lines.push(line(TestPart::Certificate, Some(code), question.fingerprint.clone()));
            result.certificate = Some(question);
            return;
        }
    }
    let Ok(endpoint) = trust.endpoint(url) else { return };
    let found = Client::recognise(url.clone(), endpoint.http.clone()).await;
    let problem = found.as_ref().err().map(|error| reasons::token(tokens::failure(error)));
    let detail = found.as_ref().map_or_else(ToString::to_string, |found| found.public_url.clone());
    result.lines.push(line(TestPart::Openvidu, problem, detail));
    if found.is_err() {
        return;
    }
    let kept = match keyring {
        Some(keyring) => keyring.get(SecretKind::Openvidu).await,
        None => Err(KeyringError::Missing),
    };
    let secret = match kept {
        Ok(secret) => secret,
        Err(error) => {
            let error = IpcError::from(error);
            return result.lines.push(line(TestPart::Secret, Some(error.code), error.message));
        }
    };
    let probed = match Client::new(url.clone(), secret, endpoint.http) {
        Ok(client) => client.probe().await,
        Err(error) => Err(error),
    };
    let problem = probed.as_ref().err().map(|error| reasons::token(tokens::failure(error)));
    let detail = probed.map_or_else(|error| error.to_string(), |found| found.version.unwrap_or_default());
    result.lines.push(line(TestPart::Secret, problem, detail));
}

fn line(part: TestPart, problem: Option<ErrorCode>, detail: String) -> TestLine {
    TestLine { part, problem, detail }
}
