//! How REST says no.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use zvonok_openvidu::wire::rest::ErrorBody;

use super::super::ids;

/// An error answer.
#[derive(Debug)]
pub(super) enum Fault {
    /// Only a status.
    Status(StatusCode),
    /// A status, and a body that says what is wrong. The path is filled in by [`super::auth::guard`], which knows it.
    Said(StatusCode, String),
    /// A status, and a text.
    Plain(StatusCode, String),
}

impl Fault {
    /// 400 with a body.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::Said(StatusCode::BAD_REQUEST, message.into())
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status) => f.write_str(status.canonical_reason().unwrap_or_default()),
            Self::Said(_, words) | Self::Plain(_, words) => f.write_str(words),
        }
    }
}

/// What is said, on its way to where the path is known.
#[derive(Debug, Clone)]
pub(super) struct Said(String);

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::Status(status) => status.into_response(),
            Self::Plain(status, text) => (status, text).into_response(),
            Self::Said(status, message) => {
                let mut response = status.into_response();
                response.extensions_mut().insert(Said(message));
                response
            }
        }
    }
}

/// Writes the body of an error answer that has something to say.
pub(super) fn with_body(response: Response, path: &str) -> Response {
    let Some(Said(message)) = response.extensions().get::<Said>().cloned() else { return response };
    let status = response.status();
    let body = ErrorBody {
        timestamp: ids::now_ms(),
        status: status.as_u16(),
        error: status.canonical_reason().unwrap_or_default().to_owned(),
        message,
        path: path.to_owned(),
    };
    (status, Json(body)).into_response()
}
