//! Media over TCP: connections that clients open (RFC 6544, the passive side), cut into datagrams as RFC 4571 has it.
//!
//! A connection belongs to nobody until the SFU has taken a connectivity check from it. Until then it is a stranger's, of
//! which there are few at a time, and which is closed when it takes too long.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::super::addresses::Door;
use super::super::defaults;
use super::strangers::{Stranger, Strangers};
use crate::failures::network;

/// Who is at both ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ends {
    pub(super) source: SocketAddr,
    /// The advertised address.
    pub(super) destination: SocketAddr,
}

/// What comes of connections.
#[derive(Debug)]
pub(super) enum Heard {
    /// There is a new one.
    Opened { ends: Ends, connection: Connection },
    /// A datagram.
    Datagram { ends: Ends, bytes: Vec<u8> },
    /// That one is no more.
    Closed { ends: Ends, id: u64 },
}

/// The driver's end of a connection. It is closed when this is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    /// Tells it from a later one between the same ends.
    pub(super) id: u64,
    /// Datagrams that wait to be written.
    pub(super) outgoing: mpsc::Sender<Vec<u8>>,
    /// To be told once the SFU knows whose it is.
    pub(super) proven: Option<oneshot::Sender<()>>,
}

/// What all connections share.
#[derive(Debug, Clone)]
pub(super) struct Listening {
    pub(super) heard: mpsc::Sender<Heard>,
    pub(super) strangers: Strangers,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

/// Accepts connections at one door until the server stops.
pub(super) async fn accept(door: Door<TcpListener>, listening: Listening) {
    let mut last = 0;
    loop {
        let accepted = tokio::select! {
            () = listening.stop.cancelled() => return,
            accepted = door.socket.accept() => accepted,
        };
        let (stream, source) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // For want of file descriptors it would fail again at once, as long as nothing is closed.
                tracing::warn!(%error, "a TCP connection for media was not accepted");
                tokio::time::sleep(defaults::TCP_ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some((permit, stranger)) = listening.strangers.enter(network(source.ip())) else {
            tracing::debug!("too many TCP connections for media, one more is refused");
            continue;
        };
        last += 1;
        let ends = Ends { source, destination: door.advertised };
        listening.tasks.spawn(serve(stream, ends, last, permit, stranger, listening.clone()));
    }
}

async fn serve(
    stream: TcpStream,
    ends: Ends,
    id: u64,
    _permit: OwnedSemaphorePermit,
    stranger: Stranger,
    listening: Listening,
) {
    prepare(&stream);
    let (outgoing, queue) = mpsc::channel(defaults::TCP_QUEUE);
    let (proven, proof) = oneshot::channel();
    let opened = Heard::Opened { ends, connection: Connection { id, outgoing, proven: Some(proven) } };
    if listening.heard.send(opened).await.is_err() {
        return;
    }
    let (incoming, out) = stream.into_split();
    let ended = tokio::select! {
        ended = read(incoming, ends, &listening.heard) => ended,
        ended = write(out, queue) => ended,
        ended = belong(proof, stranger, defaults::TCP_PROVEN_WITHIN) => ended,
        () = listening.stop.cancelled() => return,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a TCP connection for media ended");
    }
    if listening.heard.send(Heard::Closed { ends, id }).await.is_err() {
        tracing::debug!("the SFU was gone first");
    }
}

/// Small buffers: what waits in them is late when it arrives, and the bandwidth estimate learns of it late.
fn prepare(stream: &TcpStream) {
    let set = stream.set_nodelay(true).and_then(|()| SockRef::from(stream).set_send_buffer_size(defaults::TCP_BUFFER));
    if let Err(error) = set {
        tracing::debug!(%error, "a TCP connection keeps its usual buffers");
    }
}

/// Ends where nobody has said within `within` whose the connection is.
async fn belong(proof: oneshot::Receiver<()>, stranger: Stranger, within: Duration) -> io::Result<()> {
    match tokio::time::timeout(within, proof).await {
        Ok(Ok(())) => {
            drop(stranger);
            std::future::pending().await
        }
        // The driver has let go of it.
        Ok(Err(_dropped)) => Ok(()),
        Err(_late) => Err(io::Error::new(io::ErrorKind::TimedOut, "it did not prove whose it is")),
    }
}

/// Cuts what comes into datagrams. A driver that is busy makes the client wait.
async fn read(stream: impl AsyncRead + Unpin, ends: Ends, heard: &mpsc::Sender<Heard>) -> io::Result<()> {
    let mut stream = BufReader::with_capacity(defaults::TCP_BUFFER, stream);
    loop {
        let length = tokio::time::timeout(defaults::TCP_IDLE, stream.read_u16()).await??;
        let length = usize::from(length);
        if length > defaults::DATAGRAM_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a datagram of {length} bytes")));
        }
        let mut bytes = vec![0; length];
        tokio::time::timeout(defaults::TCP_IDLE, stream.read_exact(&mut bytes)).await??;
        // An empty one says nothing, but for that somebody is there: whose connection it is is looked at all the same.
        if heard.send(Heard::Datagram { ends, bytes }).await.is_err() {
            return Ok(());
        }
    }
}

/// Writes what waits, several datagrams at once where there are several.
async fn write(mut stream: impl AsyncWrite + Unpin, mut queue: mpsc::Receiver<Vec<u8>>) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(defaults::TCP_BUFFER);
    while let Some(first) = queue.recv().await {
        buffer.clear();
        frame(&mut buffer, &first);
        while buffer.len() < defaults::TCP_BUFFER
            && let Ok(next) = queue.try_recv()
        {
            frame(&mut buffer, &next);
        }
        tokio::time::timeout(defaults::TCP_WRITE_WITHIN, stream.write_all(&buffer)).await??;
    }
    Ok(())
}

