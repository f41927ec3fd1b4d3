/** Where this browser keeps things of the app. */

/** Where the app is, with a slash at its end: the scope of its service worker. */
export function appBase(): string {
  return new URL('.', document.baseURI).href
}

/** `undefined` in contexts that are not secure. */
export function appCaches(): CacheStorage | undefined {
  return 'caches' in globalThis ? caches : undefined
}
