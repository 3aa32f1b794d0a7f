import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Builds the page into `target/peer-page`: `ui/node_modules/.bin/vite build --config crates/peer/examples/call/page/vite.config.mjs` */
export default {
  root: here('.'),
  base: './',
  resolve: { alias: { 'openvidu-browser': here('../../../../../ui/node_modules/openvidu-browser/lib/index.js') } },
  build: {
    outDir: here('../../../../../target/peer-page'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { index: here('index.html'), openvidu: here('openvidu.html'), checks: here('checks.html') },
    },
  },
  worker: { format: 'es' },
};
