//! The system's own password prompt. What is shown is handed over in the environment, never as part of a script.

use std::process::Stdio;

use tauri::AppHandle;
use tokio::{process::Command, sync::oneshot};
use zvonok_openvidu::Secret;

/// Name of the variable that carries the address to show.
const SHOWN: &str = "ZVONOK_PROMPT_HOST";

/// Asks in a process of its own; `None` when the person closed it.
pub(crate) fn ask(_app: &AppHandle, openvidu: String, reply: oneshot::Sender<Option<Secret>>) {
    tauri::async_runtime::spawn(async move {
        let mut command = command();
        command.env(SHOWN, openvidu).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
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
    let script = "$c = $host.ui.PromptForCredential('Zvonok', \"OpenVidu secret of $env:ZVONOK_PROMPT_HOST\", \
                  'OPENVIDUAPP', ''); if ($c) { [Console]::Out.Write($c.GetNetworkCredential().Password) } else { exit 1 }";
    let mut command = Command::new("powershell.exe");
    command.args(["-NoProfile", "-NonInteractive:$false", "-WindowStyle", "Hidden", "-Command", script]);
    command
}

#[cfg(not(windows))]
fn command() -> Command {
    let script = "text returned of (display dialog \"OpenVidu secret of \" & (system attribute \"ZVONOK_PROMPT_HOST\") \
                  default answer \"\" with hidden answer with title \"Zvonok\")";
    let mut command = Command::new("osascript");
    command.args(["-e", script]);
    command
}
