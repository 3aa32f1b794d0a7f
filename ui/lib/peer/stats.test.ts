import { expect, test } from 'vitest';
import { mergeReports } from './stats';

test('the codecs’ figures join the transport’s, each on its own side', () => {
  const core = [
    { id: 'O1', type: 'outbound-rtp', kind: 'video', line: 1, bytesSent: 5, fractionLost: null },
    { id: 'I1', type: 'inbound-rtp', kind: 'video', line: 1, framesDropped: 2 },
    { id: 'CP', type: 'candidate-pair', currentRoundTripTime: 0.01 },
  ];
  const figures = {
    '1': { sent: { frameWidth: 640, frameHeight: 480 }, received: { framesDecoded: 9, framesDropped: 1 } },
  };
  const [sent, received, pair] = mergeReports(core, figures, () => true);
  expect(sent).toMatchObject({ id: 'O1', bytesSent: 5, frameWidth: 640, frameHeight: 480 });
  expect(sent).not.toHaveProperty('line');
  expect(sent).not.toHaveProperty('fractionLost');
  expect(received).toMatchObject({ framesDecoded: 9, framesDropped: 3 });
  expect(received).not.toHaveProperty('frameWidth');
  expect(pair?.timestamp).toBeGreaterThan(0);
});

test('only what is asked for is told', () => {
  const core = [
    { id: 'O0', type: 'outbound-rtp', line: 0 },
    { id: 'O1', type: 'outbound-rtp', line: 1 },
  ];
  expect(mergeReports(core, {}, (report) => report.line === 1).map((one) => one.id)).toEqual(['O1']);
});
