//! One peer connection without sockets, clock or threads: inputs in, outputs out, time told.

mod candidates;
mod media;
mod negotiation;
mod states;
mod stats;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use str0m::bwe::Bitrate;
use str0m::change::SdpPendingOffer;
use str0m::media::Mid;
use str0m::net::{Protocol, Receive, Transmit};
use str0m::{Event, Rtc};

use crate::audio::{AudioCounters, Packet};
use crate::defaults::{MAX_VIDEO_BITRATE, START_VIDEO_BITRATE, STATS_INTERVAL};
use crate::error::PeerError;
use crate::wire::{Direction, FromPage, Kind, Outcome, ToPage};
use media::Incoming;
use states::States;
use stats::Figures;

/// What happened.
#[derive(Debug)]
pub(crate) enum Input<'a> {
    // From the page.
    /// A control message.
    Control(FromPage),
    /// An encoded frame.
    Video { line: u8, timestamp_us: u64, data: Arc<[u8]> },
    /// The page has taken that many frames.
    PageSaw { line: u8, count: u8 },
    // From the audio thread.
    /// An encoded packet.
    Opus { line: u8, rtp_time: u64, data: Vec<u8> },
    // From the network.
    /// A socket is open here.
    LocalAddress(SocketAddr),
    /// No more sockets will be opened for now.
    Gathered,
    /// A datagram.
    Datagram { source: SocketAddr, destination: SocketAddr, data: &'a [u8] },
    // From the driver.
    /// A frame of this line could not be given to the page, so the next ones are of no use to it.
    PageFellBehind { line: u8 },
    /// The other side's address cannot be reached from here or the like: nothing else to do than let time pass.
    Tick,
}

/// What to do.
#[derive(Debug)]
pub(crate) enum Output {
    /// Tell the page.
    Control(ToPage),
    /// Give the page a frame.
    Video { line: u8, key_frame: bool, timestamp_us: u64, data: Arc<[u8]> },
    /// Give the audio thread a packet.
    Opus { line: u8, packet: Packet },
    /// Tell the audio thread how to process a microphone.
    Processing { line: u8, processing: crate::wire::Processing },
    /// Send a datagram.
    Transmit(Transmit),
    /// Open the usual sockets, then say [`Input::Gathered`].
    Gather,
    /// The other side has this address: have a socket that reaches it.
    Reach(SocketAddr),
}

/// A transceiver.
#[derive(Debug)]
struct Transceiver {
    line: u8,
    kind: Kind,
    direction: Direction,
    stream: Option<String>,
    track: Option<String>,
    mid: Option<Mid>,
    incoming: Incoming,
    /// The last target that the encoder was given, in bit/s.
    target: Option<(u64, Instant)>,
    /// Frames and packets that were handed to the transport.
    sent: u64,
    /// Frames of video that were handed to the page.
    given: u64,
    key_frames_asked: u64,
}

/// One peer connection.
pub(crate) struct Core {
    rtc: Rtc,
    transceivers: Vec<Transceiver>,
    pending: Option<SdpPendingOffer>,
    /// The lines that it has, each with its direction, and its text.
    offered: Option<(Vec<(u8, Direction)>, String)>,
    /// The answer to a remote offer until the page asks for it.
    answer: Option<String>,
    states: States,
    figures: Figures,
    audio: Arc<AudioCounters>,
    remote_candidates: usize,
    local_addresses: Vec<SocketAddr>,
    outputs: VecDeque<Output>,
    wake: Option<Instant>,
}

