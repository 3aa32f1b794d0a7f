//! What every command does first: packages, toolchains, npm's modules.

use std::{fs, path::Path, process::Stdio, time::SystemTime};

use anyhow::{Context, Result};

use crate::{
    packages::{self, Purpose},
    paths,
    steps::{command, sh},
    toolchain,
};

/// The lock file that the modules beside it were installed from.
const STAMP: &str = ".installed-from";

/// Everything that has to be there before anything is built.
pub(crate) fn prepare(purpose: Purpose) -> Result<()> {
    toolchain::rust()?;
    toolchain::node()?;
    packages::install(purpose)?;
    modules("ui")?;
    if purpose == Purpose::Test {
        modules("tests/browser")?;
    }
    Ok(())
}

/// `npm ci` where the modules are not those of the lock file. The lock file they were installed from is kept beside
/// them as a stamp, so that a second run costs nothing.
fn modules(folder: &str) -> Result<()> {
    let folder = paths::root().join(folder);
    let lock = folder.join("package-lock.json");
    if !lock.is_file() {
        return Ok(());
    }
    let wanted = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let stamp = folder.join("node_modules").join(STAMP);
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let mut npm = command(&["npm", "ci", "--no-audit", "--no-fund"]);
    // Chromium comes from Debian; playwright-core downloads none by itself.
    npm.current_dir(&folder).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1").stdin(Stdio::null());
    sh(npm).with_context(|| format!("npm could not install the modules of {}", folder.display()))?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

/// `npm run SCRIPT` in a folder.
pub(crate) fn npm_run(folder: &Path, script: &str) -> std::process::Command {
    let mut npm = command(&["npm", "run", "--silent", script]);
    npm.current_dir(folder).stdin(Stdio::null());
    npm
}

/// Builds the windows into `ui/dist`, which the app embeds, unless they are newer than everything they are made of:
/// new windows mean a new app.
pub(crate) fn build_ui() -> Result<()> {
    let folder = paths::root().join("ui");
    // Not a page: the app's build script puts placeholders for those that were not built.
    let built = fs::metadata(folder.join("dist/assets")).and_then(|assets| assets.modified());
    if built.is_ok_and(|built| newest(&folder).is_ok_and(|changed| changed < built)) {
        println!("The windows in ui/dist are up to date.");
        return Ok(());
    }
    sh(npm_run(&folder, "build")).context("the windows could not be built")
}

/// When something below a folder changed last; what is installed or built there does not count.
fn newest(folder: &Path) -> Result<SystemTime> {
    let mut last = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        if ["dist", "test-results"].iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let installed = entry.file_name() == "node_modules";
        last = last.max(match entry.file_type()?.is_dir() {
            true if installed => fs::metadata(entry.path().join(STAMP))?.modified()?,
            true => newest(&entry.path())?,
            false => entry.metadata()?.modified()?,
        });
    }
    Ok(last)
}
