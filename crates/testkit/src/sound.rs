//! A sound device that plays into a pipe, at the pace of a real one, and is listened to.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Read},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::fs::OFlags;

use crate::{Folders, wait};

/// Samples a second of the device; two channels of 16 bits each.
const RATE: u64 = 48_000;

/// Louder than this is audible: about -46 dB of full scale, far above dither and far below a ringtone.
const AUDIBLE: u16 = 160;

/// The device. Nothing is heard by anybody in the room.
#[derive(Debug)]
pub struct Sound {
    config: PathBuf,
    heard: Arc<Heard>,
    reader: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Heard {
    audible: AtomicU64,
    all: AtomicU64,
    stop: AtomicBool,
}

impl Sound {
    pub(crate) fn start(folders: &Folders) -> Result<Self> {
        let pipe = folders.root().join("sound");
        let made = Command::new("mkfifo").arg(&pipe).status().context("could not start mkfifo")?;
        if !made.success() {
            bail!("cannot make the pipe {}", pipe.display());
        }
        // ALSA's null device takes everything at once; the pipe, read at the pace of a device, holds the player back.
        let config = folders.root().join("asound.conf");
        let text = format!(
            "</usr/share/alsa/alsa.conf>\n\
             pcm.nothing {{ type null }}\n\
             pcm.heard {{ type file slave.pcm nothing file \"{}\" format raw }}\n\
             pcm.!default {{ type plug slave {{ pcm heard rate {RATE} channels 2 format S16_LE }} }}\n\
             ctl.!default {{ type hw card 0 }}\n",
            pipe.display()
        );
        fs::write(&config, text).context("cannot write the sound settings")?;
        // Open for writing as well, so that the pipe does not end when a player does.
        let mut input = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(i32::try_from(OFlags::NONBLOCK.bits()).context("a flag of the system")?)
            .open(&pipe)
            .context("cannot open the sound pipe")?;
        let heard = Arc::new(Heard::default());
        let shared = Arc::clone(&heard);
        let reader = std::thread::spawn(move || listen(&mut input, &shared));
        Ok(Self { config, heard, reader: Some(reader) })
    }

    /// ALSA's settings for this device, for `ALSA_CONFIG_PATH`.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// How much audible sound was played since the start.
    #[must_use]
    pub fn audible(&self) -> Duration {
        duration(self.heard.audible.load(Ordering::Relaxed))
    }

    /// How much was played since the start, silence included.
    #[must_use]
    pub fn played(&self) -> Duration {
        duration(self.heard.all.load(Ordering::Relaxed))
    }
}

impl Drop for Sound {
    fn drop(&mut self) {
        self.heard.stop.store(true, Ordering::Relaxed);
        if let Some(reader) = self.reader.take() {
            // A reader that panicked has nothing more to say.
            let _ = reader.join();
        }
    }
}

fn duration(samples: u64) -> Duration {
    Duration::from_millis(samples * 1000 / (RATE * 2))
}

/// Reads 20 ms each 20 ms.
fn listen(input: &mut impl Read, heard: &Heard) {
    const STEP: Duration = Duration::from_millis(20);
    let mut block = vec![0_u8; (RATE / 50 * 4) as usize];
    let mut next = Instant::now();
    while !heard.stop.load(Ordering::Relaxed) {
        next += STEP;
        let mut filled = 0;
        while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match input.read(rest) {
                Ok(0) => break,
                Ok(length) => filled += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return,
            }
        }
        let (samples, _) = block.get(..filled).unwrap_or_default().as_chunks::<2>();
        let loud = samples.iter().filter(|sample| i16::from_le_bytes(**sample).unsigned_abs() > AUDIBLE).count();
        heard.audible.fetch_add(loud as u64, Ordering::Relaxed);
        heard.all.fetch_add(samples.len() as u64, Ordering::Relaxed);
        wait::pause(next.saturating_duration_since(Instant::now()));
    }
}
