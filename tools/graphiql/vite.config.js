// How the explorer is built into the folder that the server serves.
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

const target = resolve(import.meta.dirname, '../../app/web/static/graphiql');
const layout = resolve(import.meta.dirname, 'src/jsonLayout.js');

// GraphiQL's style sheet embeds 34 font files. Of these only the Latin part of the editor's
// fixed-width face is kept: the editor names no other, so without it a proportional one is used.
const leanFonts = {
  name: 'lean-fonts',
  enforce: 'pre',
  transform(code, id) {
    if (!id.split('?')[0].endsWith('.css')) return null;
    return code.replace(/@font-face\s*\{[^}]*url\(\s*["']?data:[^}]*\}/g, (face) =>
      face.includes('Fira Code') && face.includes('U+0000-00FF') ? face : '',
    );
  },
};

// Not `emptyOutDir`, because examples.json lives in the same folder and comes from elsewhere.
const removeOldAssets = {
  name: 'remove-old-assets',
  apply: 'build',
  buildStart: () => rmSync(resolve(target, 'assets'), { recursive: true, force: true }),
};

export default defineConfig({
  base: './',
  plugins: [leanFonts, removeOldAssets],
  resolve: { alias: { 'prettier/parser-babel': layout, 'prettier/plugins/estree': layout } },
  worker: { format: 'es' },
  build: {
    outDir: target,
    emptyOutDir: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4000,
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      // "use client" in React libraries: means something to a server that renders, and to no other.
      onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
    },
  },
});
