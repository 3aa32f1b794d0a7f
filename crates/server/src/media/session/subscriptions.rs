//! Subscribing by offers of the client's, and ending it.

use serde_json::{Value, json};
use zvonok_openvidu::wire::Reason;
use zvonok_openvidu::wire::call::{ReceiveVideoFrom, ShowsVideo};
use zvonok_openvidu::wire::rpc::{ErrorObject, code};
use zvonok_sfu::Size;

use super::super::ids;
use super::Session;
use super::endpoints::subscriber;
use super::participant::{Published, Subscribed};
use super::streams::{gone, media_error};

impl Session {
    /// `receiveVideoFrom`.
    pub(super) async fn receive(&mut self, me: &str, params: ReceiveVideoFrom) -> Result<Value, ErrorObject> {
        match (params.sdp_offer, params.sdp_answer) {
            (Some(offer), _) => self.subscribe(me, &params.sender, offer).await,
            (None, Some(answer)) => self.accept(me, &params.sender, answer).await,
            (None, None) => Err(ErrorObject::new(code::INVALID_PARAMS, "there is neither an offer nor an answer")),
        }
    }

    pub(super) async fn subscribe(&mut self, me: &str, stream: &str, offer: String) -> Result<Value, ErrorObject> {
        let Some((publisher, source)) = self.publisher_of(stream) else {
            return Err(self.no_stream(stream));
        };
        let source = source.clone();
        let subscribed = self.subscription(me, publisher, &source)?;
        let sdp_answer =
            self.shared.media.subscribe(subscribed.key, source.key, offer.clone()).await.map_err(media_error)?;
        self.endpoints.begin(&subscriber(me, stream), &sdp_answer, Some(&offer));
        self.take_down(me, Subscribed { agreed: true, ..subscribed });
        Ok(json!({ "sdpAnswer": sdp_answer }))
    }

    /// What `me` has of a stream, or will have.
    pub(super) fn subscription(
        &self,
        me: &str,
        publisher: String,
        source: &Published,
    ) -> Result<Subscribed, ErrorObject> {
        let subscriptions = &self.participant(me).ok_or_else(gone)?.subscriptions;
        let known = subscriptions.iter().find(|it| it.stream == source.entry.id);
        Ok(known.cloned().unwrap_or_else(|| Subscribed {
            key: self.shared.media.new_subscription(),
            stream: source.entry.id.clone(),
            publisher,
            media: source.entry.media.clone(),
            created_at: ids::now_ms(),
            agreed: false,
        }))
    }

    /// Takes a subscription down, and tells of it when it is agreed upon for the first time.
    pub(super) fn take_down(&mut self, me: &str, subscribed: Subscribed) {
        let Some(participant) = self.participant_mut(me) else { return };
        let before = participant.subscriptions.iter_mut().find(|it| it.key == subscribed.key);
        let told = match before {
            Some(known) => {
                let told = known.agreed;
                known.agreed |= subscribed.agreed;
                told
            }
            None => {
                participant.subscriptions.push(subscribed.clone());
                false
            }
        };
        if subscribed.agreed && !told {
            self.tell_subscribed(me, &subscribed);
        }
    }

    /// `showsVideo`: how much room `me` has for a stream's pictures.
    pub(super) async fn shows(&self, me: &str, params: &ShowsVideo) -> Result<Value, ErrorObject> {
        let subscriptions = &self.participant(me).ok_or_else(gone)?.subscriptions;
        let Some(known) = subscriptions.iter().find(|it| it.stream == params.sender) else {
            return Err(ErrorObject::new(code::NOT_STREAMING, "this connection does not receive that stream"));
        };
        let key = known.key;
        self.shared.media.shows(key, Size { width: params.width, height: params.height }).await;
        Ok(json!({}))
    }

    /// `unsubscribeFromVideo`, by the publisher's connection id.
    pub(super) async fn unsubscribe(&mut self, me: &str, publisher: &str) -> Result<Value, ErrorObject> {
        let participant = self.participant_mut(me).ok_or_else(gone)?;
        let (ended, kept) = participant
            .subscriptions
            .drain(..)
            .partition::<Vec<_>, _>(|subscription| subscription.publisher == publisher);
        participant.subscriptions = kept;
        for subscription in ended {
            self.endpoints.forget(&subscriber(me, &subscription.stream));
            self.shared.media.unsubscribe(subscription.key).await;
            self.tell_unsubscribed(me, &subscription, Reason::Unsubscribe);
        }
        Ok(json!({}))
    }
}
