//! Echo cancellation, noise suppression and gain control of one microphone.

use sonora::config::{AdaptiveDigital, EchoCanceller, GainController2, HighPassFilter, NoiseSuppression, Pipeline};
use sonora::{AudioProcessing, Config, StreamConfig};

use super::Block;
use crate::defaults::{BLOCK, SAMPLE_RATE};
use crate::error::AudioError;
use crate::wire::Processing;

/// The processing of one microphone; none at all when everything is switched off.
#[derive(Debug)]
pub(super) struct Voice(Option<Box<AudioProcessing>>);

impl Voice {
    pub(super) fn new(processing: Processing) -> Self {
        if processing == (Processing { echo_cancellation: false, noise_suppression: false, auto_gain_control: false }) {
            return Self(None);
        }
        let config = Config {
            pipeline: Pipeline {
                maximum_internal_processing_rate: sonora::config::MaxProcessingRate::Rate48kHz,
                ..Pipeline::default()
            },
            high_pass_filter: Some(HighPassFilter::default()),
            echo_canceller: processing.echo_cancellation.then(EchoCanceller::default),
            noise_suppression: processing.noise_suppression.then(NoiseSuppression::default),
            gain_controller2: processing.auto_gain_control.then(|| GainController2 {
                adaptive_digital: Some(AdaptiveDigital::default()),
                ..GainController2::default()
            }),
            ..Config::default()
        };
        let stream = StreamConfig::new(SAMPLE_RATE, 1);
        let processing = AudioProcessing::builder().config(config).capture_config(stream).render_config(stream).build();
        Self(Some(Box::new(processing)))
    }

    /// Cleans `captured`, given what was `played` meanwhile.
    pub(super) fn process(&mut self, captured: &Block, played: &Block) -> Result<Block, AudioError> {
        let Some(processing) = &mut self.0 else { return Ok(*captured) };
        let mut clean = [0.0; BLOCK];
        let mut ignored = [0.0; BLOCK];
        processing.process_render_f32(&[played], &mut [&mut ignored]).map_err(AudioError::Voice)?;
        processing.process_capture_f32(&[captured], &mut [&mut clean]).map_err(AudioError::Voice)?;
        Ok(clean)
    }
}
