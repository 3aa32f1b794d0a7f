// What tests of recordings ask of Debian's ffmpeg and unzip.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { SECRET } from './rig.mjs';

const run = promisify(execFile);

/** What a player decodes of a file, and what it complains of. */
export async function decoded(file) {
  const shown = await run('ffprobe', [
    '-v', 'error', '-count_frames', '-of', 'json', '-show_format', '-show_streams', file,
  ]);
  const { streams, format } = JSON.parse(shown.stdout);
  const of = (kind) => streams.find((it) => it.codec_type === kind);
  return {
    video: of('video') && {
      codec: of('video').codec_name,
      width: of('video').width,
      height: of('video').height,
      frames: Number(of('video').nb_read_frames),
    },
    audio: of('audio') && { codec: of('audio').codec_name, frames: Number(of('audio').nb_read_frames) },
    seconds: Number(format.duration),
    complaints: shown.stderr.trim(),
  };
}

/** Mean loudness of a file's sound, dB. */
export async function loudness(file) {
  const { stderr } = await run('ffmpeg', ['-i', file, '-af', 'volumedetect', '-vn', '-f', 'null', '-']);
  return Number(/mean_volume: (-?[\d.]+) dB/.exec(stderr)[1]);
}

/** Whether a player finds its way in the file: the picture at `seconds`, as small grey bytes. */
export async function pictureAt(file, seconds) {
  const args = ['-v', 'error', '-ss', String(seconds), '-i', file, '-frames:v', '1', '-vf', 'scale=16:12', '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-'];
  const { stdout } = await run('ffmpeg', args, { encoding: 'buffer' });
  return stdout;
}

/** Downloads an archive and unpacks it; `index` is its JSON. */
export async function unpack(url, { secret = SECRET } = {}) {
  const authorization = `Basic ${Buffer.from(`OPENVIDUAPP:${secret}`).toString('base64')}`;
  const response = await fetch(url, { headers: { authorization } });
  if (response.status !== 200) return { status: response.status };
  const dir = await mkdtemp(path.join(tmpdir(), 'zvonok-archive-'));
  const archive = path.join(dir, 'archive.zip');
  const bytes = Buffer.from(await response.arrayBuffer());
  await writeFile(archive, bytes);
  const name = path.basename(new URL(url).pathname, '.zip');
  await run('unzip', ['-q', archive, '-d', path.join(dir, 'files')]);
  const { stdout } = await run('unzip', ['-p', archive, `${name}.json`]);
  return {
    status: 200,
    type: response.headers.get('content-type'),
    size: bytes.length,
    index: JSON.parse(stdout),
    path: (file) => path.join(dir, 'files', file),
    remove: () => rm(dir, { recursive: true }),
  };
}
