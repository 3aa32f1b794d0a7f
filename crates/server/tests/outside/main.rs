//! The running server as others meet it: OpenVidu's REST client of ours, and people who send whatever they like.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bad_input;
mod command_line;
mod doors;
mod methods;
mod networks;
mod openvidu_client;
mod participants;
mod peer;
mod relays;
mod rpc;
mod server_offers;
mod shapes;
mod slow_reader;
mod starting;
mod without_udp;

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Url;
use zvonok_openvidu::{Client, Secret, harden};
use zvonok_server::{Config, Running, Tls};

/// How long anything may take to be answered or refused. Far longer than it does: this is no measurement.
const PATIENCE: Duration = Duration::from_secs(20);

/// Panics anywhere in this process, also in tasks that nobody waits for.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn count_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            usual(panic);
        }));
    });
}

fn panics() -> usize {
    PANICS.load(Ordering::SeqCst)
}

/// A server without TLS on free loopback ports.
async fn plain_server() -> Running {
    count_panics();
    zvonok_server::start(Config { media_tls: Tls::Off, ..Config::embedded() }).await.unwrap()
}

fn http() -> reqwest::Client {
    // Whoever comes second finds it installed, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // A connection on which the server refused a body without reading it is closed, and not to be used again.
    let here = Url::parse("http://127.0.0.1/").unwrap();
    harden(reqwest::Client::builder().pool_max_idle_per_host(0), &here).build().unwrap()
}

fn client(base: &Url, secret: &str) -> Client {
    Client::new(base.clone(), Secret::new(secret), http()).unwrap()
}
