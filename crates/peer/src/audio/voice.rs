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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::super::level;
    use super::*;

    /// Noise whose loudness changes four times a second, as a voice's does.
    fn noise(seed: &mut u32, index: u32) -> Block {
        let loud = if (index / 12).is_multiple_of(2) { 0.25 } else { 0.05 };
        std::array::from_fn(|_| {
            *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            loud * ((*seed >> 8) as f32 / 8_388_608.0 - 1.0)
        })
    }

    /// How much of an echo is left after it was learnt, as a share of what came in.
    fn left(echo_cancellation: bool) -> f32 {
        let mut voice =
            Voice::new(Processing { echo_cancellation, noise_suppression: false, auto_gain_control: false });
        let mut room: VecDeque<Block> = vec![[0.0; BLOCK]; 6].into();
        let (mut seed, mut came, mut went) = (7, 0.0, 0.0);
        for index in 0..1000 {
            let played = noise(&mut seed, index);
            room.push_back(played);
            let echo = room.pop_front().unwrap().map(|sample| sample * 0.4);
            let clean = voice.process(&echo, &played).unwrap();
            if index >= 600 {
                came += level(&echo);
                went += level(&clean);
            }
        }
        went / came
    }

    #[test]
    fn what_the_loudspeaker_plays_is_taken_out_of_the_microphone() {
        let (with, without) = (left(true), left(false));
        assert!(with < 0.1, "{with} of the echo is left");
        assert!(without > 0.99, "nothing else takes it out: {without}");
    }
}
