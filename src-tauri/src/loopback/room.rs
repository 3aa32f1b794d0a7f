//! Answers about a room as openvidu-browser 2.32 insists on them, made from what servers since 2.18 send. No I/O.

use serde_json::{Map, Value, json};

/// The version told where the server tells none: the library fails on a missing one and ignores the rest.
const VERSION: &str = "2.32.2";
/// TURN's port where the server names only an address.
const TURN_PORT: u64 = 3478;

/// Mends `joinRoom`'s result in place; false when it is beyond that.
pub(super) fn mend_join(result: &mut Value, handle: &str) -> bool {
    let Some(room) = result.as_object_mut() else { return false };
    if !room.get("id").is_some_and(Value::is_string) {
        return false;
    }
    room.insert("session".to_owned(), json!(handle));
    let version = room.get("version").and_then(Value::as_str).map_or_else(|| VERSION.to_owned(), semver);
    room.insert("version".to_owned(), json!(version));
    default(room, "metadata", Value::is_string, json!(""));
    default(room, "createdAt", Value::is_number, json!(0));
    // Its presence is how the library tells its own connection from others.
    let filled = |role: &Value| role.as_str().is_some_and(|role| !role.is_empty());
    default(room, "role", filled, json!("PUBLISHER"));
    default(room, "value", Value::is_array, json!([]));
    if let Some(Value::Array(participants)) = room.get_mut("value") {
        participants.retain_mut(mend_participant);
    }
    ice_servers(room);
    true
}

/// Mends an entry of `value`, or the parameters of `participantJoined` and `participantPublished`: an empty list of
/// streams and a role throw inside the library, and a picture without `videoActive` stays black. False for one that
/// nobody could name, which is none.
pub(super) fn mend_participant(participant: &mut Value) -> bool {
    let Some(participant) = participant.as_object_mut() else { return false };
    if !participant.get("id").is_some_and(Value::is_string) {
        return false;
    }
    participant.remove("role");
    let Some(streams) = participant.get_mut("streams") else { return true };
    if let Value::Array(streams) = streams {
        streams.retain(Value::is_object);
        for stream in streams.iter_mut().filter_map(Value::as_object_mut) {
            for (has, active) in [("hasVideo", "videoActive"), ("hasAudio", "audioActive")] {
                if stream.get(has) == Some(&json!(true)) && !stream.contains_key(active) {
                    stream.insert(active.to_owned(), json!(true));
                }
            }
        }
    }
    if streams.as_array().is_none_or(Vec::is_empty) {
        participant.remove("streams");
    }
    true
}

/// 2.18 names its relay in three members of its own; 2.32's library reads only `customIceServers`.
fn ice_servers(room: &mut Map<String, Value>) {
    let own = room.get("customIceServers").and_then(Value::as_array).is_some_and(|servers| !servers.is_empty());
    if !own {
        room.remove("customIceServers");
        let text = |key: &str| room.get(key).and_then(Value::as_str).filter(|value| !value.is_empty());
        if let (Some(ip), Some(user), Some(credential)) =
            (text("coturnIp"), text("turnUsername"), text("turnCredential"))
        {
            let port = room.get("coturnPort").and_then(Value::as_u64).unwrap_or(TURN_PORT);
            let host = if ip.contains(':') && !ip.starts_with('[') { format!("[{ip}]") } else { ip.to_owned() };
            let server = json!({ "url": format!("turn:{host}:{port}"), "username": user, "credential": credential });
            room.insert("customIceServers".to_owned(), json!([server]));
        }
    }
}

fn default(room: &mut Map<String, Value>, key: &str, good: impl Fn(&Value) -> bool, value: Value) {
    if !room.get(key).is_some_and(good) {
        room.insert(key.to_owned(), value);
    }
}

