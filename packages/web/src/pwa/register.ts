/** Installs the service worker of this build and follows its updates. */
import { createStore } from '../state/store.ts'
import { createComposing } from './composing.ts'
import { trustedScriptUrl } from './trusted-scripts.ts'
import { createUpdates, type UpdateEvents, type UpdateModel } from './updates.ts'
import { type PageMessage, parseOpenMessage, parseVersion } from './worker-messages.ts'

/** How often a page that stays open looks for a new version. */
const LOOK_EVERY_MS = 3_600_000
const DESCRIBE_PATIENCE_MS = 2_000

export type AppWorker = {
  readonly updates: UpdateModel
  /** Resolves once there is a worker that can show notifications; `undefined` where there is none. */
  readonly registration: Promise<ServiceWorkerRegistration | undefined>
}

/** `onopen`: a notification was clicked; it names a place as in the URL's fragment. */
export function registerServiceWorker(options: { readonly onopen: (hash: string) => void }): AppWorker {
  const container = 'serviceWorker' in navigator ? navigator.serviceWorker : undefined
  const hidden = createStore(document.hidden)
  document.addEventListener('visibilitychange', () => hidden.set(document.hidden))
  let waiting: ServiceWorker | undefined
  const { model, events } = createUpdates({
    composing: createComposing(document),
    hidden,
    activate: () => waiting?.postMessage({ kind: 'activate' } satisfies PageMessage),
    reload: () => location.reload(),
    schedule: (run, delayMs) => {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
  })
  container?.addEventListener('message', ({ data }) => {
    const message = parseOpenMessage(data)
    if (message !== undefined) options.onopen(message.hash)
  })
  const registration =
    container === undefined
      ? Promise.resolve(undefined)
      : register(container, events, (found) => {
          waiting = found
        })
  return { updates: model, registration }
}

async function register(
  container: ServiceWorkerContainer,
  events: UpdateEvents,
  onwaiting: (worker: ServiceWorker) => void,
): Promise<ServiceWorkerRegistration | undefined> {
  // Without one, the first worker that takes over is no update.
  let controller = container.controller
  container.addEventListener('controllerchange', () => {
    if (controller !== null) events.tookOver()
    controller = container.controller
  })
  try {
    const registration = await container.register(trustedScriptUrl('service-worker.js'), { updateViaCache: 'none' })
    follow(registration, container, events, onwaiting)
    return registration
  } catch {
    // Private windows and old browsers forbid it: the app works, with a network.
    return undefined
  }
}

function follow(
  registration: ServiceWorkerRegistration,
  container: ServiceWorkerContainer,
  events: UpdateEvents,
  onwaiting: (worker: ServiceWorker) => void,
): void {
  const tell = async (worker: ServiceWorker, atStart: boolean): Promise<void> => {
    onwaiting(worker)
    events.found(await describe(worker), { atStart })
  }
  if (registration.waiting && container.controller) void tell(registration.waiting, true)
  registration.addEventListener('updatefound', () => {
    const found = registration.installing
    found?.addEventListener('statechange', () => {
      if (found.state === 'installed' && container.controller) void tell(found, false)
    })
  })
  const look = (): void => {
    // Without a network there is nothing new; the next look finds it.
    registration.update().catch(() => {})
  }
  setInterval(look, LOOK_EVERY_MS)
  document.addEventListener('visibilitychange', () => document.hidden || look())
}

/** The version of a worker; `undefined` if it does not tell. */
function describe(worker: ServiceWorker): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = ({ data }) => resolve(parseVersion(data))
    setTimeout(() => resolve(undefined), DESCRIBE_PATIENCE_MS)
    worker.postMessage({ kind: 'describe' } satisfies PageMessage, [port2])
  })
}
