//! dunst, with its buttons pressed by a script, and everything it showed written down.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, bail};

use crate::{Child, Desktop, wait};

/// A notification as it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The application's name.
    pub app: String,
    /// The title line.
    pub summary: String,
    /// The text below it.
    pub body: String,
}

/// A running dunst.
#[derive(Debug)]
pub struct Notifications {
    #[expect(dead_code, reason = "ends dunst when it is dropped")]
    child: Child,
    folder: PathBuf,
}

impl Notifications {
    pub(crate) fn start(desktop: &Desktop) -> Result<Self> {
        let folder = desktop.folders().root().join("dunst");
        fs::create_dir_all(&folder).context("cannot make dunst's folder")?;
        // dunst gives the menu `#LABEL (SUMMARY) [ID,ACTION]` a line and takes back the line chosen.
        script(&folder.join("choose"), &format!("grep -m1 -F -- \"#$(cat '{0}/label') (\"", folder.display()))?;
        // Called with application, summary, body, icon, urgency.
        let record = format!("printf '%s\\037%s\\037%s\\036' \"$1\" \"$2\" \"$3\" >> '{0}/shown'", folder.display());
        script(&folder.join("record"), &record)?;
        let settings = format!(
            "[global]\nmonitor = 0\nfollow = none\nnotification_limit = 20\nidle_threshold = 0\nhistory_length = 100\n\
             dmenu = {0}/choose\n[record]\nsummary = \"*\"\nscript = {0}/record\n",
            folder.display()
        );
        let file = folder.join("dunstrc");
        fs::write(&file, settings).context("cannot write dunst's settings")?;
        let mut command = desktop.command("dunst");
        command.arg("-conf").arg(&file);
        let child = Child::spawn("dunst", &command, &desktop.folders().log("dunst"))?;
        desktop.wait_for_name("org.freedesktop.Notifications")?;
        Ok(Self { child, folder })
    }

    /// Everything that was shown since the start, oldest first.
    pub fn shown(&self) -> Result<Vec<Notification>> {
        let file = self.folder.join("shown");
        if !file.exists() {
            return Ok(Vec::new());
        }
        let text = fs::read_to_string(&file).context("cannot read what dunst showed")?;
        Ok(text
            .split('\u{1e}')
            .filter_map(|record| {
                let mut parts = record.splitn(3, '\u{1f}').map(str::to_owned);
                Some(Notification { app: parts.next()?, summary: parts.next()?, body: parts.next()? })
            })
            .collect())
    }

    /// When the last one was shown; `None` before the first.
    pub fn last_shown_at(&self) -> Result<Option<SystemTime>> {
        let file = self.folder.join("shown");
        if !file.exists() {
            return Ok(None);
        }
        let written = fs::metadata(&file).and_then(|about| about.modified());
        written.map(Some).context("cannot tell when dunst showed something")
    }

    /// Waits for a notification with `text` in its summary or body.
    pub fn wait_for(&self, text: &str, limit: Duration) -> Result<Notification> {
        wait::until_some(&format!("a notification that says `{text}`"), limit, || {
            let found = |shown: &Notification| shown.summary.contains(text) || shown.body.contains(text);
            Ok(self.shown()?.into_iter().rev().find(found))
        })
    }

    /// How many are on the screen now.
    pub fn displayed(&self, desktop: &Desktop) -> Result<usize> {
        let text = desktop.output(&["dunstctl", "count", "displayed"])?;
        text.split_whitespace().last().and_then(|word| word.parse().ok()).context("dunst did not say how many it shows")
    }

    /// Presses the button called `label` of a notification on the screen.
    pub fn press(&self, desktop: &Desktop, label: &str) -> Result<()> {
        if label.is_empty() {
            bail!("a button has a name");
        }
        fs::write(self.folder.join("label"), label).context("cannot write the choice")?;
        desktop.output(&["dunstctl", "context"]).map(drop)
    }
}

fn script(file: &Path, line: &str) -> Result<()> {
    fs::write(file, format!("#!/bin/sh\n{line}\n")).with_context(|| format!("cannot write {}", file.display()))?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o700)).context("cannot set permissions")
}
