//! `cargo xtask shots`: screenshots of every window and state, light and dark, English and Russian.

use anyhow::{Context, Result};

use crate::{packages::Purpose, paths, setup, steps::sh};

/// Lets the UI draw each window from made-up views in Chromium, into `target/shots/`.
pub(crate) fn shots() -> Result<()> {
    setup::prepare(Purpose::Test)?;
    let folder = paths::target().join("shots");
    let mut npm = setup::npm_run(&paths::root().join("ui"), "shots");
    npm.env("ZVONOK_SHOTS", &folder);
    sh(npm).context("the windows could not be drawn")?;
    println!("{}", folder.display());
    Ok(())
}
