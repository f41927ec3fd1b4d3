import { resolve } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type Plugin } from 'vite'

/** The page itself reaches nothing but its own files: connections to nodes are made by the worker alone. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob: mediastream:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

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
  plugins: [svelte({ configFile: false }), contentSecurity()],
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
