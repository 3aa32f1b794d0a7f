//! Subscribing by offers of the server's, which the client answers.

use serde_json::{Value, json};
use zvonok_openvidu::wire::Reason;
use zvonok_openvidu::wire::call::PrepareReceiveVideoFrom;
use zvonok_openvidu::wire::rpc::{ErrorObject, code};
use zvonok_sfu::{Kinds, SfuError};

use super::super::driver::MediaFault;
use super::Session;
use super::endpoints::subscriber;
use super::participant::Subscribed;
use super::streams::{gone, media_error};

impl Session {
    /// `prepareReceiveVideoFrom`. An older peer connection of the same stream goes, whether `reconnect` is said or not: a
    /// client has one at a time.
    pub(super) async fn prepare(&mut self, me: &str, params: PrepareReceiveVideoFrom) -> Result<Value, ErrorObject> {
        let Some((publisher, source)) = self.publisher_of(&params.sender) else {
            return Err(self.no_stream(&params.sender));
        };
        let source = source.clone();
        let subscribed = self.subscription(me, publisher, &source)?;
        // A line of each kind that others were told of: the library insists on it.
        let kinds = Kinds { audio: source.entry.media.has_audio, video: source.entry.media.has_video };
        let offered = self.shared.media.offer(subscribed.key, source.key, kinds).await;
        let sdp_offer = offered.map_err(media_error)?;
        self.endpoints.begin(&subscriber(me, &params.sender), &sdp_offer, None);
        // Taken down already, so that it ends with the stream and with the participant.
        self.take_down(me, subscribed);
        Ok(json!({ "sdpOffer": sdp_offer }))
    }

    /// The answer to what [`Session::prepare`] gave, in `receiveVideoFrom` or `reconnectStream`.
    pub(super) async fn accept(&mut self, me: &str, stream: &str, answer: String) -> Result<Value, ErrorObject> {
        let subscriptions = &self.participant(me).ok_or_else(gone)?.subscriptions;
        let Some(subscribed) = subscriptions.iter().find(|it| it.stream == stream).cloned() else {
            return Err(match self.publisher_of(stream) {
                Some(_) => ErrorObject::new(code::INVALID_PARAMS, "nothing was offered that could be answered"),
                None => self.no_stream(stream),
            });
        };
        match self.shared.media.accept(subscribed.key, answer.clone()).await {
            Ok(()) => {
                self.endpoints.answered(&subscriber(me, stream), &answer);
                self.take_down(me, Subscribed { agreed: true, ..subscribed });
                Ok(json!({}))
            }
            Err(fault) => {
                let untouched = matches!(fault, MediaFault::Refused(SfuError::NotOffered));
                if !untouched && let Some(participant) = self.participant_mut(me) {
                    participant.subscriptions.retain(|it| it.key != subscribed.key);
                    self.endpoints.forget(&subscriber(me, stream));
                    self.tell_unsubscribed(me, &subscribed, Reason::Unsubscribe);
                }
                Err(media_error(fault))
            }
        }
    }
}
