/** What this program's own children cost, read from `/proc`. */
import { readdirSync, readFileSync } from 'node:fs';

/** The kernel's USER_HZ: `/proc` counts processor time in hundredths of a second on every Linux that Zvonok runs on. */
const TICK_MS = 10;

/** Every living process below this one: `{id, parent, cpuMs}`. */
export function descendants() {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => read(Number(name)))
    .filter((process) => process !== null);
  const found = [];
  for (let wave = [process.pid]; wave.length > 0;) {
    const next = all.filter(({ parent }) => wave.includes(parent));
    found.push(...next);
    wave = next.map(({ id }) => id);
  }
  return found;
}

/** Processor time since their start, memory with shared pages divided among their users (PSS), and their number. */
export function costOfTree() {
  const tree = descendants();
  return {
    processes: tree.length,
    cpu_ms: tree.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    pss_bytes: tree.reduce((sum, { id }) => sum + memory(id), 0),
  };
}

/** `ID (NAME) STATE PARENT …`; null for one that ended meanwhile, or is a zombie. */
function read(id) {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (rest[0] === 'Z') return null;
    return { id, parent: Number(rest[1]), cpuMs: (Number(rest[11]) + Number(rest[12])) * TICK_MS };
  } catch {
    return null;
  }
}

function memory(id) {
  try {
    const [, kilobytes] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'utf8')) ?? [];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
