import { describe, expect, it } from 'vitest';
import type { Setup } from '../ipc/bindings';
import { officeView } from '../ipc/scenarios';
import { SetupForm } from './setup.svelte';
import type { WindowState } from './window.svelte';

function form(setup: Partial<Setup>): SetupForm {
  const { setup: view } = officeView();
  return new SetupForm({ view: null } as WindowState, { ...view, embedded: false, setup: { ...view.setup, ...setup } });
}

describe('what is typed into the form', () => {
  it('keeps the other address of the socket for the server that it belongs to, and for no other', () => {
    const filled = form({ server: 'https://office.example', socket: 'https://sockets.example' });
    expect(filled.setup.socket).toBe('https://sockets.example');
    filled.server = 'https://elsewhere.example';
    expect(filled.setup.socket).toBe('');
    filled.server = 'https://office.example ';
    expect(filled.setup.socket).toBe('https://sockets.example');
  });

  it('takes TLS for granted where OpenVidu is meant, on this computer as well', () => {
    const filled = form({ tokens: 'openvidu' });
    for (const [typed, address] of [
      ['127.0.0.1:4443', 'https://127.0.0.1:4443'],
      [' office.example ', 'https://office.example'],
      ['http://127.0.0.1:4443', 'http://127.0.0.1:4443'],
      ['', ''],
    ] as const) {
      filled.openvidu = typed;
      expect(filled.setup.openvidu).toBe(address);
    }
    filled.openvidu = 'Office.example';
    expect(filled.openviduPlace).toBe('office.example:443');
    filled.openvidu = 'http://127.0.0.1:4443/below';
    expect(filled.openviduPlace).toBe('127.0.0.1:4443');
    filled.openvidu = 'no address';
    expect(filled.openviduPlace).toBe('');
    filled.server = 'localhost:5001';
    expect(filled.setup.server).toBe('http://localhost:5001');
  });
});
