import { describe, expect, it } from 'vitest';
import { sentence } from '../locales';
import { cameraCode, joinCode } from './codes';
import { DeadlineError } from './deadline';

describe('what went wrong', () => {
  it('tells a camera that is absent, refused or taken by what getUserMedia rejects with', () => {
    const names = {
      NotFoundError: /^No camera was found.*plug one in/,
      OverconstrainedError: /^No camera was found.*plug one in/,
      NotAllowedError: /^The camera was refused.*allow it/,
      SecurityError: /^The camera was refused.*allow it/,
      NotReadableError: /^Another program has the camera.*close it/,
      AbortError: /^Another program has the camera.*close it/,
    };
    for (const [name, words] of Object.entries(names))
      expect(sentence(cameraCode(new DOMException('no', name)), ''), name).toMatch(words);
    expect(cameraCode(new DeadlineError('opening a device', 1))).toBe('camera_busy');
  });

  it('tells a server that does not answer, answers nonsense, and refuses the token', () => {
    expect(joinCode(new DeadlineError('joining the session', 1))).toBe('server_unreachable');
    expect(joinCode({ code: 999, message: 'malformed answer to joinRoom' })).toBe('malformed');
    for (const other of [{ code: 401 }, new Error('no'), 'no', null, undefined])
      expect(joinCode(other)).toBe('token_refused');
  });
});
