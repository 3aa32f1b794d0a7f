//! From the command line to the running instance.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

use crate::{
    cli::{Cli, Command},
    logs,
    loopback::Loopback,
    profile::Profile,
    settings::SettingsFile,
    shell,
    verbs::{Answer, AskError, ListenError, Listening, Verb, ask, ended},
};

/// Exit code for a verb or a start that was refused; clap's own for a bad command line is 2.
const REFUSED: u8 = 1;

/// Everything `zvonok` does: carries a verb to the running instance, keeps a secret, or becomes the running instance.
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::from(REFUSED)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let profile = Profile::open(cli.profile.clone())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match cli.command {
        Some(Command::Secret(command)) => crate::secrets::run(&profile, &command, &runtime),
        Some(command) => Ok(runtime.block_on(tell(&profile, &verb(command)?))),
        None => start(cli, profile, runtime),
    }
}

/// Becomes the running instance, or shows the window of the one there is.
fn start(cli: Cli, profile: Profile, runtime: tokio::runtime::Runtime) -> anyhow::Result<ExitCode> {
    // Before there is anything that would have to be given back.
    shell::spare_software_rendering();
    let listening = {
        let _entered = runtime.enter();
        match Listening::start(&profile) {
            Ok(listening) => listening,
            Err(ListenError::AlreadyRunning) => {
                if cli.flags.changes_settings() {
                    anyhow::bail!(
                        "profile `{}` runs already; end it with `zvonok --profile {0} quit` before changing its settings",
                        profile.name
                    );
                }
                return Ok(runtime.block_on(tell(&profile, &Verb::Open)));
            }
            Err(error) => return Err(error.into()),
        }
    };
    let _logs = logs::start(&profile, &cli.flags.log)?;
    let file = SettingsFile::new(profile.settings_file());
    let (mut settings, put_aside) = file.load_or_put_aside()?;
    if let Some(aside) = &put_aside {
        tracing::warn!(aside = %aside.display(), "the settings are not understood; they were put aside");
    }
    let before = settings.clone();
    settings.apply_flags(&cli.flags).map_err(|error| anyhow::anyhow!(error.message))?;
    if settings.device.is_empty() {
        settings.device = uuid::Uuid::new_v4().to_string();
    }
    if settings != before {
        file.save(&settings)?;
    }
    let loopback = runtime.block_on(Loopback::bind())?;
    let start = shell::Start { profile, listening, settings, put_aside, file, flags: cli.flags, loopback };
    shell::run(start, runtime)?;
    Ok(ExitCode::SUCCESS)
}

/// Sends a verb and prints what came of it.
async fn tell(profile: &Profile, verb: &Verb) -> ExitCode {
    let mut asked = ask(profile, verb).await;
    if *verb == Verb::Quit && asked.is_ok() {
        // Whoever ends it wants to start it anew, which the lock allows only when it is gone.
        asked = ended(profile).await.and(asked);
    }
    match asked {
        Ok(Answer::Done { text }) => {
            if let Some(text) = text {
                say(&text);
            }
            ExitCode::SUCCESS
        }
        Ok(Answer::Refused(error)) => {
            complain(&error.message);
            ExitCode::from(REFUSED)
        }
        Err(error) => {
            complain(&explain(&error));
            ExitCode::from(REFUSED)
        }
    }
}

fn explain(error: &AskError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

fn verb(command: Command) -> anyhow::Result<Verb> {
    use zvonok_ipc::{Media, Mode, PlaceCall};
    Ok(match command {
        Command::Call { login, watch, audio } => Verb::Call(PlaceCall {
            login,
            mode: if watch { Mode::Watch } else { Mode::TwoWay },
            media: if audio { Media::Audio } else { Media::Video },
        }),
        Command::Accept { audio } => Verb::Accept { audio },
        Command::Decline => Verb::Decline,
        Command::Stop => Verb::Stop,
        Command::Mute => Verb::Mute,
        Command::Status { json } => Verb::Status { json },
        Command::Doctor => Verb::Doctor,
        Command::Quit => Verb::Quit,
        Command::Secret(_) => anyhow::bail!("secrets do not travel as verbs"),
    })
}

/// A line for the person at the terminal. A closed terminal is no reason to fail.
pub(crate) fn say(text: &str) {
    if writeln!(io::stdout().lock(), "{text}").is_err() {
        tracing::debug!("standard output is closed");
    }
}

/// A line for standard error.
pub(crate) fn complain(text: &str) {
    if writeln!(io::stderr().lock(), "zvonok: {text}").is_err() {
        tracing::debug!("standard error is closed");
    }
}
