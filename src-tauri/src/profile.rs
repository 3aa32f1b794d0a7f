//! A profile: settings, keyring entries and running instance of their own, so that two run side by side.

use std::{fmt, fs, io, path::PathBuf, str::FromStr};

use directories::ProjectDirs;

/// A profile's name: `[A-Za-z0-9_-]{1,32}`, since it becomes part of paths and of a socket's name (a Unix socket's path
/// may be 107 bytes long).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProfileName(String);

impl ProfileName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProfileName {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if (1..=32).contains(&name.len()) && name.chars().all(allowed) {
            Ok(Self(name.to_owned()))
        } else {
            Err("a profile's name is 1 to 32 letters, digits, `_` or `-`")
        }
    }
}

/// Where a profile keeps things. Made with owner-only permissions.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) name: ProfileName,
    /// `settings.toml` is here.
    pub(crate) config: PathBuf,
    /// `history.json` and `logs/` are here.
    pub(crate) data: PathBuf,
    /// The verbs socket and the lock are here; shared by all profiles of this person.
    pub(crate) runtime: PathBuf,
}

impl Profile {
    /// Finds the directories (`XDG_*` on Linux) and makes them.
    ///
    /// # Errors
    /// When there is no home directory, or a directory cannot be made.
    pub(crate) fn open(name: ProfileName) -> io::Result<Self> {
        let dirs = ProjectDirs::from("", "", "zvonok")
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no home directory"))?;
        let data = dirs.data_local_dir().to_path_buf();
        // Without XDG_RUNTIME_DIR (no login session) an owner-only directory beside the data serves as well.
        let runtime = dirs.runtime_dir().map_or_else(|| data.join("run"), PathBuf::from);
        let profile =
            Self { config: dirs.config_dir().join(name.as_str()), data: data.join(name.as_str()), runtime, name };
        for directory in [&profile.config, &profile.data, &profile.runtime] {
            private_directory(directory)?;
        }
        Ok(profile)
    }

    pub(crate) fn settings_file(&self) -> PathBuf {
        self.config.join("settings.toml")
    }

    pub(crate) fn history_file(&self) -> PathBuf {
        self.data.join("history.json")
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.data.join("logs")
    }

    pub(crate) fn lock_file(&self) -> PathBuf {
        self.runtime.join(format!("{}.lock", self.name))
    }
}

/// Makes a directory that only its owner may enter, and closes one that was open to others.
pub(crate) fn private_directory(path: &std::path::Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        builder.mode(0o700).create(path)?;
        let mode = fs::metadata(path)?.permissions().mode();
        if mode & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        }
    }
    // On Windows these directories are below the person's own profile, which others cannot enter.
    #[cfg(not(unix))]
    builder.create(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn its_directories_are_the_owners_and_one_that_was_open_is_closed() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let deep = directory.path().join("zvonok").join("man");
        private_directory(&deep).unwrap();
        assert_eq!((mode(&deep), mode(deep.parent().unwrap())), (0o700, 0o700));
        for open in [0o755, 0o770, 0o701] {
            fs::set_permissions(&deep, fs::Permissions::from_mode(open)).unwrap();
            private_directory(&deep).unwrap();
            assert_eq!(mode(&deep), 0o700, "it was {open:o}");
        }
    }
}
