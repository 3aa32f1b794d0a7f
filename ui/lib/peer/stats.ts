/** `getStats`: the core's reports with what the codecs in the worker know. */

import type { Figures } from './link';
import type { Report } from './wire';

type Line = RTCStats & { line?: number };

/** Reports that `select` wants, stamped, without the line number that only we know. */
export function mergeReports(reports: Report[], figures: Figures, select: (report: Line) => boolean): RTCStats[] {
  const timestamp = performance.timeOrigin + performance.now();
  const merged: RTCStats[] = [];
  for (const report of reports) {
    const ours = { ...report, timestamp } as unknown as Line;
    if (!select(ours)) continue;
    const line = report.line === undefined ? undefined : figures[String(report.line)];
    const more =
      report.type === 'outbound-rtp' ? line?.sent : report.type === 'inbound-rtp' ? line?.received : undefined;
    const whole: Line = { ...ours, ...more };
    const dropped = Number(report['framesDropped'] ?? 0) + Number(more?.['framesDropped'] ?? 0);
    if (more !== undefined && 'framesDropped' in more) Object.assign(whole, { framesDropped: dropped });
    delete whole.line;
    for (const [key, value] of Object.entries(whole)) if (value === null) delete (whole as unknown as Report)[key];
    merged.push(whole);
  }
  return merged;
}
