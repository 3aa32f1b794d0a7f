//! A participant's requests, one after the other.

use std::time::Instant;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use zvonok_openvidu::wire::Reason;
use zvonok_openvidu::wire::call::{
    ForceDisconnect, ForceUnpublish, SHOWS_VIDEO, SendMessage, Signal, UnsubscribeFromVideo,
};
use zvonok_openvidu::wire::notice::Notice;
use zvonok_openvidu::wire::rpc::{ErrorObject, code};

use super::super::defaults;
use super::super::outbox::Frame;
use super::Session;
use super::streams::gone;

type Outcome = Result<Value, ErrorObject>;

impl Session {
    /// Does what a participant asks, answers it, and tells the others, in the order that OpenVidu has.
    pub(super) async fn request(&mut self, me: &str, socket: u64, id: Value, method: &str, params: Value) {
        match method {
            "publishVideo" => match parse(params) {
                Ok(params) => match self.publish(me, params).await {
                    Ok((result, notice)) => {
                        self.answer(me, socket, id, Ok(result));
                        self.notify_others(me, &notice);
                        self.echo_first_stream().await;
                        self.record_published(me).await;
                    }
                    Err(error) => self.answer(me, socket, id, Err(error)),
                },
                Err(error) => self.answer(me, socket, id, Err(error)),
            },
            "unpublishVideo" => {
                let done = self.end_stream(me, Reason::Unpublish, false).await;
                let missing = || ErrorObject::new(code::NOT_STREAMING, "this connection publishes nothing");
                self.answer(me, socket, id, if done { Ok(json!({})) } else { Err(missing()) });
                if done {
                    self.echo_follows_end(me).await;
                }
            }
            "leaveRoom" | "closeSession" => self.leave_room(me, id, method).await,
            "forceDisconnect" => self.force_disconnect(me, socket, id, params).await,
            "forceUnpublish" => self.force_unpublish_by(me, socket, id, params).await,
            "streamPropertyChanged" => {
                let outcome = parse(params).and_then(|params| Ok((self.change_property(me, &params)?, params)));
                match outcome {
                    Ok((notice, params)) => {
                        self.notify_others(me, &notice);
                        self.answer(me, socket, id, Ok(json!({})));
                        self.echo_follows_property(&params.property, &params.new_value);
                    }
                    Err(error) => self.answer(me, socket, id, Err(error)),
                }
            }
            _ => {
                let outcome = self.simple_request(me, method, params).await;
                self.answer(me, socket, id, outcome);
            }
        }
    }

    /// Requests whose answer is all that follows, or whose notices come before it.
    async fn simple_request(&mut self, me: &str, method: &str, params: Value) -> Outcome {
        match method {
            "receiveVideoFrom" => self.receive(me, parse(params)?).await,
            "unsubscribeFromVideo" => {
                let params: UnsubscribeFromVideo = parse(params)?;
                self.unsubscribe(me, &params.sender).await
            }
            "reconnectStream" => self.reconnect(me, parse(params)?).await,
            "sendMessage" => self.send_message(me, parse(params)?),
            "onIceCandidate" => {
                // Everything may be odd here.
                self.ice_candidate(me, &serde_json::from_value(params).unwrap_or_default());
                Ok(json!({}))
            }
            // Nothing to do: `videoData` only feeds OpenVidu's call records.
            "videoData" | "echo" => Ok(json!({})),
            SHOWS_VIDEO => self.shows(me, &parse(params)?).await,
            "prepareReceiveVideoFrom" => self.prepare(me, parse(params)?).await,
            "applyFilter"
            | "removeFilter"
            | "execFilterMethod"
            | "addFilterEventListener"
            | "removeFilterEventListener" => Err(ErrorObject::new(code::GENERIC, "this server has no filters")),
            "subscribeToSpeechToText" | "unsubscribeFromSpeechToText" => {
                Err(ErrorObject::new(code::OTHER_EDITION, "this server has no speech to text"))
            }
            "joinRoom" => Err(ErrorObject::new(code::GENERIC, "this connection has joined already")),
            _ => Err(ErrorObject::new(code::UNKNOWN_METHOD, format!("there is no method {method}"))),
        }
    }

    /// Answers over the socket that asked, as long as it is the participant's. A request of a socket that is gone was
    /// dropped by the client too.
    fn answer(&self, me: &str, socket: u64, id: Value, outcome: Outcome) {
        let Some(participant) = self.participant(me) else { return };
        if let Some(outbox) = participant.link.outbox()
            && outbox.id == socket
        {
            outbox.answer(id, with_rpc_session(outcome, &participant.rpc));
        }
    }

