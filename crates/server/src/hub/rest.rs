//! The hub's REST.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use zvonok_signaling_proto::Code;
use zvonok_signaling_proto::rest::{
    AcceptRequest, CallRef, CallRequest, DeclineRequest, Query as PageQuery, StatusRequest,
};

use super::handle::Hub;
use super::machine::{Answer, Reply, Request};

type Body = Result<Bytes, BytesRejection>;

/// All paths of the contract that this hub serves.
pub(super) fn routes(hub: Hub) -> Router {
    Router::new()
        .route("/healthz", get(async || Json(json!({"status": 0}))))
        .route("/call", post(call))
        .route("/accept", post(accept))
        .route("/decline", post(decline))
        .route("/cancel", post(cancel))
        .route("/hangup", post(hangup))
        .route("/status", post(status))
        .route("/token", post(token))
        .route("/users", get(users))
        .route("/calls", get(calls))
        .fallback(async || refusal(StatusCode::NOT_FOUND, "There is nothing at this address."))
        .method_not_allowed_fallback(async || refusal(StatusCode::METHOD_NOT_ALLOWED, "Not by this method."))
        .with_state(hub)
}

async fn call(State(hub): State<Hub>, body: Body) -> Response {
    match read::<CallRequest>(body) {
        Ok(body) => hub.answer(body.sid.clone(), Request::Call(body)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn accept(State(hub): State<Hub>, body: Body) -> Response {
    match read::<AcceptRequest>(body) {
        Ok(body) => hub.answer(body.sid.clone(), Request::Accept(body)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn decline(State(hub): State<Hub>, body: Body) -> Response {
    match read::<DeclineRequest>(body) {
        Ok(body) => hub.answer(body.sid.clone(), Request::Decline(body)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn cancel(State(hub): State<Hub>, body: Body) -> Response {
    match read::<CallRef>(body) {
        Ok(body) => hub.answer(body.sid, Request::Cancel(body.call_id)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn hangup(State(hub): State<Hub>, body: Body) -> Response {
    match read::<CallRef>(body) {
        Ok(body) => hub.answer(body.sid, Request::Hangup(body.call_id)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn status(State(hub): State<Hub>, body: Body) -> Response {
    match read::<StatusRequest>(body) {
        Ok(body) => hub.answer(body.sid, Request::Status(body.status)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn token(State(hub): State<Hub>, body: Body) -> Response {
    match read::<CallRef>(body) {
        Ok(body) => hub.answer(body.sid, Request::Token(body.call_id)).await,
        Err(refusal) => reply(refusal),
    }
}

async fn users(
    State(hub): State<Hub>,
    query: Result<Query<PageQuery>, axum::extract::rejection::QueryRejection>,
) -> Response {
    match query {
        Ok(Query(query)) => hub.answer(query.sid, Request::Users).await,
        Err(error) => reply(malformed(&error.body_text())),
    }
}

async fn calls(
    State(hub): State<Hub>,
    query: Result<Query<PageQuery>, axum::extract::rejection::QueryRejection>,
) -> Response {
    match query {
        Ok(Query(query)) => {
            let (before, limit) = (query.before, query.limit);
            hub.answer(query.sid, Request::Calls { before, limit }).await
        }
        Err(error) => reply(malformed(&error.body_text())),
    }
}

impl Hub {
    async fn answer(&self, sid: Option<String>, request: Request) -> Response {
        match self.ask(sid, request).await {
            Reply::Answer(answer) => reply(answer),
            Reply::Grant(grant) => reply(self.mint(grant).await),
            Reply::History(query) => reply(self.history(query).await),
            Reply::None | Reply::Ack(_) | Reply::LoginRefused(_) => {
                reply(Answer::refused(Code::Unavailable, "The hub is stopping."))
            }
        }
    }
}

/// Reads a JSON body, whatever content type it is said to have: a page's form has the origin checked already.
fn read<T: DeserializeOwned>(body: Body) -> Result<T, Answer> {
    let body = body.map_err(|error| malformed(&error.body_text()))?;
    serde_json::from_slice(&body).map_err(|error| malformed(&error.to_string()))
}

fn malformed(problem: &str) -> Answer {
    Answer::refused(Code::Malformed, format!("The request is malformed: {problem}."))
}

fn refusal(http: StatusCode, message: &str) -> Response {
    reply(Answer { http: http.as_u16(), ..Answer::refused(Code::Malformed, message) })
}

/// An answer as a response.
pub(super) fn reply(answer: Answer) -> Response {
    let mut body = answer.body;
    body.insert("status".to_owned(), Value::from(answer.head.status));
    body.insert("message".to_owned(), Value::from(answer.head.message));
    if let Some(code) = answer.head.code {
        body.insert("code".to_owned(), Value::from(code.as_str()));
    }
    let status = StatusCode::from_u16(answer.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(Value::Object(body))).into_response()
}
