/** The composition root of clients under Node.js. */
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import type { NetworkFile } from '@starling/protocol'
import { type Clock, type Logger, silentLogger, systemClock, systemRandom } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import type { CallOptions, Client } from '../api.ts'
import { openClient } from '../create-client.ts'
import type { FileStorage } from '../files/file-storage.ts'
import { type CompatibleNetwork, compatibleNetwork } from '../storage-servers/compatible-network.ts'
import { createFileVault } from './file-vault.ts'
import { createNodeTransport } from './node-transport.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { createStorageServerTransport } from './storage-server-transport.ts'

export type NodeClientOptions = {
  /** A network file, or the seeds of a network of compatible storage servers. */
  readonly network: NetworkFile | CompatibleNetwork
  /** Where everything is kept; created, for the user alone, if it is missing. One client at a time. */
  readonly folder: string
  /** Silent unless told. */
  readonly logger?: Logger
  /** Where encrypted files lie; without it, sending and receiving them fails with `files_unavailable`. */
  readonly files?: FileStorage | undefined
} & CallOptions

/** As `createClient`: what is wrong with the folder shows in `session`. @throws {MalformedInputError} `network_file`: seeds that are none */
export async function createNodeClient({
  network,
  folder,
  logger = silentLogger,
  ...rest
}: NodeClientOptions): Promise<Client> {
  const clock = systemClock()
  const random = systemRandom()
  return openClient({
    ...rest,
    ...networkPorts(network, clock),
    clock,
    random,
    crypto: createNativeCrypto(),
    logger,
    openStore: () => openSqliteStore({ path: join(folder, 'store.sqlite') }),
    vault: createFileVault({ path: join(folder, 'store.key'), random }),
    decompress,
  })
}

function networkPorts(network: NetworkFile | CompatibleNetwork, clock: Clock) {
  if (!('kind' in network)) return { network, transport: createNodeTransport({ clock }) }
  const { seeds } = network
  const transport = createStorageServerTransport({ clock, seeds })
  return { network: compatibleNetwork(network), networkKind: 'compatible' as const, transport }
}

function decompress(frame: Uint8Array, maxOutputLength: number): Uint8Array | undefined {
  try {
    return new Uint8Array(zstdDecompressSync(frame, { maxOutputLength }))
  } catch {
    return undefined // damaged or too long: zlib has many codes for it, and for the caller they are one
  }
}