/// A request of the page that could not be done: W3C's name, and what happened.
type Refusal = (&'static str, String);

impl Core {
    pub(crate) fn new(audio: Arc<AudioCounters>, now: Instant) -> Self {
        let rtc = Rtc::builder()
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .enable_bwe(Some(Bitrate::bps(START_VIDEO_BITRATE)))
            .set_stats_interval(Some(STATS_INTERVAL))
            // The jitter buffer orders sound itself.
            .set_reordering_size_audio(0)
            .build(now);
        let mut core = Self {
            rtc,
            transceivers: Vec::new(),
            pending: None,
            offered: None,
            answer: None,
            states: States::new(),
            figures: Figures::default(),
            audio,
            remote_candidates: 0,
            local_addresses: Vec::new(),
            outputs: VecDeque::new(),
            wake: Some(now),
        };
        core.rtc.bwe().set_bitrate(Bitrate::ZERO, Bitrate::bps(MAX_VIDEO_BITRATE));
        core
    }

    /// What to do next. Empty it after every [`Core::handle`]: it holds what one input led to.
    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Core::handle`] with [`Input::Tick`] if nothing else happens.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        [self.wake, self.states.deadline()].into_iter().flatten().min()
    }

    /// Takes one input. An error is the end of the connection; a refused request of the page is an output.
    pub(crate) fn handle(&mut self, input: Input<'_>, now: Instant) -> Result<(), PeerError> {
        match input {
            Input::Control(message) => self.control(message, now),
            Input::Video { line, timestamp_us, data } => self.send_video(line, timestamp_us, data, now),
            Input::Opus { line, rtp_time, data } => self.send_opus(line, rtp_time, data, now),
            Input::LocalAddress(address) => self.local_address(address),
            Input::Gathered => self.outputs.push_back(Output::Control(ToPage::Candidate { candidate: None })),
            Input::Datagram { source, destination, data } => self.datagram(source, destination, data, now)?,
            Input::PageFellBehind { line } => self.page_fell_behind(line),
            Input::PageSaw { line, count } => self.page_saw(line, count),
            Input::Tick => {}
        }
        self.rtc.handle_input(str0m::Input::Timeout(now))?;
        self.drain(now)?;
        if let Some(change) = self.states.tick(now) {
            self.outputs.extend(change.into_iter().map(Output::Control));
        }
        self.ask_for_key_frames(now);
        Ok(())
    }

    /// Ends the connection and tells the other side; what is to be sent comes out as usual.
    pub(crate) fn close(&mut self, now: Instant) -> Result<(), PeerError> {
        self.rtc.close()?;
        self.drain(now)
    }

    fn datagram(
        &mut self,
        source: SocketAddr,
        destination: SocketAddr,
        data: &[u8],
        now: Instant,
    ) -> Result<(), PeerError> {
        // Anybody can send to our port: what is not for this connection is no error of it.
        let Ok(receive) = Receive::new(Protocol::Udp, source, destination, data) else {
            self.figures.strangers += 1;
            return Ok(());
        };
        let input = str0m::Input::Receive(now, receive);
        if !self.rtc.accepts(&input) {
            self.figures.strangers += 1;
            return Ok(());
        }
        self.rtc.handle_input(input)?;
        Ok(())
    }

    /// Empties the transport into outputs.
    fn drain(&mut self, now: Instant) -> Result<(), PeerError> {
        // A deadline that is due is met at once; the bound only guards against one that never moves on.
        for _ in 0..64 {
            match self.rtc.poll_output()? {
                str0m::Output::Transmit(transmit) => {
                    self.outputs.push_back(Output::Transmit(transmit));
                    continue;
                }
                str0m::Output::Event(event) => {
                    self.event(event, now);
                    continue;
                }
                str0m::Output::Timeout(at) => {
                    self.wake = Some(at);
                    if at > now {
                        return Ok(());
                    }
                    self.rtc.handle_input(str0m::Input::Timeout(now))?;
                }
            }
        }
        Ok(())
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the transport's events grow with its versions")]
    fn event(&mut self, event: Event, now: Instant) {
        match event {
            Event::Connected => self.change_states(|states| states.secured()),
            Event::IceConnectionStateChange(state) => self.change_states(|states| states.ice(state, now)),
            Event::MediaData(data) => self.media_data(data),
            Event::KeyframeRequest(request) => {
                if let Some(line) = self.line_of(request.mid) {
                    self.outputs.push_back(Output::Control(ToPage::KeyFrame { line }));
                }
            }
            Event::EgressBitrateEstimate(kind) => self.estimate(&kind, now),
            Event::PeerStats(stats) => self.figures.peer = Some(stats),
            Event::MediaIngressStats(stats) => {
                self.figures.incoming.insert(stats.mid, stats);
            }
            Event::MediaEgressStats(stats) => {
                self.figures.outgoing.insert(stats.mid, stats);
            }
            Event::Closed => self.change_states(States::remote_closed),
            // Not negotiated, or of no consequence here: the page learns of directions from the answer it applies.
            _ => {}
        }
    }

    fn change_states(&mut self, change: impl FnOnce(&mut States) -> Vec<ToPage>) {
        let messages = change(&mut self.states);
        self.outputs.extend(messages.into_iter().map(Output::Control));
    }

    fn control(&mut self, message: FromPage, now: Instant) {
        let (id, result) = match message {
            FromPage::AddTransceiver { line, kind, direction, stream, track } => {
                return self.add_transceiver(line, kind, direction, stream, track);
            }
            FromPage::SetDirection { line, direction } => return self.set_direction(line, direction),
            FromPage::SetProcessing { line, processing } => {
                self.outputs.push_back(Output::Processing { line, processing });
                return;
            }
            FromPage::RequestKeyFrame { line } => return self.want_key_frame(line),
            FromPage::CreateOffer { id } => (id, self.create_offer()),
            FromPage::CreateAnswer { id } => (id, self.create_answer()),
            FromPage::SetLocalDescription { id, description } => (id, self.set_local(&description)),
            FromPage::SetRemoteDescription { id, description } => (id, self.set_remote(&description, now)),
            FromPage::AddCandidate { id, candidate } => (id, self.add_candidate(&candidate)),
            FromPage::GetStats { id } => {
                let stats = Some(self.reports());
                (id, Ok(Outcome { stats, ..Outcome::default() }))
            }
        };
        self.outputs.push_back(Output::Control(match result {
            Ok(outcome) => ToPage::Done { id, outcome },
            Err((name, message)) => ToPage::Failed { id, name, message },
        }));
    }

    fn line_of(&self, mid: Mid) -> Option<u8> {
        self.transceivers.iter().find(|transceiver| transceiver.mid == Some(mid)).map(|transceiver| transceiver.line)
    }

    fn by_mid(&mut self, mid: Mid) -> Option<&mut Transceiver> {
        self.transceivers.iter_mut().find(|transceiver| transceiver.mid == Some(mid))
    }

    fn by_line(&mut self, line: u8) -> Option<&mut Transceiver> {
        self.transceivers.iter_mut().find(|transceiver| transceiver.line == line)
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core")
            .field("transceivers", &self.transceivers.len())
            .field("states", &self.states)
            .finish_non_exhaustive()
    }
}
