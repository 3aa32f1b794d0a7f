//! Recordings and cameras at a real OpenVidu.

use zvonok_openvidu::Error;
use zvonok_openvidu::wire::recorded::Recording;

use super::{Deployments, control_error};
use crate::media_control::MediaControlError;
use crate::secret::Secret;

impl Deployments {
    pub(super) async fn record(&self, session: &str, name: &str) -> Result<Recording, MediaControlError> {
        let started = self.of(session)?.start_recording(session, name).await;
        started.map_err(|error| refused(&error, session))
    }

    pub(super) async fn stop_record(&self, session: &str, id: &str) -> Result<Recording, MediaControlError> {
        match self.of(session)?.stop_recording(id).await {
            Ok(Some(stopped)) => Ok(stopped),
            // It has ended already, or is gone.
            Ok(None) => self.recorded(session, id).await,
            // Elsewhere it says so of a session without anybody (REST, `POST /recordings/stop`).
            Err(Error::Refused { status: 406, .. }) => Err(MediaControlError::only_just_starting()),
            Err(error) => Err(refused(&error, session)),
        }
    }

    pub(super) async fn recorded(&self, session: &str, id: &str) -> Result<Recording, MediaControlError> {
        let here = self.of(session)?;
        // With another deployment a session's name leads elsewhere, and what was recorded stays where it was.
        let others = self.all.iter().map(|(client, _)| client).filter(|client| !std::ptr::eq(*client, here));
        for client in std::iter::once(here).chain(others) {
            if let Some(found) = client.recording(id).await.map_err(|error| refused(&error, session))? {
                return Ok(found);
            }
        }
        Err(MediaControlError::NoRecording(id.to_owned()))
    }

    pub(super) async fn let_camera_in(
        &self,
        session: &str,
        uri: &Secret,
        server_data: &str,
    ) -> Result<String, MediaControlError> {
        // OpenVidu itself takes `file` and `http`, and goes wherever it is sent.
        crate::media::check_camera(uri).await.map_err(MediaControlError::BadCamera)?;
        let made = self.of(session)?.create_camera(session, uri.reveal(), server_data).await;
        made.map_err(|error| {
            // Its own words may repeat the address.
            if matches!(error, Error::Refused { status: 400, .. }) {
                MediaControlError::BadCamera("OpenVidu does not take that address of a camera".to_owned())
            } else {
                refused(&error, session)
            }
        })
    }
}

/// What OpenVidu says no to beside sessions and tokens.
fn refused(error: &Error, session: &str) -> MediaControlError {
    if matches!(error, Error::Refused { status: 406, .. }) {
        MediaControlError::NobodyThere
    } else if matches!(error, Error::Refused { status: 409, .. }) {
        MediaControlError::BeingRecorded
    } else if matches!(error, Error::Trouble { status: 501, .. }) {
        MediaControlError::Unsupported("recordings: they are off in OpenVidu's configuration")
    } else {
        control_error(error, session)
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use axum::{Json, Router};
    use http::StatusCode;

    use super::*;
    use crate::config::{Deployment, EmbeddedMedia, Tls};
    use crate::hub::slow::recording;
    use crate::media_control::{MediaControl as _, Role};

    /// A deployment that speaks OpenVidu's REST: this server's own.
    async fn deployment() -> (crate::media::MediaServer, Deployments) {
        let secret = Secret::new("of the deployment");
        let config = EmbeddedMedia {
            listen: "127.0.0.1:0".parse().unwrap(),
            tls: Tls::Off,
            udp_port: 0,
            public_host: None,
            secret: secret.clone(),
            data_dir: None,
            settings: crate::media_settings::MediaSettings::default(),
        };
        let server = crate::media::start(config).await.unwrap();
        let deployments = Deployments::new(&[Deployment { url: server.url().clone(), secret }]).unwrap();
        (server, deployments)
    }

    #[tokio::test]
    async fn what_a_deployment_cannot_record_is_said_as_it_is() {
        let (server, control) = deployment().await;
        let nobody = control.start_recording("nobody", "call").await.unwrap_err();
        assert!(matches!(nobody, MediaControlError::Unsupported(_)), "without a data directory: {nobody:?}");
        let gone = control.recording("nobody", "nobody~1").await.unwrap_err();
        assert!(!gone.is_retryable(), "{gone:?}");
        assert!(control.recording("nobody", "../sessions").await.is_err());
        server.shutdown().await;
        let down = control.recording("nobody", "nobody").await.unwrap_err();
        assert!(matches!(down, MediaControlError::Unreachable(_)), "{down:?}");
    }

    /// A deployment that has made the recording `old`, or none.
    async fn with_recordings(has: bool) -> (tokio::task::JoinHandle<()>, Deployment) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let answer = move || async move { if has { Ok(Json(recording())) } else { Err(StatusCode::NOT_FOUND) } };
        let router = Router::new().route("/openvidu/api/recordings/old", get(answer));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (serving, Deployment { url, secret: Secret::new("of them all") })
    }

    #[tokio::test]
    async fn a_recording_is_found_where_it_was_made_before_there_were_more_deployments() {
        let ((one, with), (two, without)) = (with_recordings(true).await, with_recordings(false).await);
        let both = [with, without.clone()];
        let control = Deployments::new(&both).unwrap();
        for call in 0..20 {
            let found = control.recording(&format!("call-{call}"), "old").await;
            assert_eq!(found.unwrap(), recording(), "call-{call}");
        }
        let nowhere = Deployments::new(&[without.clone(), without]).unwrap().recording("call", "old").await;
        assert!(matches!(nowhere, Err(MediaControlError::NoRecording(_))), "{nowhere:?}");
        one.abort();
        drop(one.await);
        let unknown = Deployments::new(&both).unwrap().recording("call", "old").await.unwrap_err();
        assert!(matches!(unknown, MediaControlError::Unreachable(_)), "it may be there: {unknown:?}");
        two.abort();
    }

    #[tokio::test]
    async fn what_has_only_just_started_may_be_stopped_later() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let path = "/openvidu/api/recordings/stop/{id}";
        let router = Router::new().route(path, axum::routing::post(async || StatusCode::NOT_ACCEPTABLE));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let control = Deployments::new(&[Deployment { url, secret: Secret::new("of it") }]).unwrap();
        let early = control.stop_recording("call", "new").await.unwrap_err();
        assert_eq!(early.to_string(), MediaControlError::only_just_starting().to_string());
        serving.abort();
    }

    #[tokio::test]
    async fn no_deployment_is_sent_to_this_machine_or_its_files() {
        let (server, control) = deployment().await;
        control.create_session(Some("call")).await.unwrap();
        control.create_token("call", Role::Publisher, "").await.unwrap();
        for bad in [
            "file:///etc/passwd",
            "http://camera.example/",
            "rtsp://127.0.0.1/",
            "rtsp://[::1]/",
            "rtsp://169.254.1.1/",
        ] {
            let refused = control.add_camera("call", &Secret::new(bad), "").await.unwrap_err();
            let MediaControlError::BadCamera(words) = &refused else { panic!("{bad}: {refused:?}") };
            assert!(!words.contains("passwd") && !words.contains("camera.example"), "{words}");
        }
        server.shutdown().await;
    }
}
