/** Counts what was sent and what was decoded, from the peer connections' own statistics and from painted frames. */
import { recogniser } from './capture.js';
import { tell } from './page.js';

/** How often statistics are looked at, in milliseconds: audible sound is counted in steps of this. */
const STEP = 250;
/** Root mean square of full scale from which on a step is audible: -50 dBFS. */
const SILENCE = 0.003;

const NOTHING = {
  frames_sent: 0,
  bytes_sent: 0,
  frames_decoded: 0,
  frames_painted: 0,
  longest_freeze_ms: 0,
  audio_received: 0,
  bytes_received: 0,
  width: 0,
  height: 0,
  rtt_ms: null,
};

/** One call's figures. */
export class Figures {
  #figures = { ...NOTHING };
  #sending = [];
  #receiving = [];
  #sound = { samples: 0, energy: 0, duration: 0 };
  #paintedAt = null;
  #recogniser = null;
  #looking = null;
  #timer = setInterval(() => void this.#look().catch(() => {}), STEP);

  /** Follows a stream of openvidu-browser that is published. */
  sent(stream) {
    this.#sending.push(stream);
  }

  /** Follows one that is subscribed to. */
  received(stream) {
    this.#receiving.push(stream);
  }

  /** Counts the frames an element paints. */
  shown(video) {
    const painted = (_, { mediaTime }) => {
      const now = performance.now();
      if (this.#paintedAt === null) tell('picture', { width: video.videoWidth, height: video.videoHeight, mediaTime });
      else
        this.#figures.longest_freeze_ms = Math.max(this.#figures.longest_freeze_ms, Math.round(now - this.#paintedAt));
      this.#paintedAt = now;
      this.#figures.frames_painted += 1;
      video.requestVideoFrameCallback(painted);
    };
    video.requestVideoFrameCallback(painted);
  }

  /** Reads marks and voice, where the test camera is in use. */
  recognise(stream) {
    void recogniser().then((made) => {
      this.#recogniser ??= made;
      this.#recogniser?.follow(stream);
    });
  }

  /** Everything up to now. */
  async read() {
    await this.#look();
    return { ...this.#figures, recognised: this.#recogniser?.read() ?? null };
  }

  /** Looks once more, and ends. */
  async stop() {
    clearInterval(this.#timer);
    // A peer connection that is closed already has nothing more to say.
    await this.#look().catch(() => {});
    const last = { ...this.#figures, recognised: this.#recogniser?.read() ?? null };
    this.#recogniser?.stop();
    globalThis.figures = () => Promise.resolve(last);
  }

  /** One look at a time: two would count the same sound twice. */
  #look() {
    this.#looking ??= this.#count().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #count() {
    const sum = { ...NOTHING };
    const sound = { samples: 0, energy: 0, duration: 0 };
    for (const report of await reports(this.#sending)) {
      if (report.type === 'outbound-rtp') {
        sum.bytes_sent += report.bytesSent ?? 0;
        if (report.kind === 'video') sum.frames_sent += report.framesSent ?? 0;
      }
      if (report.type === 'candidate-pair') sum.rtt_ms = trip(report) ?? sum.rtt_ms;
    }
    for (const report of await reports(this.#receiving)) {
      if (report.type === 'candidate-pair') sum.rtt_ms = trip(report) ?? sum.rtt_ms;
      if (report.type !== 'inbound-rtp') continue;
      sum.bytes_received += report.bytesReceived ?? 0;
      if (report.kind === 'video') {
        sum.frames_decoded += report.framesDecoded ?? 0;
        sum.width = report.frameWidth ?? sum.width;
        sum.height = report.frameHeight ?? sum.height;
      } else {
        sound.samples += (report.totalSamplesReceived ?? 0) - (report.concealedSamples ?? 0);
        sound.energy += report.totalAudioEnergy ?? 0;
        sound.duration += report.totalSamplesDuration ?? 0;
      }
    }
    const before = this.#sound;
    this.#sound = sound;
    const [energy, duration] = [sound.energy - before.energy, sound.duration - before.duration];
    const audible = duration > 0 && Math.sqrt(energy / duration) > SILENCE ? sound.samples - before.samples : 0;
    const { frames_painted, longest_freeze_ms, audio_received } = this.#figures;
    this.#figures = {
      ...sum,
      frames_painted,
      longest_freeze_ms,
      audio_received: audio_received + Math.max(0, audible),
    };
  }
}

function trip(pair) {
  return pair.nominated && pair.currentRoundTripTime !== undefined
    ? Math.round(pair.currentRoundTripTime * 1000)
    : null;
}

async function reports(streams) {
  const all = await Promise.all(streams.map((stream) => stream.getRTCPeerConnection()?.getStats()));
  return all.flatMap((stats) => (stats ? [...stats.values()] : []));
}
