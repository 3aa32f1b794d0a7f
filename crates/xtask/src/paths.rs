//! Where things are.

use std::path::{Path, PathBuf};

/// The repository's root. Known from compile time, so the commands work from any folder below it.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest).to_path_buf()
}

/// Everything built ends up below it; `CARGO_TARGET_DIR` moves it.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A program of the workspace as a debug build leaves it.
pub(crate) fn debug_program(name: &str) -> PathBuf {
    target().join("debug").join(name)
}

/// A program of the workspace as a release build leaves it.
pub(crate) fn release_program(name: &str) -> PathBuf {
    target().join("release").join(name)
}

/// The program if it stands in one of `PATH`'s folders.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}
