/**
 * Names of somebody else's choice, resolved once: what was checked is what is connected to, so that a name that changes its
 * mind changes nothing.
 */
import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'

export type AddressCheck = {
  /** Which addresses may be connected to: `isPublicAddress`. */
  readonly isAllowed: (address: string) => boolean
  /** All addresses of a name; the system's resolver. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>
}

/** Those addresses of a host that may be connected to; perhaps none. Rejects as the resolver does. */
export async function allowedAddresses(
  host: string,
  { isAllowed, resolve = systemResolve }: AddressCheck,
): Promise<readonly LookupAddress[]> {
  const family = isIP(host)
  const all = family === 0 ? await resolve(host) : [{ address: host, family }]
  return all.filter(({ address }) => isAllowed(address))
}

/** Answers every name with the addresses that were checked: nothing is resolved a second time. */
export function onlyThese(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, options, callback) => {
    if (options.all) callback(null, [...addresses])
    else callback(null, addresses[0]!.address, addresses[0]!.family)
  }
}

function systemResolve(host: string): Promise<LookupAddress[]> {
  return lookup(host, { all: true })
}
