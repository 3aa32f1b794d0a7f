//! The gateway: a window's JSON-RPC to the configured OpenVidu and back. The window holds a handle; session and token
//! are put in on the way.

use std::{sync::Arc, time::Duration};

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use rustls::ClientConfig;
use tokio::{net::TcpStream, sync::mpsc, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};
use url::Url;
use zvonok_openvidu::Secret;

use super::{MAX_MESSAGE, adapt::Adapter, handles::Admitted};
use crate::trust::{self, Wire};

/// How long OpenVidu may take to open its socket.
const DIAL: Duration = Duration::from_secs(8);
/// How long one message may take to be written; longer means that nobody reads at the other end.
const WRITE: Duration = Duration::from_secs(10);

/// What a call's gateway handle stands for.
#[derive(Debug)]
pub(crate) struct Door {
    /// The configured OpenVidu. Neither the window nor the token can name another.
    pub(crate) openvidu: Url,
    pub(crate) tls: Arc<ClientConfig>,
    /// The true session.
    pub(crate) session: String,
    /// The true token, sent verbatim.
    pub(crate) token: Secret,
    /// Where what the window cannot know is reported.
    pub(crate) reports: mpsc::Sender<GatewayReport>,
}

/// What the gateway saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GatewayReport {
    /// OpenVidu took the token.
    Joined,
    /// OpenVidu's socket could not be opened.
    Unreachable,
    /// OpenVidu refused the token.
    TokenRefused,
    /// OpenVidu answered `joinRoom` with something that is none: there is no way into the session.
    NoAnswer,
    /// OpenVidu sent a packet that makes no sense, which the window does not get; told once a socket.
    Malformed,
}

/// Relays until one side closes or the handle is revoked.
pub(super) async fn relay(
    window: WebSocketStream<TcpStream>,
    admitted: &Admitted<Arc<Door>>,
    handle: &str,
    again: bool,
) {
    let door = &admitted.target;
    let (mut to_window, from_window) = window.split();
    let dialled = tokio::select! {
        () = admitted.cancel.cancelled() => return,
        dialled = timeout(DIAL, dial(door, again)) => dialled,
    };
    let openvidu = match dialled {
        Ok(Ok(socket)) => socket,
        failed => {
            let error = failed.map_or_else(
                |_elapsed| "no answer in time".to_owned(),
                |result| match result {
                    Ok(_) => String::new(),
                    Err(error) => error.to_string(),
                },
            );
            tracing::warn!(error, "OpenVidu's socket could not be opened");
            report(door, GatewayReport::Unreachable);
            let frame = CloseFrame { code: CloseCode::Again, reason: "OpenVidu cannot be reached".into() };
            _ = timeout(WRITE, to_window.send(Message::Close(Some(frame)))).await;
            return;
        }
    };
    tracing::info!(again, "the gateway is open");
    let (mut to_openvidu, from_openvidu) = openvidu.split();
    let adapter = Adapter::new(handle.to_owned(), door.session.clone(), door.token.clone());
    let ended = tokio::select! {
        () = admitted.cancel.cancelled() => "revoked",
        ended = pump(door, adapter, (&mut to_window, from_window), (&mut to_openvidu, from_openvidu)) => ended,
    };
    tracing::info!(ended, "the gateway is closed");
    _ = timeout(WRITE, to_openvidu.close()).await;
    _ = timeout(WRITE, to_window.close()).await;
}

async fn dial(door: &Door, again: bool) -> Result<WebSocketStream<Box<dyn Wire>>, Error> {
    let mut url = door.openvidu.clone();
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    // Both are special schemes of the same kind, so the change is always allowed; dialling fails if it was not.
    _ = url.set_scheme(scheme);
    url.set_path("/openvidu");
    url.set_fragment(None);
    url.query_pairs_mut().clear().append_pair("sessionId", &door.session);
    if again {
        url.query_pairs_mut().append_pair("reconnect", "true");
    }
    let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
    let wire = trust::dial(&door.openvidu, &door.tls).await?;
    let (socket, _response) = client_async_with_config(url.as_str(), wire, Some(config)).await?;
    Ok(socket)
}

/// Why it ended, for the log.
async fn pump<WS, WR, OS, OR>(
    door: &Door,
    mut adapter: Adapter,
    (to_window, mut from_window): (&mut WS, WR),
    (to_openvidu, mut from_openvidu): (&mut OS, OR),
) -> &'static str
where
    WS: Sink<Message, Error = Error> + Unpin,
    WR: Stream<Item = Result<Message, Error>> + Unpin,
    OS: Sink<Message, Error = Error> + Unpin,
    OR: Stream<Item = Result<Message, Error>> + Unpin,
{
    loop {
        let sent = tokio::select! {
            message = from_window.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    if let Some(answer) = adapter.answer(text.as_str()) {
                        timeout(WRITE, to_window.send(Message::text(answer))).await
                    } else {
                        let Some(text) = adapter.towards_openvidu(text.as_str()) else { continue };
                        timeout(WRITE, to_openvidu.send(Message::text(text))).await
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return "by the window",
                Some(Ok(_)) => continue,
            },
            message = from_openvidu.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let passed = adapter.towards_window(text.as_str());
                    if let Some(what) = passed.report {
                        report(door, what);
                    }
                    let Some(text) = passed.text else { continue };
                    timeout(WRITE, to_window.send(Message::text(text))).await
                }
                Some(Ok(Message::Binary(bytes))) => {
                    if let Some(what) = adapter.nonsense(bytes.len()) {
                        report(door, what);
                    }
                    continue;
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return "by OpenVidu",
                Some(Ok(_)) => continue,
            },
        };
        match sent {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return "while writing",
            Err(_elapsed) => return "because nobody read",
        }
    }
}

fn report(door: &Door, what: GatewayReport) {
    if door.reports.try_send(what).is_err() {
        tracing::debug!("a gateway report found no reader");
    }
}
