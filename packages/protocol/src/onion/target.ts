/** Servers outside the network that a last hop may be asked to relay to. @see docs/protocol/onion.md §6 */
import type { JsonObject } from '../codec/json.ts'
import type { X25519PublicKey } from '../crypto/keys.ts'

export type ServerTarget = {
  /** In lower case. */
  readonly host: string
  readonly port: number
  readonly protocol: 'http' | 'https'
  /** Path of the URL; `isServerTarget` holds for it. */
  readonly target: string
}

/** A server that last hops relay to: exactly this host, port and protocol, at any path that `isServerTarget` allows. */
export type ExitHost = Omit<ServerTarget, 'target'>

/** A server that fetches pages for link previews. It is one of the exits. @see docs/protocol/onion.md §7 */
export type PreviewServer = ExitHost & { readonly key: X25519PublicKey }

// Of the protocol: 443 whatever the protocol, so http has to name its port.
const DEFAULT_PORT = 443

/** Only onion endpoints of servers can be reached through a relay: nothing else, and no query. */
export function isServerTarget(target: string): boolean {
  return /^\/(loki|oxen)\/[^?]*$/.test(target) && target.endsWith('/lsrpc')
}

/** Whether this can stand in a list of exits: a name of letters, digits, dashes and dots in lower case, or an IPv4 address. */
export function isExitHostName(host: string): boolean {
  return (
    host.length <= 253 && /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/.test(host)
  )
}

/** `invalid_json`: keys are missing or of a wrong type. `invalid_url`: nowhere that a relay goes. */
export function parseServerTarget(json: JsonObject): ServerTarget | 'invalid_json' | 'invalid_url' {
  const { host, target, port = DEFAULT_PORT, protocol = 'https' } = json
  if (typeof host !== 'string' || typeof target !== 'string') return 'invalid_json'
  if (typeof port !== 'number' || typeof protocol !== 'string') return 'invalid_json'
  if (!/^[A-Za-z0-9.:[\]_-]{1,255}$/.test(host) || !Number.isInteger(port) || port < 1 || port > 65535)
    return 'invalid_url'
  if ((protocol !== 'http' && protocol !== 'https') || !isServerTarget(target)) return 'invalid_url'
  return { host: host.toLowerCase(), port, protocol, target }
}
