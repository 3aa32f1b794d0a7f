//! Recordings, IP cameras, and how many sessions there are.

use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Client, Error, check_name};
use crate::wire::recorded::Recording;
use crate::wire::recording::OutputMode;
use crate::wire::rest::{ConnectionRequest, ConnectionType};

/// Body of `recordings/start`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Start<'a> {
    session: &'a str,
    name: &'a str,
    output_mode: OutputMode,
}

/// Answer of `sessions`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sessions {
    number_of_elements: u64,
}

impl Client {
    /// How many sessions there are.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn session_count(&self) -> Result<u64, Error> {
        let answer = self.send(Method::GET, &["sessions"], None::<&()>).await?;
        match answer.status {
            StatusCode::OK => answer.json("sessions without a number").map(|it: Sessions| it.number_of_elements),
            _ => Err(answer.refused()),
        }
    }

    /// Starts recording every stream of `session` into a file of its own. `name` has letters, digits, `_`, `~` and `-`.
    ///
    /// # Errors
    ///
    /// See [`Error`]; [`Error::NoSession`], and [`Error::Refused`] with OpenVidu's status: 406 while nobody publishes, 409
    /// while the session is recorded already, 501 ([`Error::Trouble`]) where recordings are off.
    pub async fn start_recording(&self, session: &str, name: &str) -> Result<Recording, Error> {
        check_name(session)?;
        let body = Start { session, name, output_mode: OutputMode::Individual };
        let answer = self.send(Method::POST, &["recordings", "start"], Some(&body)).await?;
        match answer.status {
            StatusCode::OK => answer.json("a recording without shape"),
            StatusCode::NOT_FOUND => Err(Error::NoSession),
            _ => Err(answer.refused()),
        }
    }

    /// Ends a recording; `None` where there is none of that id that runs.
    ///
    /// # Errors
    ///
    /// See [`Error`]; 406 while it is still starting.
    pub async fn stop_recording(&self, id: &str) -> Result<Option<Recording>, Error> {
        check_recording(id)?;
        let answer = self.send(Method::POST, &["recordings", "stop", id], None::<&()>).await?;
        match answer.status {
            StatusCode::OK => answer.json("a recording without shape").map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(answer.refused()),
        }
    }

    /// The recording `id` as it is; `None` when there is none.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn recording(&self, id: &str) -> Result<Option<Recording>, Error> {
        check_recording(id)?;
        let answer = self.send(Method::GET, &["recordings", id], None::<&()>).await?;
        match answer.status {
            StatusCode::OK => answer.json("a recording without shape").map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(answer.refused()),
        }
    }

    /// Lets the camera at `uri` publish into `session`, and gives the id of its connection; `data` is its server data.
    ///
    /// # Errors
    ///
    /// See [`Error`]; [`Error::NoSession`], and [`Error::Refused`] for an address that OpenVidu does not take.
    pub async fn create_camera(&self, session: &str, uri: &str, data: &str) -> Result<String, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Made {
            connection_id: String,
        }
        check_name(session)?;
        let body = ConnectionRequest {
            kind: Some(ConnectionType::Ipcam),
            rtsp_uri: Some(uri.to_owned()),
            data: Some(data.to_owned()),
            ..ConnectionRequest::default()
        };
        let answer = self.send(Method::POST, &["sessions", session, "connection"], Some(&body)).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(Error::NoSession),
            _ => return Err(answer.refused()),
        }
        let made: Made = answer.json("a camera without id")?;
        check_name(&made.connection_id).map_err(|_bad| answer.malformed("a camera whose id is none"))?;
        Ok(made.connection_id)
    }
}

/// A recording's id is its session's, and `~1` and so on behind it; it becomes a part of a path.
fn check_recording(id: &str) -> Result<(), Error> {
    let (session, number) = id.split_once('~').map_or((id, None), |(session, number)| (session, Some(number)));
    check_name(session)?;
    let counts = |number: &str| !number.is_empty() && number.len() <= 9 && number.bytes().all(|b| b.is_ascii_digit());
    if number.is_none_or(counts) { Ok(()) } else { Err(Error::BadSessionName) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_recordings_id_goes_into_no_path() {
        assert!(check_recording("ses_1").is_ok() && check_recording("ses_1~12").is_ok());
        for bad in ["", "~1", "a~", "a~b", "a~1~2", "../a", "a/b", "a~1234567890"] {
            assert!(check_recording(bad).is_err(), "{bad}");
        }
    }
}
