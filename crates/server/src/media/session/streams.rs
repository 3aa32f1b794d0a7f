//! Publishing, and what becomes of streams.

use serde_json::{Value, json};
use zvonok_openvidu::wire::Reason;
use zvonok_openvidu::wire::call::{PublishVideo, ReconnectStream, StreamPropertyChanged};
use zvonok_openvidu::wire::join::Stream;
use zvonok_openvidu::wire::media::MediaOptions;
use zvonok_openvidu::wire::notice::Notice;
use zvonok_openvidu::wire::rpc::{ErrorObject, code};
use zvonok_sfu::SfuError;

use super::super::driver::MediaFault;
use super::super::ids;
use super::endpoints::subscriber;
use super::participant::{Participant, Published};
use super::{Ended, Session};

impl Session {
    /// `publishVideo`: the result, and the notice that everybody else gets after it.
    pub(super) async fn publish(&mut self, me: &str, params: PublishVideo) -> Result<(Value, Notice), ErrorObject> {
        let participant = self.participant(me).ok_or_else(gone)?;
        if !participant.may_publish() {
            return Err(ErrorObject::new(code::UNAUTHORIZED, "this role may not publish"));
        }
        if participant.stream.is_some() {
            return Err(ErrorObject::new(code::ALREADY_STREAMING, "this connection publishes already"));
        }
        if self.has_all_streams() {
            return Err(ErrorObject::new(code::GENERIC, "the session has as many streams as it may have"));
        }
        let media = params.media.complete();
        if !media.has_audio && !media.has_video {
            return Err(ErrorObject::new(code::INVALID_PARAMS, "a stream needs sound or pictures"));
        }
        let key = self.shared.media.new_stream();
        let sdp_answer = self
            .shared
            .media
            .publish(key, params.sdp_offer.clone(), params.do_loopback, self.properties.video_choice())
            .await
            .map_err(media_error)?;
        self.shared.media.join_floor(key, self.floor).await;
        let entry = Stream { id: ids::stream(media.type_of_video.as_deref(), me), created_at: ids::now_ms(), media };
        self.endpoints.begin(&entry.id, &sdp_answer, Some(&params.sdp_offer));
        let result = json!({ "sdpAnswer": sdp_answer, "id": entry.id, "createdAt": entry.created_at });
        let notice = Notice::ParticipantPublished { id: me.to_owned(), streams: vec![entry.clone()] };
        let published = Published { key, entry, loopback: params.do_loopback };
        if let Some(participant) = self.participant_mut(me) {
            participant.stream = Some(published.clone());
        }
        if let Some(participant) = self.participant(me) {
            self.tell_published(participant, &published);
        }
        Ok((result, notice))
    }

    /// No more can be published.
    pub(super) fn has_all_streams(&self) -> bool {
        let streams = self.participants.iter().filter(|it| it.stream.is_some()).count();
        streams >= self.shared.settings.limits.streams
    }

    /// Ends the stream of `publisher`. `forced` tells it so too. False where it has none.
    pub(super) async fn end_stream(&mut self, publisher: &str, reason: Reason, forced: bool) -> bool {
        let Some(stream) = self.participant_mut(publisher).and_then(|it| it.stream.take()) else { return false };
        self.endpoints.forget(&stream.entry.id);
        self.forget_stream(&stream.entry.id, reason);
        if let Some(participant) = self.participant(publisher) {
            self.tell_unpublished(participant, &stream, reason);
        }
        self.shared.media.unpublish(stream.key).await;
        let notice = Notice::ParticipantUnpublished { connection_id: publisher.to_owned(), reason };
        if forced {
            self.notify_all(&notice);
        } else {
            self.notify_others(publisher, &notice);
        }
        true
    }

    /// Ends a stream by its id, as a moderator or REST wants.
    pub(super) async fn force_unpublish(&mut self, stream: &str, reason: Reason) -> Ended {
        let Some(publisher) = self.publisher_of(stream).map(|(publisher, _)| publisher) else { return Ended::Unknown };
        if self.participant(&publisher).is_some_and(Participant::is_camera) {
            return Ended::Camera;
        }
        self.end_stream(&publisher, reason, true).await;
        self.echo_follows_end(&publisher).await;
        Ended::Done
    }

    /// Nobody is subscribed to `stream` any more: it is gone.
    pub(super) fn forget_stream(&mut self, stream: &str, reason: Reason) {
        let mut forgotten = Vec::new();
        for participant in &mut self.participants {
            let ended = participant.subscriptions.extract_if(.., |subscription| subscription.stream == stream);
            forgotten.extend(ended.map(|subscription| (participant.id.clone(), subscription)));
        }
        for (who, subscription) in forgotten {
            self.endpoints.forget(&subscriber(&who, stream));
            self.tell_unsubscribed(&who, &subscription, reason);
        }
    }

