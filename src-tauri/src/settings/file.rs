//! The settings file: read whole, replaced whole, owner-only.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::Settings;

/// The file's most bytes; a settings file with hundreds of contacts has some ten thousand.
const MAX_BYTES: u64 = 1 << 20;

/// Unreadable files that are kept beside it at the most.
const KEPT_ASIDE: u8 = 20;

/// Why the settings could not be read or written. The file itself is left as it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("cannot read the settings in {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "the settings in {} are not understood; nothing was changed. Mend the file, or move it away to start afresh",
        path.display()
    )]
    Parse { path: PathBuf, source: toml::de::Error },
    #[error("cannot write the settings to {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot put the settings into words")]
    Encode(#[from] toml::ser::Error),
}

/// One profile's settings file.
#[derive(Debug, Clone)]
pub(crate) struct SettingsFile {
    path: PathBuf,
}

impl SettingsFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The settings, or their defaults where there is no file yet.
    pub(crate) fn load(&self) -> Result<Settings, FileError> {
        let read = |source| FileError::Read { path: self.path.clone(), source };
        match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
            Err(error) => return Err(read(error)),
            Ok(found) if found.len() > MAX_BYTES => {
                return Err(read(io::Error::new(io::ErrorKind::FileTooLarge, "more than a megabyte")));
            }
            Ok(_) => {}
        }
        let text = fs::read_to_string(&self.path).map_err(read)?;
        Settings::read(&text).map_err(|source| FileError::Parse { path: self.path.clone(), source })
    }

    /// The same, but a file that is not understood is put aside under another name, which is the second value: the
    /// person can start, and nothing of it is lost.
    pub(crate) fn load_or_put_aside(&self) -> Result<(Settings, Option<PathBuf>), FileError> {
        let error = match self.load() {
            Ok(settings) => return Ok((settings, None)),
            Err(error) => error,
        };
        let nonsense = match &error {
            FileError::Parse { .. } => true,
            // Not text, or longer than settings can be.
            FileError::Read { source, .. } => {
                matches!(source.kind(), io::ErrorKind::InvalidData | io::ErrorKind::FileTooLarge)
            }
            FileError::Write { .. } | FileError::Encode(_) => false,
        };
        // One that was put aside earlier may be needed as well.
        let aside = (1..=KEPT_ASIDE)
            .map(|number| self.path.with_extension(format!("unreadable-{number}.toml")))
            .find(|path| !path.exists());
        let Some(aside) = aside.filter(|_free| nonsense) else { return Err(error) };
        fs::rename(&self.path, &aside).map_err(|source| FileError::Write { path: aside.clone(), source })?;
        Ok((Settings::default(), Some(aside)))
    }

    /// Replaces the file by a complete new one, so that a full disk or a crash leaves the old one whole.
    pub(crate) fn save(&self, settings: &Settings) -> Result<(), FileError> {
        let text = toml::to_string_pretty(settings)?;
        replace(&self.path, text.as_bytes()).map_err(|source| FileError::Write { path: self.path.clone(), source })
    }
}

/// Writes a new owner-only file beside `path`, syncs it, and moves it over.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let next = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&next)?;
    #[cfg(unix)]
    {
        // The mode above counts only for a file that is made; one left over by a crash keeps its own.
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    file.write_all(content)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&next, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Contact, Pin};

    fn file() -> (tempfile::TempDir, SettingsFile) {
        let directory = tempfile::tempdir().unwrap();
        let file = SettingsFile::new(directory.path().join("settings.toml"));
        (directory, file)
    }

    #[test]
    fn what_is_saved_is_loaded_again() {
        let (_directory, file) = file();
        let settings = Settings {
            server: "http://127.0.0.1:5001".to_owned(),
            login: "man".to_owned(),
            contacts: vec![Contact { login: "woman".to_owned(), name: "Woman".to_owned() }],
            pins: vec![Pin { host: "127.0.0.1:4443".to_owned(), fingerprint: "AA:BB".to_owned() }],
            ..Settings::default()
        };
        file.save(&settings).unwrap();
        assert_eq!(file.load().unwrap(), settings);
    }

    #[test]
    fn a_missing_file_is_the_first_start() {
        let (_directory, file) = file();
        assert_eq!(file.load().unwrap(), Settings::default());
    }

    #[test]
    fn a_broken_file_is_named_and_kept() {
        let (_directory, file) = file();
        fs::write(&file.path, "server = [").unwrap();
        let error = file.load().unwrap_err();
        assert!(error.to_string().contains("settings.toml"), "says which file: {error}");
        assert_eq!(fs::read_to_string(&file.path).unwrap(), "server = [", "nothing is lost");
    }

    #[test]
    fn nonsense_is_put_aside_and_the_next_one_beside_it() {
        let (_directory, file) = file();
        for (number, nonsense) in
            [b"server = [".to_vec(), vec![0xff, 0xfe], vec![b'#'; MAX_BYTES as usize + 1]].into_iter().enumerate()
        {
            fs::write(&file.path, &nonsense).unwrap();
            let (settings, aside) = file.load_or_put_aside().unwrap();
            assert_eq!(settings, Settings::default());
            let aside = aside.expect("it says where");
            assert!(aside.ends_with(format!("settings.unreadable-{}.toml", number + 1)), "{}", aside.display());
            assert_eq!(fs::read(aside).unwrap(), nonsense, "nothing is lost");
            file.save(&settings).unwrap();
        }
        assert_eq!(file.load_or_put_aside().unwrap().1, None, "what can be read stays where it is");
    }

    proptest::proptest! {
        #[test]
        fn no_file_keeps_the_app_from_starting(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let (_directory, file) = file();
            fs::write(&file.path, bytes).unwrap();
            let (settings, _aside) = file.load_or_put_aside().unwrap();
            _ = settings.ready();
            file.save(&settings).unwrap();
        }

        #[test]
        fn no_value_of_a_known_member_keeps_the_app_from_starting(
            name in "server|socket|openvidu|login|tokens|device|missed_seen|contacts|pins|other",
            value in "\"[ -~&&[^\"\\\\]]{0,20}\"|-?[0-9]{1,18}|true|\\[\\]|\\[7\\]|\\{ host = \"x\" \\}|\\[\\{ login = 1 \\}\\]|[a-z]{1,5}",
        ) {
            let (_directory, file) = file();
            fs::write(&file.path, format!("{name} = {value}\n")).unwrap();
            let (settings, aside) = file.load_or_put_aside().unwrap();
            proptest::prop_assert!(aside.is_none() || settings == Settings::default());
            _ = settings.ready();
        }
    }

    #[test]
    fn members_of_a_newer_version_survive() {
        let (_directory, file) = file();
        fs::write(&file.path, "login = \"man\"\nfrom_the_future = 7\n").unwrap();
        let settings = file.load().unwrap();
        file.save(&settings).unwrap();
        assert!(fs::read_to_string(&file.path).unwrap().contains("from_the_future = 7"));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let (_directory, file) = file();
        file.save(&Settings::default()).unwrap();
        assert_eq!(fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
