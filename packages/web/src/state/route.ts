import type { ConversationId } from '@starling/client'
import { createStore, type Snapshots } from './store.ts'

/** In the order in which they are listed. */
export const settingsPages = [
  'account',
  'privacy',
  'notifications',
  'appearance',
  'language',
  'devices',
  'verification',
  'network',
  'storage',
  'about',
] as const
export type SettingsPage = (typeof settingsPages)[number]

/** What the main part of the window shows. */
export type Route =
  | { readonly kind: 'chats' }
  | { readonly kind: 'requests' }
  | { readonly kind: 'chat'; readonly id: ConversationId }
  /** `link`: what a contact link named, as it came; not yet checked. */
  | { readonly kind: 'new'; readonly link?: string }
  /** Without a page: the list of them. */
  | { readonly kind: 'settings'; readonly page?: SettingsPage }
  | { readonly kind: 'network' }

export interface Router extends Snapshots<Route> {
  go(route: Route): void
  /** The same without a step in the browser's history. */
  replace(route: Route): void
}

/** The route of a URL's fragment; the chats, if it is none of ours. */
export function parseRoute(hash: string): Route {
  const [, place, rest] = /^#?\/([a-z]*)(?:\/(.*))?$/s.exec(hash) ?? []
  switch (place) {
    case 'c':
      return rest === undefined || rest === '' ? { kind: 'chats' } : { kind: 'chat', id: rest as ConversationId }
    case 'add':
      return rest === undefined || rest === '' ? { kind: 'new' } : { kind: 'new', link: rest }
    case 'settings': {
      const page = settingsPages.find((known) => known === rest)
      return page === undefined ? { kind: 'settings' } : { kind: 'settings', page }
    }
    case 'new':
    case 'requests':
    case 'network':
      return { kind: place }
    default:
      return { kind: 'chats' }
  }
}

/** The fragment of a route. What a contact link named does not go back into the URL. */
export function formatRoute(route: Route): string {
  switch (route.kind) {
    case 'chats':
      return '#/'
    case 'chat':
      return `#/c/${route.id}`
    case 'settings':
      return route.page === undefined ? '#/settings' : `#/settings/${route.page}`
    case 'new':
    case 'requests':
    case 'network':
      return `#/${route.kind}`
  }
}

/** What a router needs of a window. */
export type RouterWindow = {
  readonly location: { readonly hash: string }
  readonly history: Pick<History, 'pushState' | 'replaceState'>
  addEventListener(type: 'popstate' | 'hashchange', listener: () => void): void
}

/**
 * Keeps the route in the URL's fragment, which no server sees. The account ID of a contact link is taken out of the URL,
 * and with it out of the browser's history, as soon as it was read.
 */
export function createHashRouter(target: RouterWindow): Router {
  const store = createStore(parseRoute(target.location.hash))
  const read = (): void => {
    // One navigation can be told twice, as `popstate` and as `hashchange`.
    if (target.location.hash === formatRoute(store.snapshot)) return
    const route = parseRoute(target.location.hash)
    if (formatRoute(route) !== target.location.hash) target.history.replaceState(null, '', formatRoute(route))
    store.set(route)
  }
  read()
  target.addEventListener('popstate', read)
  target.addEventListener('hashchange', read)
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    go(route) {
      if (formatRoute(route) !== target.location.hash) target.history.pushState(null, '', formatRoute(route))
      store.set(route)
    },
    replace(route) {
      target.history.replaceState(null, '', formatRoute(route))
      store.set(route)
    },
  }
}

/** A router without a URL. */
export function createMemoryRouter(start: Route): Router {
  const store = createStore(start)
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    go: store.set,
    replace: store.set,
  }
}
