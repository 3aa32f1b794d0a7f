//! Subscribing by offers that the server makes.

use serde_json::{Value, json};
use zvonok_server::media::Transport;
use zvonok_server::{Config, Running, Tls};

use crate::peer::{Peer, Running as Media, address, text};
use crate::rpc::Rpc;

async fn server() -> Running {
    crate::count_panics();
    let media = zvonok_server::media_settings::MediaSettings { server_offers: true, ..Default::default() };
    zvonok_server::start(Config { media_tls: Tls::Off, media, ..Config::embedded() }).await.unwrap()
}

/// Somebody who publishes, and the stream.
async fn publisher(server: &Running) -> (Rpc, Media, String) {
    let mut rpc = Rpc::join(server).await;
    let peer = Peer::new(Transport::Udp, address(server, Transport::Udp)).await;
    let (media, stream) = peer.publish(&mut rpc).await;
    (rpc, media, stream)
}

/// How many streams each connection is subscribed to.
async fn subscribers(server: &Running) -> Vec<usize> {
    let url = server.media_url.join("openvidu/api/sessions").unwrap();
    let request = crate::http().get(url).basic_auth("OPENVIDUAPP", Some(server.secret.reveal()));
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    let connections = body["content"][0]["connections"]["content"].as_array().unwrap();
    connections.iter().map(|it| it["subscribers"].as_array().unwrap().len()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_is_answered_and_answered_anew_after_a_reconnection() {
    let server = server().await;
    let (_man, _camera, stream) = publisher(&server).await;
    let (mut woman, joined) = Rpc::join_and_hear(&server).await;
    assert_eq!(joined["mediaServer"], "mediasoup", "by this clients know that they are offered streams");
    let to = address(&server, Transport::Udp);
    let offered = woman.ask("prepareReceiveVideoFrom", json!({ "sender": stream, "reconnect": false })).await.unwrap();
    assert_eq!(subscribers(&server).await, [0, 0], "an offer that was not answered is no subscription");
    let mut peer = Peer::new(Transport::Udp, to).await;
    let answer = peer.answer(text(&offered["sdpOffer"]));
    let params = json!({ "sender": stream, "sdpAnswer": answer });
    let received = woman.ask("receiveVideoFrom", params.clone()).await.unwrap();
    assert!(received.get("sdpAnswer").is_none(), "{received}");
    assert_eq!(subscribers(&server).await.iter().sum::<usize>(), 1);
    let mut sees = peer.start();
    sees.receives(30).await;
    assert_eq!(woman.ask("receiveVideoFrom", params).await.unwrap_err()["code"], -32602, "it was answered already");

    let again = woman.ask("prepareReceiveVideoFrom", json!({ "sender": stream, "reconnect": true })).await.unwrap();
    let mut peer = Peer::new(Transport::Udp, to).await;
    let answer = peer.answer(text(&again["sdpOffer"]));
    let params = json!({ "stream": stream, "sdpString": answer, "forciblyReconnect": false });
    woman.ask("reconnectStream", params).await.unwrap();
    let mut sees = peer.start();
    sees.receives(30).await;
    assert_eq!(subscribers(&server).await.iter().sum::<usize>(), 1);
    // And by an offer of the client's own, which is taken as well.
    let mut sees = Peer::new(Transport::Udp, to).await.receive(&mut woman, &stream).await;
    sees.receives(30).await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_offered_cannot_be_answered() {
    let server = server().await;
    let (mut man, _camera, stream) = publisher(&server).await;
    let mut woman = Rpc::join(&server).await;
    let code = |refused: Result<Value, Value>| refused.unwrap_err()["code"].clone();
    let prepare = |sender: &str| json!({ "sender": sender, "reconnect": false });
    let answer = |sender: &str| json!({ "sender": sender, "sdpAnswer": "v=0" });
    assert_eq!(code(woman.ask("receiveVideoFrom", answer(&stream)).await), -32602);
    assert_eq!(code(woman.ask("receiveVideoFrom", answer("str_CAM_con_NOBODY")).await), 102);
    assert_eq!(code(woman.ask("prepareReceiveVideoFrom", prepare("str_CAM_con_NOBODY")).await), 102);
    assert_eq!(code(woman.ask("prepareReceiveVideoFrom", json!({})).await), -32602);
    woman.ask("prepareReceiveVideoFrom", prepare(&stream)).await.unwrap();
    assert_eq!(code(woman.ask("receiveVideoFrom", answer(&stream)).await), 302, "it is no answer");
    assert_eq!(code(woman.ask("receiveVideoFrom", answer(&stream)).await), -32602, "the offer is void");
    // An offer that waits ends with its stream.
    woman.ask("prepareReceiveVideoFrom", prepare(&stream)).await.unwrap();
    man.ask("unpublishVideo", json!({})).await.unwrap();
    assert_eq!(code(woman.ask("receiveVideoFrom", answer(&stream)).await), 105);
    server.shutdown().await;
}
