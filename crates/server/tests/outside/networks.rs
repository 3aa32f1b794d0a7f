//! What everybody is told of somebody's network.

use serde_json::Value;
use zvonok_server::media::Transport;

use crate::peer::{Peer, address};
use crate::plain_server;
use crate::rpc::Rpc;

/// The next word on a network.
async fn told(rpc: &mut Rpc) -> Value {
    loop {
        let message = rpc.next().await.expect("a word on a network");
        if message["method"] == "networkQualityLevelChanged" {
            return message["params"].clone();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_network_is_told_to_everybody_and_a_good_one_to_nobody() {
    let server = plain_server().await;
    let ((mut man, his), (mut woman, hers)) = (Rpc::join_and_hear(&server).await, Rpc::join_and_hear(&server).await);
    let to = address(&server, Transport::Udp);
    let (_camera, good) = Peer::new(Transport::Udp, to).await.publish(&mut woman).await;
    let mut lossy = Peer::new(Transport::Udp, to).await;
    lossy.loses = Some(5);
    let (_lossy, _) = lossy.publish(&mut man).await;
    let mut sees = Peer::new(Transport::Udp, to).await.receive(&mut man, &good).await;
    sees.receives(30).await;
    for rpc in [&mut woman, &mut man] {
        let told = told(rpc).await;
        assert_eq!(told["connectionId"], his["id"], "{told}; hers is {}", hers["id"]);
        assert_eq!(told["oldValue"], 5);
        let level = told["newValue"].as_u64().unwrap();
        assert!((1..=2).contains(&level), "of his packets a fifth is lost, and his network is level {level}");
    }
    server.shutdown().await;
}
