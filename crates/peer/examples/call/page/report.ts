/** How a page talks to the program that shows it. */

declare global {
  interface Window {
    ipc?: { postMessage(message: string): void };
  }
}

export function report(what: Record<string, unknown>): void {
  const text = JSON.stringify(what);
  // In a browser nobody listens: the console does.
  if (window.ipc === undefined) console.log(`REPORT ${text}`);
  else window.ipc.postMessage(text);
}

export function log(text: string): void {
  report({ log: text });
}

/** The reports of a connection by type and kind. */
export async function figures(connection: RTCPeerConnection): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  (await connection.getStats()).forEach((one: RTCStats & { kind?: string }) => {
    all[`${one.type}${one.kind === undefined ? '' : `-${one.kind}`}`] = one;
  });
  return all;
}

window.addEventListener('error', (event) => log(`error: ${event.message}`));
window.addEventListener('unhandledrejection', (event) => log(`rejected: ${String(event.reason)}`));
for (const what of ['mediatrouble', 'connectionlost'])
  window.addEventListener(what, (event) => log((event as ErrorEvent).message));
