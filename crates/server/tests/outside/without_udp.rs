//! Those whom no UDP reaches, those who come by IPv6, and strangers at the door for them.

use std::net::{Ipv6Addr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use zvonok_server::media::Transport;
use zvonok_server::{Config, Running, Tls};

use crate::peer::{Peer, address};
use crate::rpc::Rpc;
use crate::{PATIENCE, plain_server};

/// Both see each other's pictures, in that way only.
async fn talk(server: &Running, by: [Transport; 2]) {
    let (mut man, mut woman) = (Rpc::join(server).await, Rpc::join(server).await);
    let [his, hers] = by.map(|transport| address(server, transport));
    let (_his_camera, his_stream) = Peer::new(by[0], his).await.publish(&mut man).await;
    let (_her_camera, her_stream) = Peer::new(by[1], hers).await.publish(&mut woman).await;
    let mut he_sees = Peer::new(by[0], his).await.receive(&mut man, &her_stream).await;
    let mut she_sees = Peer::new(by[1], hers).await.receive(&mut woman, &his_stream).await;
    he_sees.receives(30).await;
    she_sees.receives(30).await;
    man.ask("leaveRoom", serde_json::json!({})).await.unwrap();
    woman.ask("leaveRoom", serde_json::json!({})).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn they_see_and_are_seen_over_tcp() {
    let server = plain_server().await;
    assert_eq!(address(&server, Transport::Tcp), address(&server, Transport::Udp), "one number for both");
    talk(&server, [Transport::Tcp, Transport::Tcp]).await;
    talk(&server, [Transport::Udp, Transport::Tcp]).await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ipv6_carries_media_in_both_ways() {
    crate::count_panics();
    let media_listen = SocketAddr::from((Ipv6Addr::LOCALHOST, 0));
    let server =
        zvonok_server::start(Config { media_tls: Tls::Off, media_listen, ..Config::embedded() }).await.unwrap();
    assert!(server.media_addresses().iter().all(|(_, address)| address.is_ipv6()));
    talk(&server, [Transport::Udp, Transport::Tcp]).await;
    server.shutdown().await;
}

/// Whether the server has closed the connection, in good time.
async fn closed(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    let read = tokio::time::timeout(PATIENCE, stream.read(&mut byte)).await;
    matches!(read, Ok(Ok(0) | Err(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_closed_and_do_not_keep_others_out() {
    let server = plain_server().await;
    let to = address(&server, Transport::Tcp);
    let (mut man, mut woman) = (Rpc::join(&server).await, Rpc::join(&server).await);
    let (_camera, stream) = Peer::new(Transport::Tcp, to).await.publish(&mut man).await;
    let mut sees = Peer::new(Transport::Tcp, to).await.receive(&mut woman, &stream).await;
    sees.receives(30).await;
    for nonsense in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x16, 0x03, 0x01, 0x02, 0x00], &[0xff; 64]] {
        let mut stream = TcpStream::connect(to).await.unwrap();
        stream.write_all(nonsense).await.unwrap();
        assert!(closed(&mut stream).await, "{nonsense:?} was listened to");
    }
    // Datagrams that are well framed and nobody's are listened to for a while only.
    let mut nobody = TcpStream::connect(to).await.unwrap();
    nobody.write_all(&[0, 4, 128, 1, 2, 3, 0, 0]).await.unwrap();
    // As many as one address may have, and more: the last of them are refused, and room is there again when they end.
    let mut waiting = Vec::new();
    for _ in 0..200 {
        waiting.push(TcpStream::connect(to).await.unwrap());
    }
    assert!(closed(waiting.last_mut().unwrap()).await, "200 strangers of one address are let in");
    // Those who have proven who they are have room of their own.
    sees.receives(30).await;
    assert!(closed(&mut nobody).await);
    for stream in &mut waiting {
        assert!(closed(stream).await, "a stranger who says nothing is waited for");
    }
    assert_eq!(crate::panics(), 0);
    sees.receives(30).await;
    let mut late = Rpc::join(&server).await;
    Peer::new(Transport::Tcp, to).await.receive(&mut late, &stream).await.receives(30).await;
    server.shutdown().await;
}
