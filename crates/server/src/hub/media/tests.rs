//! Media servers that do not answer, beside some that do.

use std::sync::Mutex;

use futures_util::FutureExt as _;
use tokio::time::Instant;

use super::*;
use crate::media_control::{MediaFuture, MintedToken};

/// Three, of which the first does not answer: a session is at the one that its last digit says.
#[derive(Debug)]
struct Several {
    began: Instant,
    /// What was done, and after how long.
    done: Mutex<Vec<(String, Duration)>>,
}

impl Several {
    fn does<'a>(&'a self, session: &'a str, what: &'a str) -> MediaFuture<'a, ()> {
        async move {
            self.done.lock().unwrap().push((format!("{what} {session}"), self.began.elapsed()));
            if self.deployment(session) == 0 { std::future::pending().await } else { Ok(()) }
        }
        .boxed()
    }
}

impl MediaControl for Several {
    fn create_session<'a>(&'a self, name: Option<&'a str>) -> MediaFuture<'a, String> {
        async move { Ok(name.unwrap_or_default().to_owned()) }.boxed()
    }

    fn create_token<'a>(&'a self, _: &'a str, _: Role, _: &'a str) -> MediaFuture<'a, MintedToken> {
        async { Err(MediaControlError::Unsupported("tokens")) }.boxed()
    }

    fn revoke_token<'a>(&'a self, session: &'a str, _: &'a str) -> MediaFuture<'a, ()> {
        self.does(session, "revoke")
    }

    fn close_session<'a>(&'a self, session: &'a str) -> MediaFuture<'a, ()> {
        self.does(session, "close")
    }

    fn start_echo<'a>(&'a self, session: &'a str, _: &'a str) -> MediaFuture<'a, ()> {
        self.does(session, "echo")
    }

    fn stop_echo<'a>(&'a self, _: &'a str) -> MediaFuture<'a, ()> {
        async { Ok(()) }.boxed()
    }

    fn deployment(&self, session: &str) -> usize {
        session.chars().last().and_then(|digit| digit.to_digit(10)).map_or(0, |digit| digit as usize)
    }

    fn public_url(&self) -> &str {
        ""
    }
}

#[tokio::test(start_paused = true)]
async fn a_media_server_that_does_not_answer_holds_up_no_call_of_another() {
    let several = Arc::new(Several { began: Instant::now(), done: Mutex::default() });
    let (ops, work) = mpsc::channel(QUEUE);
    let close = |session: &str, connections: usize| {
        let connections = (0..connections).map(|n| format!("con_{n}")).collect();
        MediaOp::Close { session: session.to_owned(), connections, evict: true }
    };
    for op in [
        close("a0", 12),
        MediaOp::StartEcho { session: "b1".to_owned() },
        close("b1", 2),
        close("c0", 1),
        close("d2", 1),
    ] {
        assert!(ops.try_send(op).is_ok());
    }
    drop(ops);
    run(Arc::<Several>::clone(&several), work).await;
    let done = several.done.lock().unwrap();
    let of = |session: &str| -> Vec<(&str, u64)> {
        let mine = done.iter().filter(|(what, _)| what.ends_with(session));
        mine.map(|(what, after)| (what.split(' ').next().unwrap(), after.as_secs())).collect()
    };
    assert_eq!(of("b1"), [("echo", 0), ("revoke", 0), ("revoke", 0), ("close", 0)], "in order, and at once");
    assert_eq!(of("d2"), [("revoke", 0), ("close", 0)]);
    assert_eq!(of("a0"), [("revoke", 0), ("close", 10)], "nor is it waited for a dozen times");
    assert_eq!(of("c0"), [("revoke", 20), ("close", 30)], "that one after the other");
}
