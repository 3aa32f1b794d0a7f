//! The figures as Prometheus reads them.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::{hub, media};

/// The content type of what [`page`] gives.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// One label and its value.
type Label = [(&'static str, &'static str); 1];

/// All figures as text. What did not answer is left out: a figure that is not known is not zero.
pub(super) fn page(
    hub: Option<hub::Figures>,
    media: Option<media::watch::Figures>,
    cpu: Option<Duration>,
) -> Result<String, fmt::Error> {
    let mut page = Page(Registry::with_prefix("zvonok"));
    if let Some(hub) = hub {
        page.hub(&hub);
    }
    if let Some(media) = media {
        page.media(&media);
    }
    if let Some(cpu) = cpu {
        page.seconds("process_cpu", "Processor time of the whole process", cpu);
    }
    let mut text = String::new();
    encode(&mut text, &page.0)?;
    Ok(text)
}

/// Figures are read all at once, so each page is made anew.
struct Page(Registry);

impl Page {
    fn hub(&mut self, figures: &hub::Figures) {
        let hub::Figures { sockets, standing } = figures;
        self.gauge("hub_sockets", "Signaling sockets that were let in", *sockets);
        let calls = [("ringing", standing.ringing), ("answered", standing.answered)];
        self.gauges("hub_calls", "Calls that are alive", "state", &calls);
        let rings = &standing.rings;
        let rings = [
            ("answered", rings.answered),
            ("missed", rings.missed),
            ("declined", rings.declined),
            ("cancelled", rings.cancelled),
            ("busy", rings.busy),
            ("failed", rings.failed),
        ];
        self.counters("hub_rings", "Rings that are over, by what became of them", "outcome", &rings);
    }

    fn media(&mut self, figures: &media::watch::Figures) {
        let media::watch::Figures { sockets, sessions, forwarding } = figures;
        let counts = &forwarding.counts;
        self.gauge("media_sockets", "JSON-RPC sockets", *sockets);
        self.gauge("media_sessions", "OpenVidu sessions", *sessions);
        self.gauge("media_streams", "Streams that are published", forwarding.streams);
        self.gauge(
            "media_forwarded_streams",
            "Streams that are forwarded, one for each subscriber",
            forwarding.forwarded,
        );
        let packets = [("in", counts.packets_in), ("out", counts.packets_out)];
        self.counters("media_packets", "RTP packets of publishers and to subscribers", "direction", &packets);
        let bytes = [("in", counts.bytes_in), ("out", counts.bytes_out)];
        self.counters("media_payload_bytes", "Bytes of their payloads", "direction", &bytes);
        let lost = "RTP packets of publishers that never arrived, retransmissions included";
        self.counter("media_packets_lost", lost, counts.packets_lost);
        let switches = "Times that a subscriber or a recording went over to another simulcast layer";
        self.counter("media_layer_switches", switches, counts.layer_switches);
        let unsent = "Datagrams that were not sent because the socket's buffer was full";
        self.counter("media_datagrams_unsent", unsent, forwarding.unsent);
        let unrecorded = "RTP packets that a recording lost because the disk was too slow";
        self.counter("media_packets_unrecorded", unrecorded, forwarding.unrecorded);
        let time =
            "Time for which streams were forwarded, all added up: media_cpu_seconds by it is the cost of one stream";
        self.seconds("media_forwarded_stream", time, forwarding.stream_time);
        if let Some(cpu) = forwarding.cpu {
            self.seconds("media_cpu", "Processor time of the task that forwards", cpu);
        }
    }

    fn gauge(&mut self, name: &str, help: &str, value: usize) {
        let gauge = Gauge::<i64>::default();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        self.0.register(name, help, gauge);
    }

    fn gauges(&mut self, name: &str, help: &str, label: &'static str, values: &[(&'static str, usize)]) {
        let family = Family::<Label, Gauge>::default();
        for (of, value) in values {
            family.get_or_create(&[(label, *of)]).set(i64::try_from(*value).unwrap_or(i64::MAX));
        }
        self.0.register(name, help, family);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        let counter = Counter::<u64>::default();
        counter.inc_by(value);
        self.0.register(name, help, counter);
    }

    fn counters(&mut self, name: &str, help: &str, label: &'static str, values: &[(&'static str, u64)]) {
        let family = Family::<Label, Counter>::default();
        for (of, value) in values {
            family.get_or_create(&[(label, *of)]).inc_by(*value);
        }
        self.0.register(name, help, family);
    }

    fn seconds(&mut self, name: &str, help: &str, value: Duration) {
        let counter = Counter::<f64, AtomicU64>::default();
        counter.inc_by(value.as_secs_f64());
        self.0.register_with_unit(name, help, Unit::Seconds, counter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_figure_with_its_labels_and_an_end() {
        let mut hub = hub::Figures { sockets: 3, ..hub::Figures::default() };
        hub.standing.ringing = 2;
        hub.standing.rings.busy = 7;
        let mut media = media::watch::Figures { sessions: 4, ..media::watch::Figures::default() };
        media.forwarding.counts.packets_out = 9;
        media.forwarding.cpu = Some(Duration::from_millis(1_500));
        let text = page(Some(hub), Some(media), Some(Duration::from_secs(2))).unwrap();
        for line in [
            "zvonok_hub_sockets 3",
            "zvonok_hub_calls{state=\"ringing\"} 2",
            "zvonok_hub_rings_total{outcome=\"busy\"} 7",
            "zvonok_media_sessions 4",
            "zvonok_media_packets_total{direction=\"out\"} 9",
            "zvonok_media_cpu_seconds_total 1.5",
            "zvonok_process_cpu_seconds_total 2.0",
            "# EOF",
        ] {
            assert!(text.lines().any(|it| it == line), "no {line:?} in\n{text}");
        }
        let half = page(Some(hub), None, None).unwrap();
        assert!(!half.contains("zvonok_media") && half.contains("zvonok_hub_sockets 3"), "{half}");
    }
}
