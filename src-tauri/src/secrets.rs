//! `zvonok secret`: from standard input into the keyring.

use std::{
    io::{self, IsTerminal, Read},
    process::ExitCode,
};

use zvonok_openvidu::Secret;

use crate::{
    cli::{SecretCommand, SecretKind},
    keyring::Keyring,
    profile::Profile,
    settings::SettingsFile,
    start::{complain, say},
    verbs::{AskError, Verb, ask},
};

/// A secret's most bytes. OpenVidu's are letters and digits of any length; nobody types more.
const MAX_SECRET: u64 = 4096;

/// Keeps or forgets a secret, and tells the running instance that it changed.
pub(crate) fn run(
    profile: &Profile,
    command: &SecretCommand,
    runtime: &tokio::runtime::Runtime,
) -> anyhow::Result<ExitCode> {
    let keyring = Keyring::new(profile.name.clone());
    let (openvidu, hub) = match command {
        SecretCommand::Set(which) => (which.kind == SecretKind::Openvidu, which.kind == SecretKind::Hub),
        SecretCommand::Forget { kind } => (*kind != Some(SecretKind::Hub), *kind != Some(SecretKind::Openvidu)),
    };
    let done = match command {
        SecretCommand::Set(which) => {
            let secret = read()?;
            runtime.block_on(keyring.set(which.kind, secret)).map(|()| "stored in the keyring")
        }
        SecretCommand::Forget { kind } => {
            let kinds = kind.map_or_else(|| vec![SecretKind::Openvidu, SecretKind::Hub], |kind| vec![kind]);
            let forgotten: Result<(), _> =
                kinds.into_iter().try_for_each(|kind| runtime.block_on(keyring.forget(kind)));
            forgotten.map(|()| "removed from the keyring")
        }
    };
    match done {
        Ok(text) => say(text),
        Err(error) => {
            complain(&error.to_string());
            return Ok(ExitCode::FAILURE);
        }
    }
    match runtime.block_on(ask(profile, &Verb::SecretChanged { openvidu, hub })) {
        Ok(_) => {}
        Err(AskError::NotRunning(_)) => untie(profile, openvidu, hub)?,
        Err(error) => complain(&format!("the running instance was not told: {error}")),
    }
    Ok(ExitCode::SUCCESS)
}

/// The new secret is for the OpenVidu that is used next, and the new session for the hub, whatever those before were for.
fn untie(profile: &Profile, openvidu: bool, hub: bool) -> anyhow::Result<()> {
    let file = SettingsFile::new(profile.settings_file());
    let mut settings = file.load()?;
    let before = settings.clone();
    if openvidu {
        settings.secret_for.clear();
    }
    if hub {
        settings.session_for.clear();
    }
    if settings != before {
        file.save(&settings)?;
    }
    Ok(())
}

fn read() -> anyhow::Result<Secret> {
    let mut input = io::stdin().lock();
    if input.is_terminal() {
        complain("type the secret, it will be seen on this terminal; end with Enter and Ctrl+D");
    }
    let mut text = String::new();
    (&mut input).take(MAX_SECRET).read_to_string(&mut text)?;
    let secret = text.trim_end_matches(['\r', '\n']).to_owned();
    anyhow::ensure!(!secret.is_empty(), "standard input is empty; give the secret there");
    Ok(Secret::new(secret))
}
