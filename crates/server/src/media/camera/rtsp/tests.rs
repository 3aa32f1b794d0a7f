//! A camera that means harm.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const SDP: &str = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=x\r\na=tool:LIVE555 Streaming Media v2013.01.01\r\nt=0 0\r\n\
    m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n";

/// Answers one client as a camera would that wants it to go to `lure`, and closes the connection after SETUP.
async fn answer(stream: TcpStream, lure: SocketAddr) {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut head, mut cseq) = (String::new(), "0".to_owned());
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap() == 0 {
                return;
            }
            if let Some(number) = line.strip_prefix("CSeq: ") {
                cseq = number.trim().to_owned();
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let (more, body) = match head.split_once(' ').unwrap().0 {
            "DESCRIBE" => (
                format!(
                    "Content-Base: rtsp://{lure}/\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n",
                    SDP.len()
                ),
                SDP,
            ),
            _ => ("Session: x;timeout=4294967295\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n".to_owned(), ""),
        };
        let text = format!("RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\n{more}\r\n{body}");
        stream.get_mut().write_all(text.as_bytes()).await.unwrap();
        if head.starts_with("SETUP") {
            return;
        }
    }
}

#[tokio::test]
async fn the_server_does_not_go_where_a_camera_sends_it() {
    let camera = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lure = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (at, lured) = (camera.local_addr().unwrap(), lure.local_addr().unwrap());
    let serving = tokio::spawn(async move { answer(camera.accept().await.unwrap().0, lured).await });
    let address = Address::read(&format!("rtsp://{at}/live"), &["127.0.0.0/8".parse().unwrap()]).unwrap();
    let (mut session, _tunnel) = describe(&address).await.unwrap();
    session.setup(0, SetupOptions::default()).await.unwrap();
    serving.await.unwrap();
    drop(session);
    // To take leave it would go there at once, since its connection is closed.
    let gone_there = tokio::time::timeout(Duration::from_secs(3), lure.accept()).await;
    assert!(gone_there.is_err(), "it went where nobody has checked");
}
