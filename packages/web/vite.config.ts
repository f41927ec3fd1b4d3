import { resolve } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type Plugin } from 'vite'
import { appBuild } from './app-build.ts'
import { contentSecurityPolicy } from './content-policy.ts'
import { version } from './package.json' with { type: 'json' }

/** Only in builds: the development server needs inline styles and a socket for hot replacement. */
function contentSecurity(): Plugin {
  return {
    name: 'content-security',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy },
        injectTo: 'head-prepend',
      },
    ],
  }
}

/** `vite build` makes the app; `vite build --mode gallery` makes `gallery.html` instead, which runs on a fake client. */
export default defineConfig(({ mode }) => ({
  root: import.meta.dirname,
  // The app works wherever it is: at the root of a host, or below a node's `/app/`.
  base: './',
  plugins: [
    svelte({ configFile: false }),
    contentSecurity(),
    ...(mode === 'gallery' ? [] : [appBuild({ release: version })]),
  ],
  worker: { format: 'es' as const },
  build: {
    target: 'es2024',
    outDir: resolve(import.meta.dirname, mode === 'gallery' ? '../../.build/gallery' : 'dist'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: resolve(import.meta.dirname, mode === 'gallery' ? 'gallery.html' : 'index.html'),
    },
  },
}))
