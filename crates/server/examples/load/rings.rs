//! Rings of contract A: one half of the crowd calls the other half, which declines.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::crowd::Crowd;
use super::person::{PATIENCE, Person, of_number};

/// Rings under way at once.
const AT_ONCE: usize = 20;

/// Rings of one worker a second at the most: two requests each, of which the hub takes 60 a second of one address.
const A_SECOND: f64 = 25.0;

/// How soon somebody is called again who has not come yet.
const AGAIN: Duration = Duration::from_millis(20);

/// The first of the addresses that rings come from; those of people are below.
pub(super) const ADDRESSES: usize = 60_000;

/// Rings so often, from addresses of `from` on, and tells how long it took.
pub(super) async fn ring(crowd: &Crowd, count: usize, from: usize) -> Result<Value> {
    let half = crowd.people.len() / 2;
    ensure!(half > 0, "there are too few people");
    let (next, began) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let base = format!("http://{}", crowd.hub);
    let pairs: Vec<(Arc<Person>, Arc<Person>)> =
        crowd.people.iter().take(half).cloned().zip(crowd.people.iter().skip(half).cloned()).collect();
    let pairs = Arc::new(pairs);
    let mut workers: JoinSet<Result<()>> = JoinSet::new();
    for worker in 0..AT_ONCE.min(count) {
        let (next, pairs, base) = (Arc::clone(&next), Arc::clone(&pairs), base.clone());
        let http = reqwest::Client::builder().local_address(of_number(from + worker)).no_proxy().build()?;
        workers.spawn(async move {
            let mut pace = tokio::time::interval(Duration::from_secs_f64(1.0 / A_SECOND));
            loop {
                pace.tick().await;
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(());
                }
                let (caller, callee) = pairs.get(number % pairs.len()).context("nobody is left")?;
                one(&http, &base, caller, callee)
                    .await
                    .with_context(|| format!("{} rings {}", caller.login, callee.login))?;
            }
        });
    }
    while let Some(worker) = workers.join_next().await {
        let outcome: Result<()> = worker.context("a worker panicked")?;
        outcome?;
    }
    Ok(json!({ "rings": count, "seconds": began.elapsed().as_secs_f64() }))
}

async fn one(http: &reqwest::Client, base: &str, caller: &Person, callee: &Person) -> Result<()> {
    let call = async {
        let mut again = tokio::time::interval(AGAIN);
        loop {
            again.tick().await;
            let answer = post(http, base, "/call", json!({ "sid": caller.sid(), "login": callee.login })).await?;
            // Nobody acknowledges a page's `login`: either may still be on its way.
            let code = answer.get("code").and_then(Value::as_str);
            if !matches!(code, Some("unknown_user" | "not_signed_in" | "offline")) {
                return done("/call", &answer);
            }
        }
    };
    tokio::time::timeout(PATIENCE, call).await.context("nobody came in time")??;
    hear(callee, "calling").await?;
    let decline = json!({ "sid": callee.sid(), "reciever_login": caller.login });
    done("/decline", &post(http, base, "/decline", decline).await?)?;
    hear(caller, "declined").await
}

async fn post(http: &reqwest::Client, base: &str, path: &str, body: Value) -> Result<Value> {
    let answer = http
        .post(format!("{base}{path}"))
        .header("content-type", "application/json")
        .body(body.to_string())
        .timeout(PATIENCE)
        .send()
        .await?;
    let text = answer.text().await?;
    serde_json::from_str(&text).with_context(|| format!("{path} answered {text:?}"))
}

fn done(path: &str, answer: &Value) -> Result<()> {
    ensure!(answer.get("status") == Some(&json!(0)), "{path} answered {answer}");
    Ok(())
}

async fn hear(person: &Person, event: &'static str) -> Result<()> {
    let mut hears = person.hears.lock().await;
    let heard = tokio::time::timeout(PATIENCE, hears.recv()).await.with_context(|| format!("no `{event}` in time"))?;
    ensure!(heard == Some(event), "{heard:?} instead of {event}");
    Ok(())
}
