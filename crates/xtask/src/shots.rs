//! `cargo xtask shots`: screenshots of every window and state, light and dark, English and Russian.

use anyhow::{Context, Result};

use crate::{packages::Purpose, paths, setup, steps::sh};

/// Lets the UI draw each window from made-up views in Chromium, into `target/shots/`.
pub(crate) fn shots() -> Result<()> {
    setup::prepare(Purpose::Test)?;
    let root = paths::root();
    sh(setup::npm_run(&root.join("ui"), "shots")).context("the windows could not be drawn")?;
    println!("{}", root.join("target/shots").display());
    Ok(())
}
