/** The composition root of clients in browsers: in a window, or better in a worker. */
import { type Descriptor, parseNetworkFile } from '@starling/protocol'
import { silentLogger, systemClock, systemRandom } from '@starling/runtime'
import { createWasmCrypto } from '@starling/runtime/wasm'
import type { CallOptions, Client } from '../api.ts'
import { openClient } from '../create-client.ts'
import type { FileStorage } from '../files/file-storage.ts'
import { createBrowserVault } from './browser-vault.ts'
import { openIndexedDbStore } from './indexeddb-store.ts'
import { createWebTransport } from './web-transport.ts'
import { decompressZstd } from './zstd.ts'

export type BrowserClientOptions = {
  /** The value of `network.json`. */
  readonly network: unknown
  /** Of the database: one for each account on this device. `starling`, unless told. */
  readonly name?: string
  /** Where encrypted files lie; without it, sending and receiving them fails with `files_unavailable`. */
  readonly files?: FileStorage | undefined
} & CallOptions

/**
 * As `createClient`: what is wrong with the database shows in `session`.
 *
 * @throws {MalformedInputError} `network_file`
 */
export async function createBrowserClient(options: BrowserClientOptions): Promise<Client> {
  const { network: file, name = 'starling', files, ...call } = options
  call.signal?.throwIfAborted()
  const network = parseNetworkFile(JSON.stringify(file) ?? '')
  const clock = systemClock()
  const random = systemRandom()
  return openClient({
    ...call,
    network,
    clock,
    random,
    crypto: await createWasmCrypto(),
    logger: silentLogger,
    transport: createWebTransport({ clock }),
    openStore: () => openIndexedDbStore({ name, clock }),
    vault: createBrowserVault({ name: `${name}-key`, random }),
    canReach,
    files,
    decompress: decompressZstd,
  })
}

/** A node needs a URL for browsers, and a page from https may only speak to https, or to its own machine. */
function canReach({ webUrl }: Descriptor): boolean {
  if (webUrl === '') return false
  return location.protocol !== 'https:' || webUrl.startsWith('https:') || isLoopback(new URL(webUrl).hostname)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.')
}
