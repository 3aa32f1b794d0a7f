//! From an address to a Socket.IO connection.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use url::Url;
use zvonok_signaling_proto::packet::{Data, Engine, MAX_FRAME, Open, Packet};
use zvonok_signaling_proto::{Code, SOCKET_PATH};

use crate::ConnectError;
use crate::reach::reach;
use crate::sign_in::{Pocket, SessionToken};

/// A byte stream, encrypted or not.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Sync {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Wire for T {}

/// The WebSocket.
pub(crate) type Socket = WebSocketStream<Box<dyn Wire>>;

/// A connection that has its namespace.
pub(crate) struct Connected {
    pub(crate) socket: Socket,
    pub(crate) open: Open,
    /// What Socket.IO calls `socket.id`.
    pub(crate) sid: String,
}

/// Whether a Socket.IO server answers at `base` and lets this one in: connects, with a session's token where the hub has
/// accounts, and leaves again without saying `login`.
///
/// # Errors
/// [`ConnectError`].
pub async fn check(
    base: &Url,
    tls: &Arc<rustls::ClientConfig>,
    token: Option<SessionToken>,
    limit: Duration,
) -> Result<(), ConnectError> {
    let token = Pocket::with(token).token_for(base);
    let mut connected = connect(base, tls, token.as_ref(), limit).await?;
    let leave = Engine::Message(Packet::main(Data::Disconnect)).encode();
    // It answered, which is what was asked; whether it hears the good-bye is its own affair.
    let _ = connected.socket.send(Message::text(leave)).await;
    let _ = connected.socket.close(None).await;
    Ok(())
}

/// Connects: TCP, TLS, WebSocket, Engine.IO, namespace. All of it within `limit`.
pub(crate) async fn connect(
    base: &Url,
    tls: &Arc<rustls::ClientConfig>,
    token: Option<&SessionToken>,
    limit: Duration,
) -> Result<Connected, ConnectError> {
    let until = Instant::now() + limit;
    let (secure, address, url) = address(base)?;
    let tcp = within(until, "connecting", reach(&address.0, address.1)).await?.map_err(ConnectError::Unreachable)?;
    tcp.set_nodelay(true).map_err(ConnectError::Unreachable)?;
    let wire: Box<dyn Wire> = if secure {
        let name = ServerName::try_from(address.0).map_err(|_| ConnectError::BadAddress)?;
        let connector = tokio_rustls::TlsConnector::from(Arc::clone(tls));
        Box::new(
            within(until, "securing the connection", connector.connect(name, tcp)).await?.map_err(ConnectError::Tls)?,
        )
    } else {
        Box::new(tcp)
    };
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MAX_FRAME))
        .max_frame_size(Some(MAX_FRAME))
        .max_write_buffer_size(4 * MAX_FRAME);
    let shake = tokio_tungstenite::client_async_with_config(url.as_str(), wire, Some(limits));
    let (socket, _) = within(until, "opening the WebSocket", shake).await?.map_err(|error| not_socket_io(&error))?;
    within(until, "waiting for the Socket.IO handshake", namespace(socket, token)).await?
}

async fn within<T>(until: Instant, what: &'static str, step: impl Future<Output = T>) -> Result<T, ConnectError> {
    timeout_at(until, step).await.map_err(|_| ConnectError::Timeout(what))
}

/// Host, port and the WebSocket's own URL.
fn address(base: &Url) -> Result<(bool, (String, u16), Url), ConnectError> {
    let secure = match base.scheme() {
        "https" | "wss" => true,
        "http" | "ws" => false,
        _ => return Err(ConnectError::BadAddress),
    };
    let host = base.host_str().ok_or(ConnectError::BadAddress)?;
    let port = base.port_or_known_default().ok_or(ConnectError::BadAddress)?;
    let scheme = if secure { "wss" } else { "ws" };
    let url = format!("{scheme}://{host}:{port}{SOCKET_PATH}?EIO=4&transport=websocket");
    let url = Url::parse(&url).map_err(|_| ConnectError::BadAddress)?;
    Ok((secure, (host.trim_matches(['[', ']']).to_owned(), port), url))
}

