//! What a stream carries: spelled the same by `publishVideo`, in what others are told, and by REST.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// What a stream carries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaOptions {
    /// There is sound.
    pub has_audio: bool,
    /// There are pictures.
    pub has_video: bool,
    /// Not muted; only with sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_active: Option<bool>,
    /// Not muted; only with pictures. 2.32.2 shows black where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_active: Option<bool>,
    /// `CAMERA`, `SCREEN`, `CUSTOM` or `IPCAM`; only with pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_of_video: Option<String>,
    /// -1 is unknown; only with pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<i64>,
    /// JSON text `{"width":W,"height":H}`; only with pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_dimensions: Option<String>,
    /// `{}` where there is none.
    #[serde(default, deserialize_with = "null_is_none")]
    pub filter: Map<String, Value>,
}

/// A member that is null in a request means the same as one that is absent.
fn null_is_none<'de, D: Deserializer<'de>>(from: D) -> Result<Map<String, Value>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl MediaOptions {
    /// As everybody else is told: complete for the kinds there are, and without members of a kind that is not there.
    #[must_use]
    pub fn complete(self) -> Self {
        let (sound, pictures) = (self.has_audio, self.has_video);
        // 2.18.0 sends `""` where there are no pictures.
        let kind = self.type_of_video.filter(|kind| !kind.is_empty()).unwrap_or_else(|| "CAMERA".to_owned());
        Self {
            audio_active: sound.then(|| self.audio_active.unwrap_or(true)),
            video_active: pictures.then(|| self.video_active.unwrap_or(true)),
            type_of_video: pictures.then_some(kind),
            frame_rate: self.frame_rate.filter(|_| pictures),
            video_dimensions: self.video_dimensions.filter(|_| pictures),
            filter: Map::new(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_others_are_told_is_complete_for_the_kinds_there_are() {
        let read = |value: Value| serde_json::from_value::<MediaOptions>(value).unwrap().complete();
        let sound =
            read(json!({ "hasAudio": true, "hasVideo": false, "typeOfVideo": "", "frameRate": 30, "filter": null }));
        assert_eq!(
            serde_json::to_value(sound).unwrap(),
            json!({ "hasAudio": true, "hasVideo": false, "audioActive": true, "filter": {} })
        );
        let pictures = read(json!({ "hasAudio": false, "hasVideo": true, "videoActive": false, "frameRate": -1 }));
        assert_eq!(
            serde_json::to_value(pictures).unwrap(),
            json!({ "hasAudio": false, "hasVideo": true, "videoActive": false, "typeOfVideo": "CAMERA",
                    "frameRate": -1, "filter": {} })
        );
    }
    #[test]
    fn rest_gives_null_for_what_is_not_known_of_pictures() {
        let shown = |value: Value| {
            let media = serde_json::from_value::<MediaOptions>(value).unwrap().complete();
            serde_json::to_value(super::super::rest::PublishedMedia::from(media)).unwrap()
        };
        assert_eq!(
            shown(json!({ "hasAudio": false, "hasVideo": true })),
            json!({ "hasAudio": false, "hasVideo": true, "videoActive": true, "typeOfVideo": "CAMERA",
                    "frameRate": null, "videoDimensions": null, "filter": {} })
        );
        let known = shown(json!({ "hasAudio": false, "hasVideo": true, "frameRate": 30, "videoDimensions": "{}" }));
        assert_eq!((&known["frameRate"], &known["videoDimensions"]), (&json!(30), &json!("{}")));
        let sound = shown(json!({ "hasAudio": true, "hasVideo": false }));
        assert_eq!(sound, json!({ "hasAudio": true, "hasVideo": false, "audioActive": true, "filter": {} }));
    }
}
