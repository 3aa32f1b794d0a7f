//! The hub's REST.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequestParts, Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use zvonok_signaling_proto::Code;
use zvonok_signaling_proto::rest::{
    AcceptRequest, BlockRequest, CallRef, CallRequest, DeclineRequest, InviteRequest, Query as PageQuery,
    SettingsRequest, StatusRequest,
};

use super::handle::Hub;
use super::machine::{Answer, Bearer, Reply, Request};
use super::{recordings, sign_in};
use crate::accounts::token;

pub(super) type Body = Result<Bytes, BytesRejection>;

/// All paths of the contract that this hub serves.
pub(super) fn routes(hub: Hub) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/call", post(call))
        .route("/accept", post(accept))
        .route("/decline", post(decline))
        .route("/cancel", post(cancel))
        .route("/hangup", post(hangup))
        .route("/invite", post(invite))
        .route("/settings", post(settings))
        .route("/status", post(status))
        .route("/token", post(token))
        .route("/users", get(users))
        .route("/block", post(block))
        .route("/blocks", get(blocks))
        .route("/login", post(sign_in::login))
        .route("/logout", post(sign_in::logout))
        .route("/calls", get(calls))
        .merge(recordings::routes())
        .fallback(async || refusal(StatusCode::NOT_FOUND, "There is nothing at this address."))
        .method_not_allowed_fallback(async || refusal(StatusCode::METHOD_NOT_ALLOWED, "Not by this method."))
        .with_state(hub)
}

async fn healthz(State(hub): State<Hub>) -> Response {
    reply(hub.health().await.answer(false))
}

async fn call(asker: Asker, body: Body) -> Response {
    match read::<CallRequest>(body) {
        Ok(body) => asker.answer(body.sid.clone(), Request::Call(body)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn accept(asker: Asker, body: Body) -> Response {
    match read::<AcceptRequest>(body) {
        Ok(body) => asker.answer(body.sid.clone(), Request::Accept(body)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn decline(asker: Asker, body: Body) -> Response {
    match read::<DeclineRequest>(body) {
        Ok(body) => asker.answer(body.sid.clone(), Request::Decline(body)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn cancel(asker: Asker, body: Body) -> Response {
    match read::<CallRef>(body) {
        Ok(body) => asker.answer(body.sid, Request::Cancel(body.call_id)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn hangup(asker: Asker, body: Body) -> Response {
    match read::<CallRef>(body) {
        Ok(body) => asker.answer(body.sid, Request::Hangup(body.call_id)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn invite(asker: Asker, body: Body) -> Response {
    match read::<InviteRequest>(body) {
        Ok(body) => asker.answer(body.sid.clone(), Request::Invite(body)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn settings(asker: Asker, body: Body) -> Response {
    match read::<SettingsRequest>(body) {
        Ok(body) => asker.answer(body.sid.clone(), Request::Settings(body)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn status(asker: Asker, body: Body) -> Response {
    match read::<StatusRequest>(body) {
        Ok(body) => asker.answer(body.sid, Request::Status(body.status)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn token(asker: Asker, body: Body) -> Response {
    match read::<CallRef>(body) {
        Ok(body) => asker.answer(body.sid, Request::Token(body.call_id)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn users(asker: Asker, query: Result<Query<PageQuery>, axum::extract::rejection::QueryRejection>) -> Response {
    match query {
        Ok(Query(query)) => asker.answer(query.sid, Request::Users).await,
        Err(error) => reply(malformed(&error.body_text())),
    }
}

async fn calls(asker: Asker, query: Result<Query<PageQuery>, axum::extract::rejection::QueryRejection>) -> Response {
    match query {
        Ok(Query(query)) => {
            let (before, limit) = (query.before, query.limit);
            asker.answer(query.sid, Request::Calls { before, limit }).await
        }
        Err(error) => reply(malformed(&error.body_text())),
    }
}

async fn block(asker: Asker, body: Body) -> Response {
    match read::<BlockRequest>(body) {
        Ok(body) => asker.answer(body.sid.clone(), Request::Block(body)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn blocks(asker: Asker, query: Result<Query<PageQuery>, axum::extract::rejection::QueryRejection>) -> Response {
    match query {
        Ok(Query(query)) => asker.answer(query.sid, Request::Blocks).await,
        Err(error) => reply(malformed(&error.body_text())),
    }
}

/// Who asks, by the token of the request.
pub(super) struct Asker {
    pub(super) hub: Hub,
    token: Option<String>,
}

impl FromRequestParts<Hub> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut http::request::Parts, hub: &Hub) -> Result<Self, Infallible> {
        Ok(Self { hub: hub.clone(), token: sign_in::bearer(&parts.headers).map(str::to_owned) })
    }
}

impl Asker {
    /// What the token shows. The socket's is known without the database, so that calls go on while that is down.
    async fn bearer(&self, sid: Option<&str>) -> Result<Bearer, Answer> {
        let Some(given) = &self.token else { return Ok(Bearer::None) };
        if sid.is_some() {
            return Ok(token::hash(given).map_or(Bearer::None, Bearer::Hash));
        }
        Ok(self.hub.door.session(given).await?.map_or(Bearer::None, Bearer::Session))
    }

    /// What the machine says to it.
    pub(super) async fn ask(&self, sid: Option<String>, request: Request) -> Reply {
        match self.bearer(sid.as_deref()).await {
            Ok(bearer) => self.hub.ask(sid, bearer, request).await,
            Err(refusal) => Reply::Answer(refusal),
        }
    }

    async fn answer(&self, sid: Option<String>, request: Request) -> Response {
        let said = self.ask(sid, request).await;
        reply(self.hub.settle(said).await)
    }
}

/// What is answered when nothing can be asked any more.
pub(super) fn stopping() -> Answer {
    Answer::refused(Code::Unavailable, "The hub is stopping.")
}

/// Reads a JSON body, whatever content type it is said to have: a page's form has the origin checked already.
pub(super) fn read<T: DeserializeOwned>(body: Body) -> Result<T, Answer> {
    let body = body.map_err(|error| malformed(&error.body_text()))?;
    serde_json::from_slice(&body).map_err(|error| malformed(&error.to_string()))
}

pub(super) fn malformed(problem: &str) -> Answer {
    Answer::refused(Code::Malformed, format!("The request is malformed: {problem}."))
}

fn refusal(http: StatusCode, message: &str) -> Response {
    reply(Answer { http: http.as_u16(), ..Answer::refused(Code::Malformed, message) })
}

/// An answer as a response.
pub(crate) fn reply(answer: Answer) -> Response {
    let mut body = answer.body;
    body.insert("status".to_owned(), Value::from(answer.head.status));
    body.insert("message".to_owned(), Value::from(answer.head.message));
    if let Some(code) = answer.head.code {
        body.insert("code".to_owned(), Value::from(code.as_str()));
    }
    let status = StatusCode::from_u16(answer.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(Value::Object(body))).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
mod tests;
