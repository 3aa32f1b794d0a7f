import type { ErrorCode } from '../ipc/bindings';
import { DeadlineError } from './deadline';

/** What the gateway answers in place of an answer to `joinRoom` that makes no sense. */
const NO_ANSWER = 999;

/** The code for a session that could not be joined: the library hands on the server's own error. */
export function joinCode(reason: unknown): ErrorCode {
  if (reason instanceof DeadlineError) return 'server_unreachable';
  const code = typeof reason === 'object' && reason !== null && 'code' in reason ? reason.code : null;
  return code === NO_ANSWER ? 'malformed' : 'token_refused';
}

/** The code for a camera that could not be opened: the names are those of `getUserMedia`'s `DOMException`s. */
export function cameraCode(reason: unknown): ErrorCode {
  const name = reason instanceof Error || reason instanceof DOMException ? reason.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'camera_refused';
  if (name === 'NotReadableError' || name === 'AbortError' || name === 'DeadlineError') return 'camera_busy';
  return 'camera_absent';
}
