//! The targets by name. Most read text, since the words of a protocol are how one gets anywhere.

mod app;
mod media;
mod signaling;
mod wire;

/// Takes any bytes.
type Target = fn(&[u8]);

/// Every target and its name, which is its folder's in `corpus/` as well.
pub const TARGETS: &[(&str, Target)] = &[
    ("socket-frames", |data| text(data, signaling::frame)),
    ("hub-events", |data| text(data, signaling::event)),
    ("hub-bodies", signaling::body),
    ("hub-answers", signaling::answer),
    ("json-rpc", wire::rpc),
    ("rest-bodies", zvonok_server::fuzzing::rest_body),
    ("rest-answers", wire::rest_answer),
    ("sdp-offers", |data| text(data, media::offer)),
    ("datagrams", media::datagrams),
    ("rtp-payloads", media::payload),
    ("recorded-frames", zvonok_server::fuzzing::frames),
    ("file-repair", zvonok_server::fuzzing::repair),
    ("camera-addresses", |data| text(data, zvonok_server::fuzzing::camera_address)),
    ("camera-pictures", zvonok_server::fuzzing::camera_picture),
    ("peer-messages", media::peer),
    ("ipc-commands", app::ipc),
    ("app-gateway", |data| text(data, zvonok_app::fuzzing::gateway)),
    ("app-settings", |data| text(data, zvonok_app::fuzzing::settings)),
    ("app-verbs", |data| text(data, zvonok_app::fuzzing::verb)),
    ("app-history", zvonok_app::fuzzing::history),
    ("certificates", zvonok_app::fuzzing::certificate),
];

/// Those bytes that are text. Whoever reads text here has it from something that checks.
fn text(data: &[u8], target: fn(&str)) {
    if let Ok(text) = std::str::from_utf8(data) {
        target(text);
    }
}
