/** The service worker: serves the build that it came with, also without a network, and opens what a notification is about. */
import { type AppBuild, AppCache } from './app-cache.ts'
import { isChatHash, type OpenMessage, parsePageMessage } from './worker-messages.ts'

/** What we use of the scope of service workers, which the library has no types for beside those of pages. */
type Scope = {
  /** Put in by the build, before this script. */
  readonly starlingBuild: AppBuild
  readonly registration: { readonly scope: string }
  readonly clients: {
    claim(): Promise<void>
    matchAll(options: { type: 'window'; includeUncontrolled: true }): Promise<readonly PageClient[]>
    openWindow(url: string): Promise<unknown>
  }
  skipWaiting(): Promise<void>
  addEventListener<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): void
}
type PageClient = {
  readonly url: string
  readonly visibilityState: string
  focus(): Promise<unknown>
  postMessage(message: OpenMessage): void
}
type Extendable = { waitUntil(work: Promise<unknown>): void }
type Events = {
  install: Extendable
  activate: Extendable
  fetch: { readonly request: Request; respondWith(response: Promise<Response>): void }
  message: Extendable & { readonly data: unknown; readonly ports: readonly MessagePort[] }
  notificationclick: Extendable & { readonly notification: { readonly data: unknown; close(): void } }
}

const scope = globalThis as unknown as Scope
const build = scope.starlingBuild
const base = scope.registration.scope
const cache = new AppCache({ build, base, caches, fetch: (url, init) => fetch(url, init) })

scope.addEventListener('install', (event) => event.waitUntil(cache.install()))

scope.addEventListener('activate', (event) =>
  // The first page is served from here, too, without being loaded a second time.
  event.waitUntil(cache.dropOld().then(() => scope.clients.claim())),
)

scope.addEventListener('fetch', (event) => {
  const response = cache.respond(event.request)
  if (response !== undefined) event.respondWith(response)
})

scope.addEventListener('message', (event) => {
  const message = parsePageMessage(event.data)
  if (message?.kind === 'activate') event.waitUntil(scope.skipWaiting())
  if (message?.kind === 'describe') event.ports[0]?.postMessage(`${build.release} (${build.id})`)
})

scope.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(event.notification.data))
})

async function open(hash: unknown): Promise<void> {
  if (!isChatHash(hash)) return
  const pages = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const own = pages.filter(({ url }) => url.startsWith(base))
  const page = own.find(({ visibilityState }) => visibilityState === 'visible') ?? own[0]
  if (page === undefined) {
    await scope.clients.openWindow(base + hash)
    return
  }
  page.postMessage({ kind: 'open', hash })
  await page.focus()
}
