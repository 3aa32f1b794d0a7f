//! What the fuzz targets see of this crate beside its public parts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::core::{Core, Input, Output};
use crate::wire::{FromPage, Header, MediaKind, samples};

/// What a page and the network send to one peer connection: each message is a line of JSON, a frame of the page (its
/// header comes first) behind `#`, or a datagram behind `!`.
pub fn connection(messages: &[&[u8]]) {
    let mut now = Instant::now();
    let mut core = Core::new(Arc::default(), now);
    let here = SocketAddr::from(([127, 0, 0, 1], 9));
    for message in messages {
        now += Duration::from_millis(20);
        let taken = match message {
            [b'#', frame @ ..] => page_frame(frame).map_or(Ok(()), |input| core.handle(input, now)),
            [b'!', data @ ..] => {
                core.handle(Input::Datagram { source: ([127, 0, 0, 1], 8).into(), destination: here, data }, now)
            }
            text => match serde_json::from_slice::<FromPage>(text) {
                Ok(message) => core.handle(Input::Control(message), now),
                Err(_) => Ok(()),
            },
        };
        if taken.is_err() || drain(&mut core, here, now).is_err() {
            break;
        }
    }
    let _ = core.close(now);
}

fn page_frame(frame: &[u8]) -> Option<Input<'static>> {
    let (header, payload) = Header::parse(frame).ok()?;
    let (line, timestamp_us) = (header.line, header.timestamp_us);
    match header.kind {
        MediaKind::Video { .. } => Some(Input::Video { line, timestamp_us, data: payload.into() }),
        MediaKind::Seen { count } => Some(Input::PageSaw { line, count }),
        MediaKind::Audio => {
            let finite = samples(payload).iter().all(|sample| (-1.0..=1.0).contains(sample));
            assert!(finite, "a sample is a sample");
            None
        }
        MediaKind::Pull { .. } => None,
    }
}

fn drain(core: &mut Core, here: SocketAddr, now: Instant) -> Result<(), crate::PeerError> {
    while let Some(output) = core.poll_output() {
        match output {
            Output::Control(message) => assert!(serde_json::to_string(&message).is_ok(), "the page gets JSON"),
            Output::Gather => {
                core.handle(Input::LocalAddress(here), now)?;
                core.handle(Input::Gathered, now)?;
            }
            Output::Video { .. }
            | Output::Opus { .. }
            | Output::Processing { .. }
            | Output::Transmit(_)
            | Output::Reach(_) => {}
        }
    }
    Ok(())
}
