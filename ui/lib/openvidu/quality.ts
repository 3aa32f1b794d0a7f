/** How good a call is, in three words. */
export type Quality = 'good' | 'fair' | 'poor';

/** Running totals at one moment. */
export interface Moment {
  at: number;
  packetsReceived: number;
  packetsLost: number;
  rttMs: number | null;
}

/**
 * Limits after ITU-T G.114 (400 ms one way is the most a conversation bears, 150 ms is unnoticed) as round trips, and
 * losses that FEC and retransmission hide (below 2 %) or no longer hide (above 6 %).
 */
export function qualityOf(earlier: Moment, now: Moment): Quality {
  const received = now.packetsReceived - earlier.packetsReceived;
  const lost = Math.max(0, now.packetsLost - earlier.packetsLost);
  const loss = received + lost > 0 ? lost / (received + lost) : 0;
  const rtt = now.rttMs ?? 0;
  if (loss > 0.06 || rtt > 600) return 'poor';
  if (loss > 0.02 || rtt > 300) return 'fair';
  return 'good';
}
