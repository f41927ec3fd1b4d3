/** The routes of a node, as one table. docs/protocol/http.md §1; `/link` is upgraded by `link-server.ts`. */
import type { PublicRequest } from '../ports.ts'
import type { RequestClass } from './callers.ts'

/** A request's path and method as a node understands it. */
export type Route =
  | { readonly kind: 'body'; readonly request: 'rpc' | 'onion' | 'seed' | 'announce' }
  | { readonly kind: 'plain'; readonly request: PublicRequest }
  /** `path`: of the file, '' for the page; `undefined`: the folder without its slash. */
  | { readonly kind: 'app'; readonly path: string | undefined }
  | { readonly kind: 'ping' }
  | { readonly kind: 'stats' }
  | { readonly kind: 'preflight' }
  | { readonly kind: 'unknown' }

const POSTS: Readonly<Record<string, Route>> = {
  '/storage_rpc/v1': { kind: 'body', request: 'rpc' },
  '/onion_req/v2': { kind: 'body', request: 'onion' },
  '/json_rpc': { kind: 'body', request: 'seed' },
  '/directory/announce': { kind: 'body', request: 'announce' },
  '/ping_test/v1': { kind: 'ping' },
}

const GETS: Readonly<Record<string, Route>> = {
  '/directory/latest': { kind: 'plain', request: { kind: 'directory', epoch: 'latest' } },
  '/network': { kind: 'plain', request: { kind: 'network' } },
  '/health': { kind: 'plain', request: { kind: 'health' } },
  '/get_stats/v1': { kind: 'stats' },
}

/** Whose rate a request counts towards. Preflights are sent by browsers with the requests that they are about. */
export function classOf(route: Route): RequestClass {
  if (route.kind === 'preflight') return 'rpc'
  return route.kind === 'body' && (route.request === 'rpc' || route.request === 'onion') ? route.request : 'directory'
}

/** `hasApp`: whether there is an app to give out. */
export function routeOf(method: string, path: string, { hasApp = false } = {}): Route {
  if (method === 'OPTIONS') return { kind: 'preflight' }
  if (hasApp && (method === 'GET' || method === 'HEAD')) {
    if (path === '/app') return { kind: 'app', path: undefined }
    if (path === '/app/network.json') return { kind: 'plain', request: { kind: 'network' } }
    if (path.startsWith('/app/')) return { kind: 'app', path: path.slice('/app/'.length) }
  }
  const routes = method === 'POST' ? POSTS : method === 'GET' ? GETS : {}
  const found = Object.hasOwn(routes, path) ? routes[path] : undefined
  if (found) return found
  const epoch = method === 'GET' ? /^\/directory\/(\d{1,15})$/.exec(path)?.[1] : undefined
  return epoch === undefined
    ? { kind: 'unknown' }
    : { kind: 'plain', request: { kind: 'directory', epoch: Number(epoch) } }
}
