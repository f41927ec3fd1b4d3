import type { CallOptions, Client } from './api.ts'
import type { ClientOptions } from './client-options.ts'
import { FailedClient } from './failed-client.ts'
import { StarlingClient } from './starling-client.ts'
import type { LocalStore } from './store/local-store.ts'
import { StoreError } from './store/store-error.ts'
import { StoreLock } from './store/store-lock.ts'

/**
 * The client over these ports. Opens what the store holds and begins to connect; `session` says what is there. A store that
 * cannot be used gives a client whose session has `failed`, not an error: a face has to show that. Dispose of it in any case.
 * Where `signal` calls it off, the store is closed.
 */
export async function createClient(options: ClientOptions & CallOptions): Promise<Client> {
  if (options.signal?.aborted) await options.store[Symbol.asyncDispose]()
  return openClient({ ...options, openStore: async () => options.store })
}

/** As `createClient`, for a store that is yet to be opened, which may fail as well. */
export async function openClient(
  options: Omit<ClientOptions, 'store'> & CallOptions & { readonly openStore: () => Promise<LocalStore> },
): Promise<Client> {
  const { openStore, signal, ...ports } = options
  const { vault, network, logger } = ports
  signal?.throwIfAborted()
  try {
    const lock = await StoreLock.open({ ...ports, store: await openStore() })
    const client = await StarlingClient.open(ports, lock)
    if (signal?.aborted) await client[Symbol.asyncDispose]()
    signal?.throwIfAborted()
    return client
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    logger.warn('client.store_failed', { code: error.code })
    return new FailedClient(error, network, async () => {
      await using store = await openStore()
      await store.erase()
      await vault.erase()
    })
  }
}
