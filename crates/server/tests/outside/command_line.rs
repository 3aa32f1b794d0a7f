//! The program itself: where it takes its secret from, and what it says about that.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PLANTED: &str = "planted-secret-b7Ks02";

/// A folder of this test's own.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("zvonok-line-{:x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning of temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Everything that the program printed until it listened or ended, and whether it listened.
fn printed(folder: &Path, args: &[&str], secret: Option<&str>) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zvonok-server"));
    command.args(["--hub-listen", "127.0.0.1:0", "--media-listen", "127.0.0.1:0", "--data-dir"]).arg(folder).args(args);
    command.env_remove("OPENVIDU_SECRET").env_remove("ZVONOK_TURN_SECRET").env_remove("RUST_LOG");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(secret) = secret {
        command.env("OPENVIDU_SECRET", secret);
    }
    let mut child = command.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    while out.read_line(&mut text).unwrap() > 0 && !text.contains("certificate") {}
    let listened = text.contains("certificate");
    // One that ended by itself cannot be killed any more.
    let _ = child.kill();
    out.read_to_string(&mut text).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    child.wait().unwrap();
    (listened, text)
}

#[test]
fn a_secret_on_the_command_line_warns_and_one_from_elsewhere_does_not() {
    let folder = Folder::new();
    let file = folder.0.join("secret");
    std::fs::write(&file, format!("{PLANTED}\n")).unwrap();
    let file = file.to_str().unwrap();
    for (args, environment, warns) in [
        (&["--secret", PLANTED][..], None, true),
        (&["--secret-file", file], None, false),
        (&[], Some(PLANTED), false),
        (&[], None, false),
    ] {
        let (listened, text) = printed(&folder.0, args, environment);
        assert!(listened, "{args:?}: {text}");
        assert_eq!(text.contains("--secret can be read by everybody"), warns, "{args:?}: {text}");
        assert!(!text.contains(PLANTED), "{args:?}: {text}");
    }
    let made = std::fs::read_to_string(folder.0.join("openvidu-secret")).unwrap();
    assert!(made.len() == 32 && made != PLANTED, "without one a random one is made and kept");
}

#[test]
fn an_empty_secret_is_none() {
    let folder = Folder::new();
    let file = folder.0.join("secret");
    std::fs::write(&file, " \n").unwrap();
    for (args, environment) in
        [(&["--secret", ""][..], None), (&["--secret-file", file.to_str().unwrap()], None), (&[], Some(""))]
    {
        let (listened, text) = printed(&folder.0, args, environment);
        assert!(!listened && text.contains("the secret") && text.contains("is empty"), "{args:?}: {text}");
    }
}

#[test]
fn the_secret_of_relays_is_never_printed_and_warned_of_where_others_can_read_it() {
    let folder = Folder::new();
    let file = folder.0.join("secret");
    std::fs::write(&file, format!("{PLANTED}\n")).unwrap();
    let file = file.to_str().unwrap();
    let relay = ["--turn", "turn:127.0.0.1:3478"];
    for (args, warns) in [(&["--turn-secret", PLANTED][..], true), (&["--turn-secret-file", file], false)] {
        let (listened, text) = printed(&folder.0, &[&relay[..], args].concat(), None);
        assert!(listened, "{args:?}: {text}");
        assert_eq!(text.contains("--turn-secret can be read by everybody"), warns, "{args:?}: {text}");
        assert!(!text.contains(PLANTED), "{args:?}: {text}");
    }
    let (listened, text) = printed(&folder.0, &relay, None);
    assert!(!listened && text.contains("ZVONOK_TURN_SECRET"), "{text}");
}
