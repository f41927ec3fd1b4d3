/** A network of compatible storage servers, which has no network file: what stands for one. docs/protocol/storage-servers.md §1. */
import { days, hours, MalformedInputError, millis, type NetworkFile } from '@starling/protocol'

/** Base64 of 32 bytes. */
const PIN = /^[A-Za-z0-9+/]{43}=$/

/** A server that gives the first list of nodes. */
export type Seed = {
  /** Of its JSON-RPC, e.g. `https://seed.example:4443/json_rpc`. */
  readonly url: string
  /** Base64 of SHA-256 of its certificate's public key (SPKI); without it any certificate is taken. */
  readonly publicKeyHash?: string
}

/** What is needed to join one: the messenger's own, say, or a local one for tests. */
export type CompatibleNetwork = {
  readonly kind: 'session-compatible'
  /** For people; `Session` unless told. */
  readonly name?: string
  /** At least one. More than one, where there are: what they say is compared. */
  readonly seeds: readonly Seed[]
}

/**
 * Lifetimes and sizes are what such servers allow: 14 and 30 days; swarms of about seven. Nothing is signed, so there are no keys.
 *
 * @throws {MalformedInputError} `network_file`: no seeds, a URL that is none of http or https, or a pin that is no hash
 */
export function compatibleNetwork({ name = 'Session', seeds }: CompatibleNetwork): NetworkFile {
  if (seeds.length === 0) throw new MalformedInputError('network_file', 'no seeds')
  for (const { url, publicKeyHash } of seeds) {
    if (!URL.canParse(url) || !/^https?:/.test(url)) throw new MalformedInputError('network_file', 'URL of a seed')
    if (publicKeyHash !== undefined && !PIN.test(publicKeyHash))
      throw new MalformedInputError('network_file', 'pin of a seed')
  }
  return {
    version: 1,
    name,
    directoryKeys: [],
    threshold: 0,
    bootstrap: seeds.map(({ url }) => url),
    parameters: {
      swarmSize: 7,
      hops: 3,
      epochLength: hours(12),
      documentLifetime: days(2),
      dropAfter: millis(0),
      publicTtlLimit: days(14),
      privateTtlLimit: days(30),
    },
  }
}