/// `2.18` becomes `2.18.0`, `2.20.0-beta1+x` stays, words become the default.
fn semver(version: &str) -> String {
    let number = version.split(['-', '+']).next().unwrap_or_default();
    let parts: Vec<&str> = number.split('.').collect();
    let numeric =
        parts.iter().all(|part| !part.is_empty() && part.len() < 10 && part.chars().all(|c| c.is_ascii_digit()));
    match (numeric, parts.as_slice()) {
        (true, [_, _, _]) => version.to_owned(),
        (true, [major, minor]) => format!("{major}.{minor}.0"),
        (true, [major]) => format!("{major}.0.0"),
        (true | false, _) => VERSION.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a 2.18 server answers, with its relay.
    fn old_room() -> Value {
        json!({
            "id": "con_A", "finalUserId": "F", "createdAt": 1_600_000_000_000_u64, "metadata": "man", "session": "ses",
            "sessionId": "rpc", "role": "PUBLISHER", "record": false, "coturnIp": "10.0.0.7", "turnUsername": "u",
            "turnCredential": "c", "version": "2.18.0", "mediaServer": "kurento",
            "value": [{ "id": "con_B", "createdAt": 1, "metadata": "woman", "streams": [{ "id": "str_CAM_B",
                "createdAt": 2, "hasAudio": true, "hasVideo": true, "typeOfVideo": "CAMERA", "frameRate": 30,
                "videoDimensions": "{\"width\":640,\"height\":480}", "filter": {} }] },
                { "id": "con_C", "createdAt": 1, "metadata": "", "streams": [], "role": "SUBSCRIBER" }],
        })
    }

    #[test]
    fn an_answer_of_2_18_serves_the_library_of_2_32() {
        let mut room = old_room();
        assert!(mend_join(&mut room, "HANDLE"));
        assert_eq!(
            room["customIceServers"],
            json!([{ "url": "turn:10.0.0.7:3478", "username": "u", "credential": "c" }])
        );
        assert_eq!(room["version"], "2.18.0");
        assert_eq!(room["session"], "HANDLE");
        assert_eq!(room["value"][0]["streams"][0]["videoActive"], true, "or the picture stays black");
        assert!(room["value"][1].get("streams").is_none(), "an empty list breaks the library");
        assert!(room["value"][1].get("role").is_none(), "it would be taken for the own connection");
    }

    #[test]
    fn a_server_without_relay_names_none_so_that_nobody_asks_a_public_one() {
        let mut room = old_room();
        room.as_object_mut().unwrap().remove("coturnIp");
        room["customIceServers"] = json!([]);
        assert!(mend_join(&mut room, "HANDLE"));
        assert!(room.get("customIceServers").is_none());
    }

    #[test]
    fn a_servers_own_list_is_kept() {
        let mut room = old_room();
        room["customIceServers"] = json!([{ "url": "turns:x:5349" }]);
        assert!(mend_join(&mut room, "HANDLE"));
        assert_eq!(room["customIceServers"], json!([{ "url": "turns:x:5349" }]));
    }

    #[test]
    fn a_missing_or_odd_version_is_made_good() {
        for (told, mended) in [
            (json!(null), "2.32.2"),
            (json!("2.18"), "2.18.0"),
            (json!("2.20.0-beta1"), "2.20.0-beta1"),
            (json!("master"), "2.32.2"),
            (json!(2), "2.32.2"),
            (json!(""), "2.32.2"),
            (json!("1.2.3.4"), "2.32.2"),
        ] {
            let mut room = old_room();
            room["version"] = told.clone();
            assert!(mend_join(&mut room, "HANDLE"));
            assert_eq!(room["version"], mended, "{told}");
        }
    }

    #[test]
    fn what_the_library_cannot_do_without_is_filled_in() {
        let mut room = json!({ "id": "con_A", "value": null, "role": "" });
        assert!(mend_join(&mut room, "HANDLE"));
        assert_eq!(room["value"], json!([]));
        assert_eq!(room["role"], "PUBLISHER");
        assert_eq!(room["metadata"], "");
        assert!(!mend_join(&mut json!({ "value": [] }), "HANDLE"), "without an own id there is nobody to be");
    }
}
