/**
 * The page's own content policy, in its HTML. It is narrower than the one that servers send along: the page reaches nothing
 * but its own files, because connections to nodes are made by the worker alone, which goes by the header of its script.
 */
export const contentSecurityPolicy = [
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
  "require-trusted-types-for 'script'",
  // Templates of Svelte, and the scripts of our two workers (src/pwa/trusted-scripts.ts).
  'trusted-types svelte-trusted-html starling-scripts',
].join('; ')
