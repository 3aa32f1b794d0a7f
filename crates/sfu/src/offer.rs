//! What is taken of a client's offer.
//!
//! openvidu-browser 2.18.0 publishes with four m-lines: two that carry media, and two empty ones. Media is taken from
//! the first line of each kind that goes the needed way; the direction of every line is set in the offer's text before
//! str0m sees it, so that the answer to each is what is meant (`recvonly` to a `sendrecv` line, for one).

use std::collections::HashMap;

use str0m::change::SdpOffer;
use str0m::media::Mid;

use crate::codec::VideoCodec;
use crate::defaults::{MAX_OFFER_BYTES, MAX_OFFER_LINES};
use crate::error::SfuError;

/// What the offering side is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Its media.
    Send,
    /// Its media, and it gets it back.
    Both,
    /// It takes media.
    Receive,
}

/// An offer ready for str0m, and the mids of the lines that media is taken from.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) offer: SdpOffer,
    pub(crate) audio: Option<Mid>,
    pub(crate) video: Option<Mid>,
    /// The first codec of the video line that can be forwarded.
    pub(crate) preferred: Option<VideoCodec>,
}

/// Reads an offer.
pub(crate) fn plan(text: &str, wanted: Wanted) -> Result<Plan, SfuError> {
    if text.len() > MAX_OFFER_BYTES {
        return Err(SfuError::Offer(format!("it is longer than {MAX_OFFER_BYTES} bytes")));
    }
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let starts: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| line.starts_with("m=")).map(|(at, _)| at).collect();
    if starts.len() > MAX_OFFER_LINES {
        return Err(SfuError::Offer(format!("it has more than {MAX_OFFER_LINES} media lines")));
    }
    check_numbers(&lines)?;
    let (mut audio, mut video, mut preferred) = (None, None, None);
    let total = lines.len();
    for (nth, &start) in starts.iter().enumerate() {
        let end = starts.get(nth + 1).copied().unwrap_or(total);
        let Some(section) = lines.get_mut(start..end) else { continue };
        let taken = match section.first() {
            Some(line) if line.starts_with("m=audio ") => &mut audio,
            Some(line) if line.starts_with("m=video ") => &mut video,
            _ => continue,
        };
        let mid = section.iter().find_map(|line| line.strip_prefix("a=mid:"));
        let codec = first_codec(section);
        let direction = section.iter_mut().find(|line| direction_of(line).is_some());
        let offered = direction.as_deref().and_then(|line| direction_of(line)).unwrap_or(Direction::Both);
        let take = taken.is_none() && mid.is_some() && offered.allows(wanted);
        if take {
            *taken = mid.map(Mid::from);
            preferred = preferred.or(codec);
        }
        // A line without any direction means `sendrecv`; browsers always write one.
        if let Some(line) = direction {
            *line = match (take, wanted) {
                (true, Wanted::Send) => "a=sendonly",
                (true, Wanted::Both) => "a=sendrecv",
                (true, Wanted::Receive) => "a=recvonly",
                (false, _) => "a=inactive",
            };
        } else if !take || wanted != Wanted::Both {
            return Err(SfuError::Offer("a media line has no direction".to_owned()));
        }
    }
    if audio.is_none() && video.is_none() {
        return Err(SfuError::NothingOffered(match wanted {
            Wanted::Send | Wanted::Both => "publish",
            Wanted::Receive => "receive with",
        }));
    }
    let mut text = lines.join("\r\n");
    text.push_str("\r\n");
    let offer = SdpOffer::from_sdp_string(&text).map_err(|error| SfuError::Offer(error.to_string()))?;
    Ok(Plan { offer, audio, video, preferred })
}

/// A payload type has seven bits (RFC 3550, section 5.1), and on all lines of a bundle it means one codec (RFC 8843,
/// section 9.2).
fn check_numbers(lines: &[&str]) -> Result<(), SfuError> {
    let mut known: HashMap<u8, &str> = HashMap::new();
    for line in lines {
        let Some((number, codec)) = line.strip_prefix("a=rtpmap:").and_then(|it| it.split_once(' ')) else { continue };
        let number = number.parse().ok().filter(|number| *number < 128);
        let number = number.ok_or_else(|| SfuError::Offer("a payload type is no number below 128".to_owned()))?;
        if !known.entry(number).or_insert(codec).eq_ignore_ascii_case(codec) {
            return Err(SfuError::Offer(format!("payload type {number} stands for two codecs")));
        }
    }
    Ok(())
}

/// The first video codec in the order of the line's payload types that can be forwarded.
fn first_codec(section: &[&str]) -> Option<VideoCodec> {
    let mut types = section.first()?.split_ascii_whitespace().skip(3);
    types.find_map(|pt| {
        let named = section.iter().find_map(|line| line.strip_prefix("a=rtpmap:")?.strip_prefix(pt)?.strip_prefix(' '));
        let codec = VideoCodec::named(named?.split('/').next()?)?;
        let format = section.iter().find_map(|line| line.strip_prefix("a=fmtp:")?.strip_prefix(pt)?.strip_prefix(' '));
        codec.takes(format.unwrap_or_default()).then_some(codec)
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Send,
    Receive,
    Both,
    Inactive,
}

impl Direction {
    fn allows(self, wanted: Wanted) -> bool {
        match self {
            Self::Both => true,
            Self::Send => matches!(wanted, Wanted::Send),
            Self::Receive => matches!(wanted, Wanted::Receive),
            Self::Inactive => false,
        }
    }
}

fn direction_of(line: &str) -> Option<Direction> {
    match line {
        "a=sendonly" => Some(Direction::Send),
        "a=recvonly" => Some(Direction::Receive),
        "a=sendrecv" => Some(Direction::Both),
        "a=inactive" => Some(Direction::Inactive),
        _ => None,
    }
}
