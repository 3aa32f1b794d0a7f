/** What page, worker and worklet say to each other. */

import type { FromPage, ToPage } from './wire';

/** Figures of one line's codecs, as W3C names them. */
export type CodecFigures = Record<string, number | string>;

/** From the page to its worker. */
export type ToWorker =
  | { type: 'open'; url: string }
  | { type: 'control'; message: FromPage }
  /** Show what comes on this line: on the track that was made beforehand, or on a new one (answered with `track`). */
  | { type: 'receiveVideo'; line: number; spare: boolean }
  /** Send this (a clone that the worker owns), or nothing. */
  | { type: 'sendVideo'; line: number; track: MediaStreamTrack | null; live: boolean }
  /** Another limit of the sender: the least of it and the core's target counts. */
  | { type: 'limitVideo'; line: number; bitrate: number | null; framerate: number | null }
  | { type: 'enableVideo'; line: number; live: boolean }
  /** Where a microphone's blocks come from, as ready messages. */
  | { type: 'microphone'; port: MessagePort }
  /** Where blocks to play go to; what comes from there is how many are wanted. */
  | { type: 'loudspeaker'; line: number; port: MessagePort }
  | { type: 'figures'; id: number }
  | { type: 'close' };

/** From the worker to its page. */
export type FromWorker =
  /** It runs; here is a track that no line uses yet. */
  | { type: 'ready'; spare: MediaStreamTrack }
  | { type: 'control'; message: ToPage }
  | { type: 'track'; line: number; track: MediaStreamTrack }
  | { type: 'figures'; id: number; lines: Record<string, { sent?: CodecFigures; received?: CodecFigures }> }
  /** Something on this line cannot be encoded or decoded: it is shown, not left black. */
  | { type: 'trouble'; line: number; message: string }
  /** The socket is gone: nothing more will come. */
  | { type: 'gone'; reason: string };

/** From the page to a worklet processor. */
export type ToWorklet = { type: 'port'; port: MessagePort } | { type: 'stop' };
