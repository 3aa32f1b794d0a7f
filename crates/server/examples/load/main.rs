//! Puts load on a hub, for `cargo xtask bench`. It speaks only what any hub of contract A understands (and, with
//! `--extended`, what ours adds), so that the same load meets ours and others'.
//!
//! `load HUB PEOPLE [--extended]` connects that many people and says `{"up":…}`; then it takes commands, a line each:
//! `rings N`, `watch` (before a restart), and in place of all of it `churn SECONDS MEDIA SECRET`,
//! `forward SECONDS MEDIA SECRET ROOMS PUBLISHERS WATCHERS`, or the same with a Janus:
//! `forward-janus SECONDS API ADDRESS ROOMS PUBLISHERS WATCHERS`, where ADDRESS is of this machine and Janus has it too.
//! Its answers are lines of JSON. It ends with its standard input.
#![expect(clippy::print_stdout, reason = "what it says is its purpose")]

mod churn;
mod crowd;
mod end;
mod forward;
mod janus;
mod person;
mod rings;
mod room;
mod talk;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use churn::Plan;
use crowd::Crowd;

#[tokio::main]
async fn main() -> Result<()> {
    // The client insists on one, though nothing here is encrypted but the media server's answers.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        bail!("there is another provider of cryptography already");
    }
    let mut arguments = std::env::args().skip(1);
    let hub: SocketAddr = arguments.next().and_then(|it| it.parse().ok()).context("HUB is not an address")?;
    let people: usize = arguments.next().and_then(|it| it.parse().ok()).context("PEOPLE is not a number")?;
    let extended = match arguments.next().as_deref() {
        None => false,
        Some("--extended") => true,
        Some(other) => bail!("`{other}` is not known"),
    };
    let crowd = Crowd::new("p", hub, people, extended);
    if people > 0 {
        say(&crowd.arrive().await?);
    }
    let mut lines = commands();
    while let Some(line) = lines.recv().await {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["rings", count] => {
                say(&rings::ring(&crowd, count.parse().context("not a number")?, rings::ADDRESSES).await?);
            }
            ["watch"] => {
                crowd.forget_arrivals();
                say(&json!({ "watching": people }));
                say(&crowd.back().await?);
            }
            ["churn", seconds, media, secret] => {
                say(&churn::churn(Arc::new(plan(hub, seconds, media, secret)?)).await?);
            }
            ["forward", seconds, media, secret, rooms, publishers, watchers] => {
                let shape = shape(rooms, publishers, watchers)?;
                say(&forward::forward(&plan(hub, seconds, media, secret)?, shape, say).await?);
            }
            ["forward-janus", seconds, api, address, rooms, publishers, watchers] => {
                let (api, address) = (api.parse().context("no API")?, address.parse().context("no address")?);
                let (seconds, shape) = (seconds.parse()?, shape(rooms, publishers, watchers)?);
                say(&janus::forward(api, address, seconds, shape, say).await?);
            }
            _ => bail!("`{line}` is not known"),
        }
    }
    Ok(())
}

/// The lines of the standard input, until it ends.
fn commands() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn plan(hub: SocketAddr, seconds: &str, media: &str, secret: &str) -> Result<Plan> {
    let seconds = seconds.parse().context("not a number")?;
    Ok(Plan { hub, seconds, media: media.to_owned(), secret: secret.to_owned() })
}

fn shape(rooms: &str, publishers: &str, watchers: &str) -> Result<forward::Shape> {
    Ok(forward::Shape { rooms: rooms.parse()?, publishers: publishers.parse()?, watchers: watchers.parse()? })
}

fn say(answer: &Value) {
    println!("{answer}");
}
