/* oxlint-disable unicorn/require-post-message-target-origin, unicorn/prefer-add-event-listener -- ports and workers
   have no origin, and a port only starts by its `onmessage` */
/**
 * The media loop of one peer connection: nothing of it runs on the page's thread or on timers, so a hidden window keeps
 * sending and receiving.
 */

import { VideoReceiver } from './decoder';
import { VideoSender } from './encoder';
import type { CodecFigures, FromWorker, ToWorker } from './messages';
import { AUDIO, HEADER, PULL, SEEN, VIDEO, readHeader, writeHeader, type FromPage, type ToPage } from './wire';

const scope = self as unknown as {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  close(): void;
};

/** Bytes of sound that wait in the socket at most, besides the picture's: a second. */
const MOST_BUFFERED = 512 * 1024;

const senders = new Map<number, VideoSender>();
const receivers = new Map<number, VideoReceiver>();
const loudspeakers = new Map<number, MessagePort>();
const microphones: MessagePort[] = [];
let socket: WebSocket | undefined;
/** Control messages that were said before the socket was open. */
let waiting: string[] = [];
let connected = false;

function tell(message: FromWorker, transfer: Transferable[] = []): void {
  scope.postMessage(message, transfer);
}

function control(message: FromPage): void {
  const text = JSON.stringify(message);
  if (socket?.readyState === WebSocket.OPEN) socket.send(text);
  else waiting.push(text);
}

function send(message: ArrayBuffer): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(message);
}

function open(url: string): void {
  const opened = new WebSocket(url);
  opened.binaryType = 'arraybuffer';
  opened.onopen = () => {
    for (const text of waiting) opened.send(text);
    waiting = [];
  };
  opened.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
    if (typeof event.data === 'string') fromCore(JSON.parse(event.data) as ToPage);
    else media(event.data);
  };
  opened.onclose = (event) => tell({ type: 'gone', reason: event.reason || `closed with code ${event.code}` });
  socket = opened;
}

function fromCore(message: ToPage): void {
  switch (message.type) {
    case 'keyFrame':
      senders.get(message.line)?.requestKeyFrame();
      return;
    case 'target': {
      const one = senders.get(message.line);
      if (one !== undefined) one.target = message.bitrate;
      return;
    }
    case 'connectionState':
      // A connection that was lost for a moment comes back by itself: go on encoding until it is given up.
      if (message.state === 'connected') connected = true;
      if (message.state === 'failed') connected = false;
      for (const one of senders.values()) one.connected = connected;
      break;
    default:
  }
  tell({ type: 'control', message });
}

/** Frames after which the core is told that they were taken: it stops giving more when the page is a second behind. */
const RECEIPT = 5;
const taken = new Map<number, number>();

function seen(line: number): void {
  const count = (taken.get(line) ?? 0) + 1;
  taken.set(line, count % RECEIPT);
  if (count === RECEIPT) header(SEEN, line, count);
}

/** Sends a message that is nothing but its header. */
function header(kind: number, line: number, count: number): void {
  const message = new ArrayBuffer(HEADER);
  writeHeader(new DataView(message), kind, line, count, 0);
  send(message);
}

function media(message: ArrayBuffer): void {
  const read = readHeader(message);
  if (read?.kind === VIDEO) {
    seen(read.line);
    receivers.get(read.line)?.receive(new Uint8Array(message, HEADER), read.keyFrame, read.timestampUs);
  } else if (read?.kind === AUDIO) {
    loudspeakers.get(read.line)?.postMessage(message, [message]);
  }
}

function sender(line: number): VideoSender {
  let one = senders.get(line);
  if (one === undefined) {
    one = new VideoSender(line, {
      send,
      buffered: () => socket?.bufferedAmount ?? 0,
      trouble: (message) => tell({ type: 'trouble', line, message }),
    });
    one.connected = connected;
    senders.set(line, one);
  }
  return one;
}

/** A receiver that no line uses yet: its track is ready before anybody asks for it. */
let spare: VideoReceiver | undefined;

function receiveVideo(line: number, useSpare: boolean): void {
  const receiver = (useSpare ? spare : undefined) ?? new VideoReceiver();
  if (receiver === spare) spare = undefined;
  else tell({ type: 'track', line, track: receiver.track }, [receiver.track as unknown as Transferable]);
  let asked = -Infinity;
  receiver.sink = {
    requestKeyFrame() {
      // The core limits it too; this only keeps the socket quiet.
      const now = performance.now();
      if (now - asked < 200) return;
      asked = now;
      control({ type: 'requestKeyFrame', line });
    },
    trouble: (message) => tell({ type: 'trouble', line, message }),
  };
  receivers.set(line, receiver);
}

/** A microphone's blocks come with their header written. */
function microphone(port: MessagePort): void {
  microphones.push(port);
  port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
    // A core that does not read loses sound rather than hearing it ever later.
    if ((socket?.bufferedAmount ?? 0) < MOST_BUFFERED) send(data);
  };
}

function loudspeaker(line: number, port: MessagePort): void {
  loudspeakers.get(line)?.close();
  loudspeakers.set(line, port);
  port.onmessage = ({ data }: MessageEvent<number>) => header(PULL, line, data);
}

function figures(id: number): void {
  const lines: Record<string, { sent?: CodecFigures; received?: CodecFigures }> = {};
  for (const [line, one] of senders) lines[line] = { ...lines[line], sent: one.figures() };
  for (const [line, one] of receivers) lines[line] = { ...lines[line], received: one.figures() };
  tell({ type: 'figures', id, lines });
}

function close(): void {
  for (const one of senders.values()) one.close();
  for (const one of receivers.values()) one.close();
  spare?.close();
  for (const port of [...loudspeakers.values(), ...microphones]) port.close();
  if (socket !== undefined) {
    socket.onclose = null;
    socket.close();
  }
  scope.close();
}

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case 'open':
      return open(data.url);
    case 'control':
      return control(data.message);
    case 'receiveVideo':
      return receiveVideo(data.line, data.spare);
    case 'sendVideo':
      return sender(data.line).setTrack(data.track, data.live);
    case 'enableVideo':
      sender(data.line).live = data.live;
      return;
    case 'limitVideo':
      return sender(data.line).limit(data.bitrate, data.framerate);
    case 'microphone':
      return microphone(data.port);
    case 'loudspeaker':
      return loudspeaker(data.line, data.port);
    case 'figures':
      return figures(data.id);
    case 'close':
      return close();
  }
};

spare = new VideoReceiver();
tell({ type: 'ready', spare: spare.track }, [spare.track as unknown as Transferable]);
