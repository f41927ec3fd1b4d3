/** A text that another app shared: the service worker keeps it until the page takes it. */
import { namesOf } from './app-cache.ts'

/** Takes it away; `undefined` if there is none. */
export async function takeSharedText(caches: Pick<CacheStorage, 'open' | 'has' | 'delete'>, base: string) {
  const { shared, sharedText } = namesOf(base)
  if (!(await caches.has(shared))) return undefined
  const text = await (await (await caches.open(shared)).match(sharedText))?.text()
  await caches.delete(shared)
  return text === undefined || text.trim() === '' ? undefined : text
}

/** A draft with a shared text behind it. */
export function withShared(draft: string, text: string): string {
  return draft.trim() === '' ? text : `${draft.trimEnd()}\n${text}`
}
