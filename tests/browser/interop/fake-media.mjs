/** Builds `ui/lib/fake-media`, the project's test camera and voice, into a module that a plain page can load. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const UI = join(ROOT, 'ui');

/** Builds it with the UI's own Vite into `folder`, as `fake-media.js` beside what it loads. */
export async function buildFakeMedia(folder) {
  const entry = join(UI, 'lib/fake-media/index.ts');
  if (!existsSync(entry)) throw new Error('ui/lib/fake-media is not there');
  const vite = createRequire(join(UI, 'package.json')).resolve('vite');
  const { build } = await import(pathToFileURL(vite).href);
  await build({
    configFile: false,
    root: UI,
    base: './',
    logLevel: 'warn',
    publicDir: false,
    worker: { format: 'es' },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'esnext',
      modulePreload: false,
      rollupOptions: {
        input: entry,
        preserveEntrySignatures: 'strict',
        output: { format: 'es', entryFileNames: 'fake-media.js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  });
}
