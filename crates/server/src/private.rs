//! Files that only their owner can read, and that are whole or not there.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Makes a directory that only its owner can look into.
pub(crate) fn make_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Writes a file in place of what was there. A crash or a full disk on the way leaves what was there.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let beside = written_beside(path, text)?;
    fs::rename(&beside, path).inspect_err(|_| discard(&beside))
}

/// Writes a file that was not there before; [`io::ErrorKind::AlreadyExists`] where it was. Of two that start at once
/// one wins, and the other finds the whole file.
pub(crate) fn create(path: &Path, text: &str) -> io::Result<()> {
    let beside = written_beside(path, text)?;
    let linked = fs::hard_link(&beside, path);
    discard(&beside);
    match linked {
        // File systems without hard links have no such way: there a crash may leave an empty file, which is replaced.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            let mut options = fs::OpenOptions::new();
            open_private(options.write(true).create_new(true), path)?.write_all(text.as_bytes())
        }
        other => other,
    }
}

fn written_beside(path: &Path, text: &str) -> io::Result<std::path::PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:016x}", rand::random::<u64>()));
    let beside = path.with_file_name(name);
    let write = || -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        let mut file = open_private(options.write(true).create_new(true), &beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().inspect_err(|_| discard(&beside))?;
    Ok(beside)
}

fn open_private(options: &mut fs::OpenOptions, path: &Path) -> io::Result<fs::File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(path)
}

fn discard(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, path = %path.display(), "a file that is not needed any more is left");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_private_and_leave_nothing_beside_them() {
        let dir = std::env::temp_dir().join(format!("zvonok-private-{:x}", rand::random::<u64>()));
        make_dir(&dir).unwrap();
        let path = dir.join("file");
        create(&path, "one").unwrap();
        assert_eq!(create(&path, "two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        replace(&path, "three").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "three");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "nothing is left beside it");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&dir), mode(&path)), (0o700, 0o600));
        }
        fs::remove_dir_all(dir).unwrap();
    }
}
