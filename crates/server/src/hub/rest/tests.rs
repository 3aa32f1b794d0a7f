//! Requests whose asker goes away.

use std::pin::pin;
use std::time::Duration;

use futures_util::poll;

use super::*;
use crate::hub::slow::{Slow, talking};

#[tokio::test]
async fn a_token_whose_asker_has_gone_is_taken_back_with_its_call() {
    let media = Slow::new();
    let (hub, stop) = talking(&media).await;
    let (asker, id) = (Asker { hub: hub.clone(), token: None }, "c1".parse().unwrap());
    {
        let mut asked = pin!(asker.answer(Some("man".to_owned()), Request::Token(id)));
        while media.asked.available_permits() == 0 {
            assert!(poll!(&mut asked).is_pending());
            tokio::task::yield_now().await;
        }
    }
    media.may.add_permits(1);
    let over = async {
        loop {
            // The first ends the call, and repetitions of it change nothing: the token may come after it.
            hub.ask(Some("man".to_owned()), Bearer::None, Request::Hangup("c1".parse().unwrap())).await;
            if media.revoked.lock().unwrap().contains(&"con_1".to_owned()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), over).await.expect("it is taken back");
    stop.cancel();
}
