//! The program is told to end.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::person::Person;
use crate::program::{Place, Program};
use crate::{Folder, PATIENCE};

/// A request that never ends, which a stop waits for in vain.
fn unfinished_request(hub: &str) -> TcpStream {
    let mut stream = TcpStream::connect(hub.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(b"POST /call HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\n{").unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn who_neither_reads_nor_ends_does_not_hold_up_a_stop() {
    let folder = Folder::new();
    let hub = Program::start(&folder, &Place::File, &["--stop-seconds", "30"]);
    let mut man = Person::login(&hub.hub, "man", None).await;
    // This one never reads what it is told, its end included.
    let _deaf = Person::login(&hub.hub, "woman", None).await;
    let mut unfinished = unfinished_request(&hub.hub);
    let silent = TcpStream::connect(hub.hub.strip_prefix("http://").unwrap()).unwrap();
    assert_eq!(man.call("woman", "c1").await.1["status"], 0);
    let begun = Instant::now();
    hub.stop();
    assert!(begun.elapsed() < Duration::from_secs(15), "it took {:?}", begun.elapsed());
    man.is_closed_by_transport().await;
    unfinished.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut rest = Vec::new();
    // It may be reset instead of closed, which is an end as well.
    let _ = unfinished.read_to_end(&mut rest);
    drop(silent);
    let hub = Program::start(&folder, &Place::File, &[]);
    let woman = Person::login(&hub.hub, "woman", Some(0)).await;
    assert_eq!(woman.ack["pending"][0]["call_id"], json!("c1"), "{}", woman.ack);
    hub.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_cut_off_after_its_time() {
    let folder = Folder::new();
    let hub = Program::start(&folder, &Place::File, &["--stop-seconds", "1"]);
    let _unfinished = unfinished_request(&hub.hub);
    // The server has seen the connection once it answers on another one that came later.
    Person::login(&hub.hub, "man", None).await;
    let begun = Instant::now();
    let log = hub.stop();
    assert!(begun.elapsed() < Duration::from_secs(3), "it took {:?}", begun.elapsed());
    assert!(log.contains("not everything ended in time"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    let folder = Folder::new();
    let hub = Program::start(&folder, &Place::File, &["--stop-seconds", "60"]);
    let _unfinished = unfinished_request(&hub.hub);
    let man = Person::login(&hub.hub, "man", None).await;
    hub.signal("TERM");
    hub.says("stopping").await;
    let begun = Instant::now();
    hub.signal("TERM");
    let (code, log) = hub.wait();
    assert_eq!(code, Some(1), "{log}");
    assert!(begun.elapsed() < Duration::from_secs(2) && log.contains("ended at once"), "{:?}: {log}", begun.elapsed());
    drop(man);
    // As after a crash.
    Program::start(&folder, &Place::File, &[]).stop();
}
