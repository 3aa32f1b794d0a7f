//! `zvonok-server` as whoever starts it meets it: when it cannot, it says why and what to do.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Starts the program, which has to end by itself.
fn fails(flags: &[&str]) -> String {
    let Output { status, stderr, .. } = Command::new(env!("CARGO_BIN_EXE_zvonok-server")).args(flags).output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert!(!status.success(), "{flags:?} started");
    said
}

fn own_dir() -> PathBuf {
    std::env::temp_dir().join(format!("zvonok-start-{}", uuid::Uuid::new_v4()))
}

#[test]
fn a_taken_port_names_the_flag_for_another() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = udp.local_addr().unwrap().port().to_string();
    let dir = own_dir();
    let dir = dir.to_str().unwrap();
    for (flag, value, other) in [
        ("--hub-listen", &address, "--media-listen"),
        ("--media-listen", &address, "--hub-listen"),
        ("--media-udp", &port, "--hub-listen"),
    ] {
        let mut flags = vec!["--data-dir", dir, flag, value, other, "127.0.0.1:0"];
        if flag == "--media-udp" {
            flags.extend(["--media-listen", "127.0.0.1:0"]);
        }
        let said = fails(&flags);
        assert!(said.contains(&format!("with {flag}")) && said.contains("another program"), "{flag}: {said}");
    }
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn what_is_wrong_with_files_and_flags_is_said_with_what_to_do() {
    let dir = own_dir();
    let file = dir.join("file");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(&file, "").unwrap();
    let (dir, file) = (dir.to_str().unwrap(), file.to_str().unwrap());
    let free = ["--hub-listen", "127.0.0.1:0", "--media-listen", "127.0.0.1:0"];
    for (flags, words) in [
        (["--data-dir", file], ["--data-dir", "directory that this user may write to"]),
        (["--secret-file", file], [file, "is empty"]),
        (["--allow-origin", "pages.example"], ["--allow-origin", "https://pages.example"]),
        (["--allow-origin", "https://pages.example/path"], ["--allow-origin", "https://pages.example"]),
        (["--public-host", "https://x"], ["--public-host", "without"]),
        (["--media-tls", "a.pem,b.pem"], ["--media-tls", "a.pem"]),
    ] {
        let mut all: Vec<&str> = free.iter().chain(&flags).copied().collect();
        if flags[0] != "--data-dir" {
            all.extend(["--data-dir", dir]);
        }
        let said = fails(&all);
        for word in words {
            assert!(said.contains(word), "{flags:?} has no {word:?}: {said}");
        }
    }
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_refuses_the_secret_is_named_at_the_start() {
    let openvidu = crate::plain_server().await;
    let dir = own_dir();
    std::fs::create_dir_all(&dir).unwrap();
    let secret = dir.join("secret");
    std::fs::write(&secret, "wrong").unwrap();
    let deployment = format!("{},{}", openvidu.media_url, secret.display());
    let flags = ["--hub-listen", "127.0.0.1:0", "--openvidu", &deployment, "--data-dir", dir.to_str().unwrap()];
    let mut server = Command::new(env!("CARGO_BIN_EXE_zvonok-server"))
        .args(flags)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stderr.take().unwrap()).lines().map_while(Result::ok);
    // It goes on, so that somebody can mend the deployment; were there no such line, this would wait for ever.
    let said = tokio::task::spawn_blocking(move || lines.into_iter().find(|line| line.contains("refused the secret")));
    let said = tokio::time::timeout(crate::PATIENCE, said).await.expect("in time").unwrap().unwrap();
    assert!(said.contains("OPENVIDU_SECRET"), "{said}");
    server.kill().unwrap();
    server.wait().unwrap();
    openvidu.shutdown().await;
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn files_that_a_crash_left_unfinished_are_made_anew() {
    let dir = own_dir();
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("openvidu-secret"), "").unwrap();
    let free = ["--hub-listen", "127.0.0.1:0", "--media-listen", "127.0.0.1:0", "--data-dir", dir.to_str().unwrap()];
    let mut server =
        Command::new(env!("CARGO_BIN_EXE_zvonok-server")).args(free).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut first).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(first.starts_with("hub "), "{first:?}");
    assert_eq!(std::fs::read_to_string(dir.join("openvidu-secret")).unwrap().len(), 32);
    std::fs::remove_dir_all(dir).unwrap();
}
