//! The REST half.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;
use url::Url;
use zvonok_signaling_proto::rest::{Head, Query};

use crate::client::Body;
use crate::error::RequestError;
use crate::sign_in::Pocket;

/// Largest answer, in bytes: a roster of 10,000 people has about one megabyte.
const MAX_ANSWER: usize = 4_000_000;

#[derive(Debug, Clone)]
pub(crate) struct Rest {
    base: Url,
    http: reqwest::Client,
    limit: Duration,
    pocket: Pocket,
}

impl Rest {
    pub(crate) fn new(mut base: Url, http: reqwest::Client, limit: Duration, pocket: Pocket) -> Self {
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Self { base, http, limit, pocket }
    }

    /// A request whose answer has members of its own.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &'static str,
        body: &impl Body,
    ) -> Result<T, RequestError> {
        let answer = self.send(path, self.http.post(self.url(path)?).json(body)).await?;
        serde_json::from_value(answer).map_err(|_| RequestError::Malformed(path))
    }

    /// A request whose answer only says whether it was done.
    pub(crate) async fn say(&self, path: &'static str, body: &impl Body) -> Result<(), RequestError> {
        self.send(path, self.http.post(self.url(path)?).json(body)).await.map(|_| ())
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &'static str, query: &Query) -> Result<T, RequestError> {
        let mut url = self.url(path)?;
        let members = serde_json::to_value(query).ok().and_then(|value| value.as_object().cloned()).unwrap_or_default();
        for (name, value) in members {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            url.query_pairs_mut().append_pair(&name, &text);
        }
        let answer = self.send(path, self.http.get(url)).await?;
        serde_json::from_value(answer).map_err(|_| RequestError::Malformed(path))
    }

    fn url(&self, path: &'static str) -> Result<Url, RequestError> {
        let mut url = self.base.join(path).map_err(|_| RequestError::Malformed(path))?;
        if url.scheme() == "ws" || url.scheme() == "wss" {
            let scheme = if url.scheme() == "ws" { "http" } else { "https" };
            url.set_scheme(scheme).map_err(|()| RequestError::Malformed(path))?;
        }
        Ok(url)
    }

    /// Sends it and reads the answer, which has to be an object with `status` 0.
    async fn send(&self, path: &'static str, request: reqwest::RequestBuilder) -> Result<Value, RequestError> {
        let request = match self.pocket.token_for(&self.base) {
            Some(token) => request.bearer_auth(token.reveal()),
            None => request,
        };
        let read = async {
            let mut response = request.send().await.map_err(|error| RequestError::Unanswered(Some(error)))?;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| RequestError::Unanswered(Some(error)))? {
                if body.len() + chunk.len() > MAX_ANSWER {
                    return Err(RequestError::Malformed(path));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(body)
        };
        let body = timeout(self.limit, read).await.map_err(|_| RequestError::Unanswered(None))??;
        let answer: Value = serde_json::from_slice(&body).map_err(|_| RequestError::Malformed(path))?;
        let head = head(&answer).ok_or(RequestError::Malformed(path))?;
        if head.status == 0 {
            Ok(answer)
        } else {
            let message = head.message.chars().take(500).collect();
            Err(RequestError::Refused { code: head.code, message })
        }
    }
}

/// `status`, `message`, `code`; a code of another version is no reason to lose the message.
fn head(answer: &Value) -> Option<Head> {
    let status = answer.get("status")?.as_i64()?;
    let message = answer.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = answer.get("code").and_then(|code| serde_json::from_value(code.clone()).ok());
    Some(Head { status, message, code })
}
