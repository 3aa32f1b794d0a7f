import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ mode }) => ({
  root: here('.'),
  // Windows are loaded from `tauri://localhost/main.html`; relative addresses also work for test pages in a folder.
  base: './',
  plugins: [svelte()],
  // In vitest, Svelte's browser build is wanted, not its server one.
  resolve: process.env['VITEST'] ? { conditions: ['browser'] } : {},
  build: {
    outDir: mode === 'shots' ? here('../target/shots-site') : here('dist'),
    emptyOutDir: true,
    target: 'es2022',
    // No `data:` addresses and no inline script, so the content security policy can stay `'self'`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    rolldownOptions: {
      input: {
        main: here('main.html'),
        ring: here('ring.html'),
        call: here('call.html'),
        // Loaded by the test pages of tests/browser as well, so it has a name of its own and keeps its exports.
        'fake-media': here('lib/fake-media/index.ts'),
      },
      preserveEntrySignatures: 'exports-only',
      output: { entryFileNames: ({ name }) => (name === 'fake-media' ? 'fake-media.js' : 'assets/[name]-[hash].js') },
    },
  },
  worker: { format: 'es' },
  test: {
    environment: 'jsdom',
    include: ['**/*.test.ts'],
    setupFiles: ['./lib/testing/setup.ts'],
    restoreMocks: true,
    // A deadline, not an expectation: a busy machine renders a window in seconds.
    testTimeout: 60_000,
  },
}));