    async fn leave_room(&mut self, me: &str, id: Value, method: &str) {
        let Some(left) = self.drop_participant(me, Reason::Disconnect).await else { return };
        if let Some(outbox) = left.link.outbox() {
            let result = if method == "closeSession" { json!({ "value": "bye" }) } else { json!({}) };
            outbox.answer(id, with_rpc_session(Ok(result), &left.rpc));
            outbox.send_last([Frame::CloseAfter(defaults::CLOSE_AFTER_LEAVING)]);
        }
    }

    async fn force_disconnect(&mut self, me: &str, socket: u64, id: Value, params: Value) {
        let checked = self.moderator(me).and_then(|()| parse::<ForceDisconnect>(params));
        let connection = match checked {
            Ok(params) => params.connection_id,
            Err(error) => return self.answer(me, socket, id, Err(error)),
        };
        if connection == me {
            // The answer has to go out while the participant is still there.
            self.answer(me, socket, id, Ok(json!({})));
            self.disconnect(&connection, Reason::ForceDisconnectByUser).await;
            return;
        }
        match self.drop_participant(&connection, Reason::ForceDisconnectByUser).await {
            Some(evicted) => {
                self.answer(me, socket, id, Ok(json!({})));
                self.tell_eviction(evicted, Reason::ForceDisconnectByUser);
            }
            None => {
                let error = ErrorObject::new(code::USER_NOT_FOUND, "there is no such connection");
                self.answer(me, socket, id, Err(error));
            }
        }
    }

    async fn force_unpublish_by(&mut self, me: &str, socket: u64, id: Value, params: Value) {
        let checked = self.moderator(me).and_then(|()| parse::<ForceUnpublish>(params));
        let stream = match checked {
            Ok(params) => params.stream_id,
            Err(error) => return self.answer(me, socket, id, Err(error)),
        };
        let known = self.participants.iter().any(|it| it.stream.as_ref().is_some_and(|own| own.entry.id == stream));
        if !known {
            let error = ErrorObject::new(code::NOT_STREAMING, "there is no such stream");
            return self.answer(me, socket, id, Err(error));
        }
        if self
            .participants
            .iter()
            .any(|it| it.is_camera() && it.stream.as_ref().is_some_and(|own| own.entry.id == stream))
        {
            let error = ErrorObject::new(code::GENERIC, "a camera is evicted, not unpublished");
            return self.answer(me, socket, id, Err(error));
        }
        self.answer(me, socket, id, Ok(json!({})));
        self.force_unpublish(&stream, Reason::ForceUnpublishByUser).await;
    }

    fn moderator(&self, me: &str) -> Result<(), ErrorObject> {
        if self.participant(me).ok_or_else(gone)?.may_moderate() {
            Ok(())
        } else {
            Err(ErrorObject::new(code::UNAUTHORIZED, "only a moderator may do that"))
        }
    }

    fn send_message(&mut self, me: &str, params: SendMessage) -> Outcome {
        let signal: Signal = serde_json::from_str(&params.message)
            .map_err(|error| ErrorObject::new(code::SIGNAL_FORMAT, format!("the signal is malformed: {error}")))?;
        let participant = self.participant_mut(me).ok_or_else(gone)?;
        if !participant.signals.take(params.message.len(), Instant::now()) {
            return Err(ErrorObject::new(code::GENERIC, "too many signals, wait a little"));
        }
        let notice =
            Notice::SendMessage { data: Some(signal.data), kind: Some(signal.kind), from: Some(me.to_owned()) };
        self.signal(&notice, &signal.to).map_err(|_unknown| {
            ErrorObject::new(code::SIGNAL_TO, "the signal goes to a connection that is not here")
        })?;
        Ok(json!({}))
    }
}

/// Parameters of a method, or the error that says what is wrong with them.
fn parse<T: DeserializeOwned>(params: Value) -> Result<T, ErrorObject> {
    serde_json::from_value(params)
        .map_err(|error| ErrorObject::new(code::INVALID_PARAMS, format!("the parameters are malformed: {error}")))
}

/// OpenVidu adds the RPC session to every result.
fn with_rpc_session(mut outcome: Outcome, rpc: &str) -> Outcome {
    if let Ok(Value::Object(result)) = &mut outcome {
        result.insert("sessionId".to_owned(), rpc.into());
    }
    outcome
}
