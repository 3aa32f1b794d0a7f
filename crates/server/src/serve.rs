//! Listeners of HTTP, with and without TLS: the hub's and the media server's.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// How long a connection may take to send the head of its next request; so also how long it may be idle. Longer than
/// browsers and our own clients pause within a call, and nginx's own figure: without it connections of machines that
/// went to sleep or to another network are kept for ever, each with a file descriptor.
pub(crate) const HEAD_WITHIN: Duration = Duration::from_secs(75);

/// How long one request may take, body and answer. Of ours one that lets a camera in takes up to 15 s, and one that starts a
/// recording 20: the media server has 10 for how the last one is, and 10 for the new one. Who waits behind another for that is
/// told to be late, and what was begun is done all the same.
pub(crate) const REQUEST_WITHIN: Duration = Duration::from_secs(30);

/// A bound address, not listened on yet.
#[derive(Debug)]
pub(crate) struct Bound {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

/// Binds `address`; port 0 takes a free one.
pub(crate) fn bind(address: SocketAddr) -> io::Result<Bound> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(Bound { address: listener.local_addr()?, listener })
}

impl Bound {
    /// Lets the system hold at most about `bytes` for each client that does not read (Linux takes twice of it, and 4 MB
    /// if it is not told): for listeners whose messages are small.
    pub(crate) fn with_send_buffers(self, bytes: usize) -> io::Result<Self> {
        // Connections get it from the socket that accepts them.
        socket2::SockRef::from(&self.listener).set_send_buffer_size(bytes)?;
        Ok(self)
    }
}

/// Serves `router` until the handle says otherwise, on `tasks`. `name` is for the log.
pub(crate) fn serve(
    bound: Bound,
    tls: Option<RustlsConfig>,
    router: Router,
    tasks: &TaskTracker,
    name: &'static str,
) -> io::Result<Handle<SocketAddr>> {
    serve_with(bound, tls, router, tasks, name, HEAD_WITHIN)
}

fn serve_with(
    bound: Bound,
    tls: Option<RustlsConfig>,
    router: Router,
    tasks: &TaskTracker,
    name: &'static str,
    head_within: Duration,
) -> io::Result<Handle<SocketAddr>> {
    let handle = Handle::new();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let span = tracing::info_span!("listener", name, address = %bound.address);
    let serving = match tls {
        Some(tls) => {
            let mut server = axum_server::from_tcp_rustls(bound.listener, tls)?;
            server.http_builder().http1().header_read_timeout(head_within);
            // Before the first request it waits by another clock, as it does not know yet that it is HTTP/1.
            let server = server.first_request_timeout(head_within).handle(handle.clone());
            tasks.spawn(async move { ended(server.serve(service).await) }.instrument(span))
        }
        None => {
            let mut server = axum_server::from_tcp(bound.listener)?;
            server.http_builder().http1().header_read_timeout(head_within);
            let server = server.first_request_timeout(head_within).handle(handle.clone());
            tasks.spawn(async move { ended(server.serve(service).await) }.instrument(span))
        }
    };
    // The tracker waits for it.
    drop(serving);
    Ok(handle)
}

fn ended(result: io::Result<()>) {
    if let Err(error) = result {
        tracing::error!(%error, "the listener failed");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn a_connection_that_says_nothing_is_closed_before_and_after_a_request() {
        let tasks = TaskTracker::new();
        let bound = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = bound.address;
        let router = Router::new().route("/", get(async || "here"));
        let handle = serve_with(bound, None, router, &tasks, "test", Duration::from_millis(300)).unwrap();
        for request in ["", "GET / HTTP/1.1\r\nhost: x\r\n\r\n", "GET / HTTP/1.1\r\n"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut said = String::new();
            let closed = tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut said)).await;
            assert!(closed.is_ok(), "still open after {request:?}");
            assert_eq!(said.contains("here"), request.ends_with("\r\n\r\n"), "{said}");
        }
        handle.shutdown();
        tasks.close();
        tasks.wait().await;
    }
}
