import { drawBackground, drawMoving } from '../fake-media/picture';
import type { CallSession, SessionMaker } from '../state/call.svelte';

function still(login: string, label: string): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = 1280;
  canvas.height = 960;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', label);
  const brush = canvas.getContext('2d') as unknown as OffscreenCanvasRenderingContext2D | null;
  if (brush) {
    drawBackground(brush, canvas.width, canvas.height);
    drawMoving(brush, login, 0, canvas.width, canvas.height);
  }
  return canvas;
}

/** Still pictures in place of a call's media, for screenshots; what is shown follows the scenario in the address. */
export const fakeSession: SessionMaker = async (ticket, around): Promise<CallSession> => {
  const scenario = location.hash.slice(1);
  const picture = !['connecting', 'shown', 'shown-off', 'voice', 'off'].includes(scenario);
  const own = !['connecting', 'watch', 'voice', 'no-camera'].includes(scenario);
  let camera = true;
  const show = () =>
    around.onstate({
      picture,
      streams: true,
      off: scenario === 'off',
      muted: scenario === 'off',
      own: own && camera,
      silent: scenario === 'silent',
      quality: scenario === 'reconnecting' ? 'poor' : 'good',
    });
  return {
    async start() {
      if (picture) around.stage.append(still(around.candidates[0] ?? '', around.words.stage));
      if (own) around.own.append(still(ticket.login, around.words.own));
      if (scenario === 'no-camera' || scenario === 'silent')
        around.onevent({ kind: 'failed', code: 'camera_busy', detail: '' });
      show();
    },
    setMicrophone: () => undefined,
    setCamera(on) {
      camera = on;
      show();
    },
    sound: async () => undefined,
    leave: async () => undefined,
  };
};
