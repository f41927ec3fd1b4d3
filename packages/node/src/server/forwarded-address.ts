/** What a reverse proxy says of who is behind it. */
import { isIP } from 'node:net'

/** The address that the proxy next to us has written: the last one. What stands before it, anybody may have sent. */
export function forwardedAddress(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === 'string' ? header : header?.at(-1)
  const last = text?.slice(text.lastIndexOf(',') + 1).trim()
  return last !== undefined && isIP(last) !== 0 ? last : undefined
}

export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false
  return address.startsWith('127.') || address.startsWith('::ffff:127.') || address === '::1'
}
