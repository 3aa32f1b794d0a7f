//! Whether Rust and Node are there and new enough, in words that say what to do.

use anyhow::{Context, Result, bail};

use crate::{
    paths,
    steps::{command, output_of, sh},
};

/// `rust-version` of the workspace: what socketioxide 0.18.9 asks for.
const RUST: (u32, u32) = (1, 94);

/// Vite 8 asks for it.
const NODE: (u32, u32) = (20, 19);

/// Refuses a Rust that cannot compile the workspace.
pub(crate) fn rust() -> Result<()> {
    let text = output_of(command(&["rustc", "--version"]))
        .context("Rust is missing; https://rustup.rs says how to install it")?;
    let found = version(&text).with_context(|| format!("cannot read the version in `{}`", text.trim()))?;
    if found < RUST {
        bail!(
            "Rust {}.{} is too old: Zvonok needs {}.{} or newer. `rustup update stable` brings it.",
            found.0,
            found.1,
            RUST.0,
            RUST.1
        );
    }
    Ok(())
}

/// Refuses a Node that cannot build the UI.
pub(crate) fn node() -> Result<()> {
    if paths::on_path("node").is_none() || paths::on_path("npm").is_none() {
        bail!(
            "Node.js is missing: Zvonok's windows are built with it. Install {}.{} or newer (with npm), for instance \
             from https://nodejs.org/en/download.",
            NODE.0,
            NODE.1
        );
    }
    let text = output_of(command(&["node", "--version"]))?;
    let found = version(&text).with_context(|| format!("cannot read the version in `{}`", text.trim()))?;
    if found < NODE {
        bail!(
            "Node.js {}.{} is too old: Zvonok needs {}.{} or newer (https://nodejs.org/en/download).",
            found.0,
            found.1,
            NODE.0,
            NODE.1
        );
    }
    Ok(())
}

/// Makes sure that a compilation target is there; `rustup` adds it where it is in charge.
pub(crate) fn target(triple: &str) -> Result<()> {
    let libraries = output_of(command(&["rustc", "--print", "target-libdir", "--target", triple]))?;
    if std::path::Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    if paths::on_path("rustup").is_none() {
        bail!("Rust's standard library for {triple} is missing, and there is no rustup to add it");
    }
    sh(command(&["rustup", "target", "add", triple]))
}

/// Major and minor version: the first two numbers after the first digit.
fn version(text: &str) -> Option<(u32, u32)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let mut numbers = text.get(start..)?.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_programs_print_them() {
        assert_eq!(version("rustc 1.95.0 (59807616e 2026-04-14)\n"), Some((1, 95)));
        assert_eq!(version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(version("nothing"), None);
    }
}
