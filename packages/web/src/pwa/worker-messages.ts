/** What the page and the service worker say to each other. Both may be of different builds. */

/** Page to worker: take over now. */
export type PageMessage = { readonly kind: 'activate' } | { readonly kind: 'describe' }

/** Worker to page, when a notification was clicked. */
export type OpenMessage = { readonly kind: 'open'; readonly hash: string }

export function parsePageMessage(data: unknown): PageMessage | undefined {
  const kind = isRecord(data) ? data['kind'] : undefined
  return kind === 'activate' || kind === 'describe' ? { kind } : undefined
}

export function parseOpenMessage(data: unknown): OpenMessage | undefined {
  if (!isRecord(data) || data['kind'] !== 'open' || !isChatHash(data['hash'])) return undefined
  return { kind: 'open', hash: data['hash'] }
}

/** The version that a worker tells, as people read it. */
export function parseVersion(data: unknown): string | undefined {
  return typeof data === 'string' && /^[\w. ()-]{1,64}$/.test(data) ? data : undefined
}

export function isChatHash(value: unknown): value is string {
  return typeof value === 'string' && /^#\/c\/[\w-]{1,100}$/.test(value)
}

function isRecord(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null
}
