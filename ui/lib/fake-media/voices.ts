import { TAP_RATE } from '../audio/tap';
// Spoken by espeak-ng 1.51 (voices/make says how): 8 kHz, 8 bits, mono, about 3 s, made to loop.
import v0 from './voices/0.wav?inline';
import v1 from './voices/1.wav?inline';
import v2 from './voices/2.wav?inline';
import v3 from './voices/3.wav?inline';
import v4 from './voices/4.wav?inline';
import v5 from './voices/5.wav?inline';
import v6 from './voices/6.wav?inline';
import v7 from './voices/7.wav?inline';

const files = [v0, v1, v2, v3, v4, v5, v6, v7];

/** How many voices there are. */
export const VOICES = files.length;

/** Which voice speaks for a login. */
export function voiceOf(login: string): number {
  // FNV-1a; its middle bits differ between short names, its lowest and highest hardly do.
  let hash = 0x811c9dc5;
  for (let index = 0; index < login.length; index += 1) hash = Math.imul(hash ^ login.charCodeAt(index), 0x01000193);
  return (hash >>> 8) % VOICES;
}

/** The samples of a voice at {@link TAP_RATE}. */
export function voiceSamples(voice: number): Float32Array<ArrayBuffer> {
  const file = files[voice % VOICES] ?? '';
  return decodeWav(Uint8Array.from(atob(file.slice(file.indexOf(',') + 1)), (byte) => byte.charCodeAt(0)));
}

/** 8-bit PCM out of a WAV file; throws where it is something else, which only a wrong file of ours can be. */
export function decodeWav(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = view.getUint32(at + 4, true);
    if (word(at) === 'fmt ' && (view.getUint32(at + 12, true) !== TAP_RATE || view.getUint16(at + 22, true) !== 8))
      throw new Error('a voice must be 8-bit at 8 kHz');
    if (word(at) === 'data')
      return Float32Array.from(bytes.subarray(at + 8, at + 8 + size), (byte) => (byte - 128) / 128);
    at += 8 + size + (size & 1);
  }
  throw new Error('a voice has no sound');
}