fn not_socket_io(error: &WsError) -> ConnectError {
    match error {
        WsError::Http(response) if response.status().as_u16() == 403 => ConnectError::Refused {
            code: Some(Code::NotAllowed),
            message: "The hub does not allow connections from here.".to_owned(),
        },
        WsError::Http(response) => ConnectError::NotSocketIo(format!("it answers HTTP {}", response.status().as_u16())),
        WsError::Io(error) => ConnectError::Broken(io::Error::new(error.kind(), error.to_string())),
        WsError::ConnectionClosed | WsError::AlreadyClosed => ConnectError::Closed,
        WsError::Tls(_)
        | WsError::Capacity(_)
        | WsError::Protocol(_)
        | WsError::WriteBufferFull(_)
        | WsError::Utf8(_)
        | WsError::AttackAttempt
        | WsError::Url(_)
        | WsError::HttpFormat(_) => ConnectError::NotSocketIo("it does not open a WebSocket".to_owned()),
    }
}

/// Engine.IO's handshake and Socket.IO's namespace `/`.
async fn namespace(mut socket: Socket, token: Option<&SessionToken>) -> Result<Connected, ConnectError> {
    let odd = |what: &str| ConnectError::NotSocketIo(what.to_owned());
    let Engine::Open(open) = next(&mut socket).await? else { return Err(odd("no Engine.IO handshake")) };
    let auth = token.map(|token| serde_json::json!({ "token": token.reveal() }));
    let hello = Engine::Message(Packet::main(Data::Connect(auth))).encode();
    socket.send(Message::text(hello)).await.map_err(|error| not_socket_io(&error))?;
    loop {
        match next(&mut socket).await? {
            Engine::Message(packet) if packet.namespace == "/" => match packet.data {
                Data::Connect(Some(auth)) => {
                    let sid = auth.get("sid").and_then(|sid| sid.as_str()).ok_or_else(|| odd("no socket id"))?;
                    return Ok(Connected { sid: sid.to_owned(), socket, open });
                }
                Data::ConnectError(error) => {
                    let message = error.get("message").and_then(|text| text.as_str()).unwrap_or("no reason given");
                    return Err(refused(message));
                }
                Data::Connect(None) | Data::Disconnect | Data::Event { .. } | Data::Ack { .. } => {
                    return Err(odd("it does not confirm the namespace"));
                }
            },
            Engine::Ping => {
                let pong = Engine::Pong.encode();
                socket.send(Message::text(pong)).await.map_err(|error| not_socket_io(&error))?;
            }
            Engine::Close => return Err(ConnectError::Closed),
            Engine::Open(_) | Engine::Pong | Engine::Noop | Engine::Message(_) => {}
        }
    }
}

/// Our hub begins with a code, since the packet has no other place that its library fills.
fn refused(message: &str) -> ConnectError {
    let coded = message.split_once(": ").and_then(|(code, words)| {
        let code = serde_json::from_value(serde_json::Value::from(code)).ok()?;
        Some((code, words))
    });
    let (code, message) = coded.map_or((None, message), |(code, words)| (Some(code), words));
    ConnectError::Refused { code, message: message.chars().take(200).collect() }
}

async fn next(socket: &mut Socket) -> Result<Engine, ConnectError> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                return Engine::decode(&text).map_err(|error| ConnectError::NotSocketIo(error.to_string()));
            }
            Some(Ok(Message::Close(_))) | None => return Err(ConnectError::Closed),
            Some(Ok(Message::Binary(_))) => return Err(ConnectError::NotSocketIo("binary handshake".to_owned())),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Err(error)) => return Err(not_socket_io(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_may_begin_with_a_code() {
        for (said, expected) in [
            ("not_signed_in: Sign in first.", (Some(Code::NotSignedIn), "Sign in first.")),
            ("no: such code", (None, "no: such code")),
            ("too many sockets", (None, "too many sockets")),
        ] {
            let ConnectError::Refused { code, message } = refused(said) else { panic!("{said}") };
            assert_eq!((code, message.as_str()), expected);
        }
    }

    #[test]
    fn only_scheme_host_and_port_of_the_base_count() {
        let (secure, host, url) = address(&"https://hub.example/some/path?x=1".parse().unwrap()).unwrap();
        assert!(secure);
        assert_eq!(host, ("hub.example".to_owned(), 443));
        assert_eq!(url.as_str(), "wss://hub.example/socket.io/?EIO=4&transport=websocket");
        let (secure, host, url) = address(&"http://[::1]:5001".parse().unwrap()).unwrap();
        assert_eq!((secure, host), (false, ("::1".to_owned(), 5001)));
        assert_eq!(url.as_str(), "ws://[::1]:5001/socket.io/?EIO=4&transport=websocket");
        assert!(address(&"ftp://hub.example".parse().unwrap()).is_err());
    }
}
