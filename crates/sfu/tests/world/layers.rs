//! Publishers whose pictures come in several sizes.

use std::time::{Duration, Instant};

use str0m::format::Codec;
use str0m::media::{Direction, MediaKind, Rid, Simulcast, SimulcastLayer};
use str0m::rtp::RtpWrite;
use zvonok_sfu::{StreamId, VideoChoice};

use super::client::Client;
use super::{Frame, World};

/// Bytes of a packet.
const PACKET: usize = 1_100;

/// One size of a client's pictures, with numbers of its own.
#[derive(Debug, Clone)]
pub struct Layer {
    pub rid: Rid,
    pub wants_keyframe: bool,
    /// What its key frames say.
    size: Option<(u16, u16)>,
    /// Of each picture; with none it is switched off.
    bytes: usize,
    seq: u64,
    picture: u16,
    /// RTP time at the beginning.
    time: u32,
}

impl Client {
    /// One picture of each layer, filled with the layer's number.
    pub fn send_layers(&mut self, now: Instant, time: Duration) {
        let mid = self.mid(MediaKind::Video).unwrap();
        let vp8 = self.rtc.writer(mid).unwrap().payload_params().find(|it| it.spec().codec == Codec::Vp8).unwrap().pt();
        let ticks = u32::try_from(time.as_micros() * 90 / 1_000).unwrap();
        for (mark, layer) in self.layers.iter_mut().enumerate().filter(|(_, layer)| layer.bytes > 0) {
            let mut frame = vec![u8::try_from(mark).unwrap(); layer.bytes];
            // Bit 0 of the first byte of a VP8 frame is clear in key frames.
            let keyframe = std::mem::take(&mut layer.wants_keyframe);
            frame[0] = if keyframe { 0x10 } else { 0x11 };
            if let Some((width, height)) = layer.size.filter(|_| keyframe) {
                // RFC 6386, section 9.1: the start code and both sides.
                let ([w, idth], [h, eight]) = (width.to_le_bytes(), height.to_le_bytes());
                frame[3..10].copy_from_slice(&[0x9d, 0x01, 0x2a, w, idth, h, eight]);
            }
            layer.picture = (layer.picture + 1) & 0x7fff;
            let [high, low] = layer.picture.to_be_bytes();
            let last = frame.chunks(PACKET).count() - 1;
            for (nth, chunk) in frame.chunks(PACKET).enumerate() {
                // RFC 7741, section 4.2: X and, in the first packet, S; then I; then 15 bits of picture id.
                let payload = [&[if nth == 0 { 0x90 } else { 0x80 }, 0x80, 0x80 | high, low], chunk].concat();
                layer.seq += 1;
                let write = RtpWrite::new(vp8, layer.seq.into(), layer.time.wrapping_add(ticks), now, payload)
                    .marker(nth == last)
                    .nackable(true);
                let mut direct = self.rtc.direct_api();
                direct.stream_tx_by_mid(mid, Some(layer.rid)).unwrap().write_rtp(write);
            }
        }
        self.deadline = now;
    }
}

impl World {
    /// A client that publishes sound, and pictures of these layers, each with its bytes for every picture.
    pub fn simulcaster(&mut self, stream: StreamId, layers: &[(&str, usize)]) -> usize {
        let client = self.client();
        let it = &mut self.clients[client];
        let mut simulcast = Simulcast::new();
        for (rid, _) in layers {
            simulcast.add_send_layer(SimulcastLayer::new(rid));
        }
        let mut change = it.rtc.sdp_api();
        for (kind, simulcast) in [(MediaKind::Audio, None), (MediaKind::Video, Some(simulcast))] {
            it.mids.push((kind, change.add_media(kind, Direction::SendOnly, None, None, simulcast)));
        }
        let (offer, pending) = change.apply().unwrap();
        it.pending = Some(pending);
        let layer = |(nth, (rid, bytes)): (u16, &(&str, usize))| Layer {
            rid: (*rid).into(),
            wants_keyframe: true,
            size: None,
            bytes: *bytes,
            seq: 1_000 + 20_000 * u64::from(nth),
            picture: 32_000 - 5_000 * nth,
            time: u32::MAX - 777_777 * u32::from(nth),
        };
        it.layers = (0..).zip(layers).map(layer).collect();
        let offer = offer.to_sdp_string();
        let answer = self.sfu.publish(stream, &offer, false, VideoChoice::Offered, self.now).unwrap();
        self.accept(client, &answer);
        self.send_media(client);
        client
    }

    /// The layers' key frames say these sizes.
    pub fn sized(&mut self, client: usize, sizes: &[(u16, u16)]) {
        for (layer, size) in self.clients[client].layers.iter_mut().zip(sizes) {
            layer.size = Some(*size);
        }
    }

    /// From now on a layer of the client has so many bytes for every picture; with none it is switched off.
    pub fn layer(&mut self, client: usize, nth: usize, bytes: usize) {
        self.clients[client].layers[nth].bytes = bytes;
    }

    /// Pictures that came since the last call.
    pub fn new_frames(&mut self, client: usize) -> Vec<Frame> {
        std::mem::take(&mut self.clients[client].received.frames)
    }

    /// Bytes that were sent to the client.
    pub fn bytes_to(&self, client: usize) -> u64 {
        self.wire.sent_to.get(&self.clients[client].seen).copied().unwrap_or(0)
    }

    /// What goes to the client goes over a link of any width.
    pub fn widen(&mut self, client: usize) {
        self.wire.narrow(self.clients[client].seen, u64::from(u32::MAX));
    }
}