    /// `reconnectStream`: a new peer connection for one's own stream, or for a subscription. Nobody else is told.
    pub(super) async fn reconnect(&mut self, me: &str, params: ReconnectStream) -> Result<Value, ErrorObject> {
        let own = self.participant(me).ok_or_else(gone)?.stream.as_ref().filter(|own| own.entry.id == params.stream);
        if let Some(own) = own {
            // What it may do can have been changed since it published.
            if !self.participant(me).is_some_and(Participant::may_publish) {
                return Err(ErrorObject::new(code::UNAUTHORIZED, "this role may not publish"));
            }
            let offer = params.sdp_string.or(params.sdp_offer);
            let offer = offer.ok_or_else(|| ErrorObject::new(code::INVALID_PARAMS, "there is no offer"))?;
            let (id, created_at) = (own.entry.id.clone(), own.entry.created_at);
            let answer = self
                .shared
                .media
                .publish(own.key, offer.clone(), own.loopback, self.properties.video_choice())
                .await
                .map_err(media_error)?;
            self.endpoints.begin(&id, &answer, Some(&offer));
            return Ok(json!({ "sdpAnswer": answer, "id": id, "createdAt": created_at }));
        }
        if self.publisher_of(&params.stream).is_none() {
            return Err(ErrorObject::new(code::NOT_STREAMING, "there is no such stream"));
        }
        match (params.sdp_string, params.sdp_offer) {
            (Some(answer), _) => self.accept(me, &params.stream, answer).await,
            (None, Some(offer)) => self.subscribe(me, &params.stream, offer).await,
            (None, None) => Err(ErrorObject::new(code::INVALID_PARAMS, "there is neither an offer nor an answer")),
        }
    }

    /// `streamPropertyChanged`: keeps what later joiners need, and tells everybody else.
    pub(super) fn change_property(&mut self, me: &str, params: &StreamPropertyChanged) -> Result<Notice, ErrorObject> {
        let property = params.property.as_str();
        let well_formed = match property {
            "audioActive" | "videoActive" => params.new_value.is_boolean(),
            "videoDimensions" => params.new_value.is_string(),
            "videoTrack" | "audioTrack" => params.new_value.is_object(),
            _ => false,
        };
        if !well_formed {
            return Err(ErrorObject::new(code::INVALID_PARAMS, format!("{property} cannot be changed so")));
        }
        let participant = self.participant_mut(me).ok_or_else(gone)?;
        let Some(stream) = &mut participant.stream else {
            return Err(ErrorObject::new(code::NOT_STREAMING, "this connection publishes nothing"));
        };
        set_property(&mut stream.entry.media, property, &params.new_value);
        Ok(Notice::StreamPropertyChanged {
            connection_id: me.to_owned(),
            stream_id: stream.entry.id.clone(),
            property: property.to_owned(),
            // The JSON text of what came; a text becomes a text in a text, which clients parse twice.
            new_value: params.new_value.to_string().into(),
            reason: params.reason.clone().unwrap_or_else(|| reason_of(property).to_owned()),
        })
    }

    /// Who publishes `stream`.
    pub(super) fn publisher_of(&self, stream: &str) -> Option<(String, &Published)> {
        self.participants.iter().find_map(|participant| {
            let published = participant.stream.as_ref().filter(|it| it.entry.id == stream)?;
            Some((participant.id.clone(), published))
        })
    }

    /// Why `stream` cannot be had: its id ends with its publisher's.
    pub(super) fn no_stream(&self, stream: &str) -> ErrorObject {
        let publisher =
            stream.rfind("con_").or_else(|| stream.find("ipc_")).and_then(|at| stream.get(at..)).unwrap_or_default();
        if self.participant(publisher).is_some() {
            ErrorObject::new(code::NOT_STREAMING, "that user publishes nothing")
        } else {
            ErrorObject::new(code::USER_NOT_FOUND, "there is no such user")
        }
    }
}

/// What a property change does to what later joiners are told.
pub(super) fn set_property(media: &mut MediaOptions, property: &str, value: &Value) {
    match property {
        "audioActive" if media.has_audio => media.audio_active = value.as_bool(),
        "videoActive" if media.has_video => media.video_active = value.as_bool(),
        "videoDimensions" if media.has_video => media.video_dimensions = value.as_str().map(str::to_owned),
        _ => {}
    }
}

/// The reason that clients give for a property change.
pub(super) fn reason_of(property: &str) -> &'static str {
    match property {
        "audioActive" => "publishAudio",
        "videoActive" => "publishVideo",
        _ => "trackReplaced",
    }
}

pub(super) fn gone() -> ErrorObject {
    ErrorObject::new(code::USER_NOT_FOUND, "this connection is not in the session any more")
}

pub(super) fn media_error(fault: MediaFault) -> ErrorObject {
    let code = match &fault {
        MediaFault::Refused(SfuError::Offer(_) | SfuError::Answer(_) | SfuError::NothingOffered(_)) => code::SDP,
        MediaFault::Refused(SfuError::NotOffered) => code::INVALID_PARAMS,
        MediaFault::Refused(SfuError::NoCodec) => code::FORCED_CODEC,
        MediaFault::Refused(SfuError::NoStream(_)) => code::NOT_STREAMING,
        MediaFault::Refused(_) | MediaFault::Gone => code::MEDIA,
    };
    ErrorObject::new(code, fault.to_string())
}
