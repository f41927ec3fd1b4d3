import { appBase, appCaches } from './browser-places.ts'
import { eraseApp } from './erase-app.ts'

/** Forgets everything that this browser holds of the app, but the account's own store. */
export function forgetApp(): Promise<void> {
  const badges: { clearAppBadge?(): Promise<void> } = navigator
  return eraseApp({
    base: appBase(),
    caches: appCaches(),
    registrations: async () => ('serviceWorker' in navigator ? navigator.serviceWorker.getRegistrations() : []),
    storage: ownStorage(),
    clearBadge: async () => badges.clearAppBadge?.(),
  })
}

/** `undefined` where the browser forbids it: even to look throws. */
function ownStorage(): Storage | undefined {
  try {
    return localStorage
  } catch {
    return undefined
  }
}