fn frame(buffer: &mut Vec<u8>, datagram: &[u8]) {
    // None is longer than a packet.
    let Ok(length) = u16::try_from(datagram.len()) else { return };
    buffer.extend_from_slice(&length.to_be_bytes());
    buffer.extend_from_slice(datagram);
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: Ends = Ends {
        source: SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1),
        destination: SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 2),
    };

    async fn read_all(bytes: &[u8]) -> (io::Result<()>, Vec<Vec<u8>>) {
        let (heard, mut came) = mpsc::channel(16);
        let ended = read(bytes, ENDS, &heard).await;
        drop(heard);
        let mut datagrams = Vec::new();
        while let Some(Heard::Datagram { bytes, .. }) = came.recv().await {
            datagrams.push(bytes);
        }
        (ended, datagrams)
    }

    #[tokio::test]
    async fn what_is_framed_is_read_as_it_was_and_what_is_too_long_ends_the_connection() {
        let mut bytes = Vec::new();
        for datagram in [&b"one"[..], b"", b"two"] {
            frame(&mut bytes, datagram);
        }
        let (ended, datagrams) = read_all(&bytes).await;
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(datagrams, [&b"one"[..], b"", b"two"]);
        bytes.extend_from_slice(b"GET / HTTP/1.1\r\n\r\n");
        let (ended, datagrams) = read_all(&bytes).await;
        assert_eq!((ended.unwrap_err().kind(), datagrams.len()), (io::ErrorKind::InvalidData, 3));
        let longest = vec![7; defaults::DATAGRAM_BYTES];
        let mut bytes = Vec::new();
        frame(&mut bytes, &longest);
        assert_eq!(read_all(&bytes).await.1, [longest]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_or_reads_nothing_is_not_waited_for() {
        let (heard, _came) = mpsc::channel(1);
        let (_client, server) = tokio::io::duplex(64);
        assert_eq!(read(server, ENDS, &heard).await.unwrap_err().kind(), io::ErrorKind::TimedOut);

        let (_client, server) = tokio::io::duplex(64);
        let (queue, waiting) = mpsc::channel(2);
        queue.send(vec![1; 1_000]).await.unwrap();
        assert_eq!(write(server, waiting).await.unwrap_err().kind(), io::ErrorKind::TimedOut);

        let (_proven, proof) = oneshot::channel();
        let (_permit, stranger) = Strangers::default().enter(ENDS.source.ip()).unwrap();
        let ended = belong(proof, stranger, Duration::from_secs(10)).await;
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
