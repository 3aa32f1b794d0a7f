//! Where the socket is, and who may speak to it.

use std::io;

use interprocess::local_socket::{
    GenericFilePath, ListenerOptions, Name, ToFsName, tokio::Stream, traits::StreamCommon,
};

use crate::profile::Profile;

/// The profile's socket: a file in the owner-only runtime directory, a named pipe on Windows.
pub(super) fn socket_name(profile: &Profile) -> io::Result<Name<'static>> {
    #[cfg(unix)]
    let path = profile.runtime.join(format!("{}.sock", profile.name));
    #[cfg(windows)]
    let path = {
        let owner: String =
            std::env::var("USERNAME").unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
        std::path::PathBuf::from(format!(r"\\.\pipe\zvonok-{owner}-{}", profile.name))
    };
    path.to_fs_name::<GenericFilePath>()
}

/// Closes the socket to everybody but the owner.
#[cfg(unix)]
pub(super) fn owner_only(options: ListenerOptions<'_>) -> io::Result<ListenerOptions<'_>> {
    use interprocess::os::unix::local_socket::ListenerOptionsExt;
    Ok(options.mode(0o600))
}

/// Closes the pipe to everybody but the owner.
#[cfg(windows)]
pub(super) fn owner_only(options: ListenerOptions<'_>) -> io::Result<ListenerOptions<'_>> {
    use interprocess::os::windows::{local_socket::ListenerOptionsExt as _, security_descriptor::SecurityDescriptor};
    // A protected list with one entry: all rights to the owner of the pipe.
    let rights = widestring::U16CString::from_str("D:P(A;;GA;;;OW)").map_err(io::Error::other)?;
    Ok(options.security_descriptor(SecurityDescriptor::deserialize(&rights)?))
}

/// Whether the other end belongs to the person this process runs as. The directory keeps others out already; this holds
/// where the directory's permissions were loosened by hand.
#[cfg(unix)]
pub(super) fn same_person(stream: &Stream) -> io::Result<bool> {
    Ok(stream.peer_creds()?.euid() == Some(rustix::process::geteuid().as_raw()))
}

/// On Windows the pipe's access list has decided it.
#[cfg(windows)]
pub(super) fn same_person(_stream: &Stream) -> io::Result<bool> {
    Ok(true)
}
