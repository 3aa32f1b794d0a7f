//! The system's own password prompt. What is shown is handed over in the environment, never as part of a script.

use std::process::Stdio;

use tauri::AppHandle;
use tokio::{process::Command, sync::oneshot};
use zvonok_openvidu::Secret;

use super::Words;
use crate::core::Question;

/// Names of the variables that carry the question to show, and whose answer it is.
const SHOWN: &str = "ZVONOK_PROMPT_TEXT";
const USER: &str = "ZVONOK_PROMPT_USER";

/// Asks in a process of its own; `None` when the person closed it.
pub(crate) fn ask(_app: &AppHandle, question: Question, reply: oneshot::Sender<Option<Secret>>) {
    tauri::async_runtime::spawn(async move {
        let words = Words::of(question);
        let mut command = command();
        command
            .env(SHOWN, words.label)
            .env(USER, words.user)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let secret = match command.output().await {
            Ok(output) if output.status.success() => String::from_utf8(output.stdout).ok(),
            Ok(_) => None,
            Err(error) => {
                tracing::error!(%error, "the system's password prompt does not start");
                None
            }
        };
        let secret = secret.map(|text| text.trim_end_matches(['\r', '\n']).to_owned()).filter(|text| !text.is_empty());
        if reply.send(secret.map(Secret::new)).is_err() {
            tracing::debug!("nobody waits for the secret any more");
        }
    });
}

#[cfg(windows)]
fn command() -> Command {
    let script = "$c = $host.ui.PromptForCredential('Zvonok', $env:ZVONOK_PROMPT_TEXT, \
                  $env:ZVONOK_PROMPT_USER, ''); if ($c) { [Console]::Out.Write($c.GetNetworkCredential().Password) } else { exit 1 }";
    let mut command = Command::new("powershell.exe");
    command.args(["-NoProfile", "-NonInteractive:$false", "-WindowStyle", "Hidden", "-Command", script]);
    command
}

#[cfg(not(windows))]
fn command() -> Command {
    let script = "text returned of (display dialog (system attribute \"ZVONOK_PROMPT_TEXT\") \
                  default answer \"\" with hidden answer with title \"Zvonok\")";
    let mut command = Command::new("osascript");
    command.args(["-e", script]);
    command
}
