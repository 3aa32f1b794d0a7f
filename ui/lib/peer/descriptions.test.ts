import { expect, test } from 'vitest';
import { IceCandidate, PeerConnectionIceEvent, SessionDescription, StatsReport } from './descriptions';

const LINE = 'candidate:1 1 udp 2113937151 10.0.0.9 50000 typ srflx raddr 192.168.0.2 rport 4000 ufrag abcd';

test('a candidate tells its parts', () => {
  const candidate = new IceCandidate({ candidate: LINE, sdpMid: '0' });
  expect(candidate).toMatchObject({
    foundation: '1',
    component: 'rtp',
    protocol: 'udp',
    priority: 2113937151,
    address: '10.0.0.9',
    port: 50000,
    type: 'srflx',
    relatedAddress: '192.168.0.2',
    relatedPort: 4000,
    usernameFragment: 'abcd',
  });
});

test('openvidu-browser can turn descriptions and candidates into JSON', () => {
  expect(JSON.parse(JSON.stringify(new IceCandidate({ candidate: LINE, sdpMid: 'a', sdpMLineIndex: 1 })))).toEqual({
    candidate: LINE,
    sdpMid: 'a',
    sdpMLineIndex: 1,
    usernameFragment: 'abcd',
  });
  expect(JSON.stringify(new SessionDescription({ type: 'offer', sdp: 'v=0' }))).toBe('{"type":"offer","sdp":"v=0"}');
});

test('a candidate without a place is refused as W3C wants', () => {
  expect(() => new IceCandidate({ candidate: LINE })).toThrow(TypeError);
  expect(() => new IceCandidate()).toThrow(TypeError);
  expect(new IceCandidate({ candidate: '', sdpMLineIndex: 0 }).address).toBeNull();
});

test('the end of candidates is an event without one', () => {
  expect(new PeerConnectionIceEvent('icecandidate').candidate).toBeNull();
});

test('reports are looked through like a map', () => {
  const report = new StatsReport([
    { id: 'A', type: 'transport', timestamp: 1 },
    { id: 'B', type: 'inbound-rtp', timestamp: 1 },
  ]);
  const seen: string[] = [];
  report.forEach((one, id) => seen.push(`${id} ${one.type}`));
  expect(seen).toEqual(['A transport', 'B inbound-rtp']);
  expect([...report].length).toBe(report.size);
  expect(report.get('A')?.type).toBe('transport');
});
