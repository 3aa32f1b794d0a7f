//! From a host's name to a connection with one of its addresses.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::{TcpStream, lookup_host};

/// How long one address has before the next one is tried as well: RFC 8305's figure.
const STAGGER: Duration = Duration::from_millis(250);
/// Addresses of one host that are tried: with the figure above all of them within the 10 s of a connection.
const ADDRESSES: usize = 16;

/// Connects to the first address of the host that answers.
pub(crate) async fn reach(host: &str, port: u16) -> io::Result<TcpStream> {
    let found: Vec<SocketAddr> = lookup_host((host, port)).await?.collect();
    first_to_answer(in_turns(found)).await
}

/// One family after the other, as the resolver prefers them: where a whole family leads nowhere, the second address is
/// one that may answer.
fn in_turns(found: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = found.first().is_some_and(SocketAddr::is_ipv6);
    let (mut preferred, mut others) = (Vec::new(), Vec::new());
    for address in found {
        if address.is_ipv6() == first_is_v6 { preferred.push(address) } else { others.push(address) }
    }
    let (mut preferred, mut others) = (preferred.into_iter(), others.into_iter());
    let mut turns = Vec::new();
    loop {
        let pair = [preferred.next(), others.next()];
        if pair.iter().all(Option::is_none) {
            turns.truncate(ADDRESSES);
            return turns;
        }
        turns.extend(pair.into_iter().flatten());
    }
}

/// Tries one address after the other without waiting for the end of the last try: a host may have an address that
/// swallows everything, such as one of IPv6 on a network where that leads nowhere.
async fn first_to_answer(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut left = addresses.into_iter();
    let mut tries = FuturesUnordered::new();
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    loop {
        match left.next() {
            Some(address) => tries.push(TcpStream::connect(address)),
            None if tries.is_empty() => return Err(failed),
            None => {}
        }
        tokio::select! {
            Some(tried) = tries.next() => match tried {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = error,
            },
            () = tokio::time::sleep(STAGGER), if left.len() > 0 => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let found =
            ["[2001:db8::1]:1", "[2001:db8::2]:1", "192.0.2.1:1"].map(|text| text.parse::<SocketAddr>().unwrap());
        let turns = in_turns(found.to_vec());
        assert_eq!(turns, [found[0], found[2], found[1]]);
        assert_eq!(in_turns(Vec::new()), []);
    }

    #[tokio::test]
    async fn an_address_that_swallows_everything_does_not_hide_the_next_one() {
        let swallows = tokio::net::TcpSocket::new_v4().unwrap();
        swallows.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let swallows = swallows.listen(1).unwrap();
        let dead = swallows.local_addr().unwrap();
        // Nobody accepts: once its queue is full the kernel answers no further try.
        let mut queue = Vec::new();
        while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(500), TcpStream::connect(dead)).await {
            queue.push(stream);
            assert!(queue.len() < 100, "the queue of this system has no end");
        }
        let answers = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let alive = answers.local_addr().unwrap();
        let reached = tokio::time::timeout(Duration::from_secs(5), first_to_answer(vec![dead, alive])).await;
        assert_eq!(reached.expect("in time").unwrap().peer_addr().unwrap(), alive);
        drop(answers);
        let refused = first_to_answer(vec![alive]).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    }
}
