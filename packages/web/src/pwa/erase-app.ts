/** What the app leaves in a browser beside the account's own store: files of the app, shared texts, notifications, choices. */
import { namesOf } from './app-cache.ts'

export type EraseAppPorts = {
  readonly base: string
  readonly caches: Pick<CacheStorage, 'keys' | 'delete'> | undefined
  readonly registrations: () => Promise<readonly ServiceWorkerRegistration[]>
  readonly storage: Pick<Storage, 'removeItem' | 'key' | 'length'> | undefined
  readonly clearBadge: () => Promise<void>
}

/** The next visit gets the app anew from who serves it. Rejects if the browser refuses to forget something. */
export async function eraseApp(ports: EraseAppPorts): Promise<void> {
  const { base, caches, storage } = ports
  for (const registration of await ports.registrations()) {
    if (registration.scope !== base) continue
    for (const notification of await registration.getNotifications()) notification.close()
    await registration.unregister()
  }
  await ports.clearBadge()
  const { build, network, shared } = namesOf(base)
  const names = (await caches?.keys()) ?? []
  // Builds first: without its own a service worker, which serves this page to the end, keeps nothing any more.
  for (const name of names.filter((each) => each.startsWith(build))) await caches?.delete(name)
  for (const name of [network, shared]) await caches?.delete(name)
  const keys = Array.from({ length: storage?.length ?? 0 }, (_, index) => storage?.key(index))
  for (const key of keys) if (key?.startsWith('starling.') === true) storage?.removeItem(key)
}
