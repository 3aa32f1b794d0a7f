//! Folders of one test's own.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A home, configuration, data, cache and runtime folder that nobody else uses. Removed when dropped.
#[derive(Debug)]
pub struct Folders {
    root: PathBuf,
}

impl Folders {
    /// Makes them below the system's folder for temporary files. The path is short because a Unix socket's name may
    /// have 107 bytes only.
    pub fn new() -> Result<Self> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("zv-{}-{number}", std::process::id()));
        if root.exists() {
            fs::remove_dir_all(&root).with_context(|| format!("cannot empty {}", root.display()))?;
        }
        let folders = Self { root };
        for folder in ["home", "config", "data", "cache", "state", "run", "log", "tmp"] {
            let path = folders.root.join(folder);
            fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).context("cannot set permissions")?;
        }
        Ok(folders)
    }

    /// The folder that holds them all.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `$XDG_RUNTIME_DIR`.
    #[must_use]
    pub fn runtime(&self) -> PathBuf {
        self.root.join("run")
    }

    /// `$XDG_CONFIG_HOME`.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.root.join("config")
    }

    /// `$XDG_DATA_HOME`.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Where the outputs of processes go.
    #[must_use]
    pub fn log(&self, name: &str) -> PathBuf {
        self.root.join("log").join(format!("{name}.log"))
    }

    /// Every file below them, at any depth; sockets and pipes left out.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        let mut waiting = vec![self.root.clone()];
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
                // A file may go away while the folder is read.
                let Ok(entry) = entry else { continue };
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => waiting.push(entry.path()),
                    Ok(kind) if kind.is_file() => files.push(entry.path()),
                    Ok(_) | Err(_) => {}
                }
            }
        }
        Ok(files)
    }

    /// Lets a command see these folders and not the person's own.
    pub fn apply(&self, command: &mut Command) {
        command
            .env("HOME", self.root.join("home"))
            .env("XDG_CONFIG_HOME", self.config())
            .env("XDG_DATA_HOME", self.data())
            .env("XDG_CACHE_HOME", self.root.join("cache"))
            .env("XDG_STATE_HOME", self.root.join("state"))
            .env("XDG_RUNTIME_DIR", self.runtime())
            .env("TMPDIR", self.root.join("tmp"));
    }
}

impl Drop for Folders {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning of temporary files.
        let _ = fs::remove_dir_all(&self.root);
    }
}
