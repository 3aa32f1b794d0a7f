//! The loopback listener: the one network address that windows may use. `/openvidu` is the gateway to the configured
//! OpenVidu, `/peer` a peer connection for webviews that have none.
//!
//! Other programs of this machine can reach it as well and can forge every header; what keeps them out is the handle,
//! 128 random bits that only the core and one window know.

mod adapt;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod gate;
mod gateway;
mod handles;
mod room;
mod secrets;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{handshake::server::Request, http::StatusCode, protocol::WebSocketConfig},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use gate::{Path, Wanted};
pub(crate) use gateway::{Door, GatewayReport};
pub(crate) use handles::Handle;
use handles::{Admitted, Handles};
use zvonok_peer::PeerConfig;

/// How long a handshake may take on loopback.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Sockets at once, those that only shake hands among them. A call has one and a few peer connections; another program
/// that opens more takes no descriptors from the app.
const SOCKETS: usize = 128;
/// The largest message either way: what a peer connection may send. A session description has some ten kilobytes, a
/// hundred.
const MAX_MESSAGE: usize = zvonok_peer::defaults::MAX_MEDIA_BYTES;

/// A bound listener that accepts nobody yet: its port has to be known before Tauri starts, for the policy to name it.
#[derive(Debug)]
pub(crate) struct Loopback {
    listener: TcpListener,
    port: u16,
}

/// Issues and revokes handles.
#[derive(Debug, Clone)]
pub(crate) struct Doors {
    port: u16,
    gateway: Handles<Arc<Door>>,
    peers: Handles<()>,
    /// What the peer connections have in common: what the app plays, so that echo can be taken out.
    config: PeerConfig,
}

impl Loopback {
    /// Takes a free port of 127.0.0.1.
    pub(crate) async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Accepts sockets until cancelled.
    pub(crate) fn start(self, tasks: &TaskTracker, cancel: CancellationToken) -> Doors {
        let doors = Doors {
            port: self.port,
            gateway: Handles::default(),
            peers: Handles::default(),
            config: PeerConfig::default(),
        };
        let accepting = doors.clone();
        let tracker = tasks.clone();
        let room = Arc::new(Semaphore::new(SOCKETS));
        tasks.spawn(async move {
            loop {
                let accepted = tokio::select! {
                    () = cancel.cancelled() => return,
                    accepted = self.listener.accept() => accepted,
                };
                match accepted {
                    Ok((stream, _address)) => {
                        let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
                            tracing::warn!("too many loopback sockets, one more is closed");
                            continue;
                        };
                        let (doors, cancel) = (accepting.clone(), cancel.clone());
                        tracker.spawn(async move {
                            let _place = place;
                            tokio::select! {
                                () = cancel.cancelled() => {}
                                () = doors.serve(stream) => {}
                            }
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a loopback socket could not be accepted");
                        // The usual cause is a full table of descriptors; it needs a moment to empty.
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            }
        });
        doors
    }
}

impl Doors {
    /// A handle for a call's gateway, and the token that openvidu-browser is given in place of the true one. It is dead
    /// after 30 s without use, otherwise it lives until it is revoked.
    pub(crate) fn gateway(&self, door: Door) -> Option<(Handle, String)> {
        let handle = self.gateway.issue(Arc::new(door), false, Instant::now())?;
        let url = format!("ws://127.0.0.1:{}?sessionId={handle}&token=-", self.port);
        Some((handle, url))
    }

    /// The address of one peer connection's socket: used once, within 30 s.
    pub(crate) fn peer(&self) -> Option<String> {
        let handle = self.peers.issue((), true, Instant::now())?;
        Some(format!("ws://127.0.0.1:{}/peer?handle={handle}", self.port))
    }

    /// Ends a call's gateway.
    pub(crate) fn revoke(&self, handle: &str) {
        self.gateway.revoke(handle);
    }

    async fn serve(&self, stream: TcpStream) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let mut admitted = None;
        let handshake = self.handshake(stream, &mut admitted);
        let socket = match tokio::time::timeout(HANDSHAKE, handshake).await {
            Ok(Ok(socket)) => socket,
            Ok(Err(error)) => return tracing::info!(%error, "a loopback socket was refused"),
            Err(_elapsed) => return tracing::warn!("a loopback socket sent no handshake"),
        };
        match admitted {
            Some(Guest::Gateway(admitted, handle, again)) => gateway::relay(socket, &admitted, &handle, again).await,
            Some(Guest::Peer(admitted)) => self.connect_peer(socket, &admitted).await,
            None => {}
        }
    }

    /// One peer connection on one socket.
    async fn connect_peer(&self, socket: WebSocketStream<TcpStream>, admitted: &Admitted<()>) {
        let served = tokio::select! {
            () = admitted.cancel.cancelled() => return,
            served = zvonok_peer::serve(socket, self.config.clone()) => served,
        };
        if let Err(error) = served {
            tracing::warn!(%error, "a peer connection broke");
        }
    }

    #[expect(clippy::result_large_err, reason = "tungstenite's callback fixes the type")]
    async fn handshake(
        &self,
        stream: TcpStream,
        guest: &mut Option<Guest>,
    ) -> Result<WebSocketStream<TcpStream>, tokio_tungstenite::tungstenite::Error> {
        let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        accept_hdr_async_with_config(
            stream,
            |request: &Request, response| match self.admit(request) {
                Ok(admitted) => {
                    *guest = Some(admitted);
                    Ok(gate::accept(response))
                }
                Err(status) => Err(gate::refuse(status)),
            },
            Some(config),
        )
        .await
    }

    fn admit(&self, request: &Request) -> Result<Guest, StatusCode> {
        let Wanted { path, handle, again } = gate::check(request, self.port)?;
        let refused = |_error| StatusCode::UNAUTHORIZED;
        Ok(match path {
            Path::Gateway => {
                let admitted = self.gateway.admit(&handle, again, Instant::now()).map_err(refused)?;
                Guest::Gateway(admitted, handle, again)
            }
            Path::Peer => Guest::Peer(self.peers.admit(&handle, false, Instant::now()).map_err(refused)?),
        })
    }
}

/// Somebody whose handle was good.
enum Guest {
    Gateway(Admitted<Arc<Door>>, Handle, bool),
    Peer(Admitted<()>),
}

#[cfg(test)]
mod damage;
#[cfg(test)]
mod tests;
