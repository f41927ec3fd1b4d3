/**
 * The worker that holds keys and network of one account, if its tab leads: its name is that of the account's database. Its page
 * only sees what `client-server.ts` hands out.
 */
import { MalformedInputError } from '@starling/client'
import { createBrowserClient } from '@starling/client/browser'
import { networkChanged } from './messages.ts'
import { openFileStorage } from './place-for-files.ts'
import { shareClient } from './shared-client.ts'

self.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (data === networkChanged) self.dispatchEvent(new Event(navigator.onLine ? 'online' : 'offline'))
})

shareClient({
  page: {
    postMessage: (message, transfer = []) => self.postMessage(message, { transfer }),
    addEventListener: (type, listener) => self.addEventListener(type, listener),
  },
  name: self.name,
  open: async () =>
    createBrowserClient({ network: await fetchNetworkFile(), name: self.name, files: openFileStorage() }),
})

/** @throws {MalformedInputError} `network_file`: it cannot be had, or is no JSON. */
async function fetchNetworkFile(): Promise<unknown> {
  // Beside the page: this script is in `assets` below it, but in the development server.
  const url = new URL(import.meta.env.DEV ? '/network.json' : '../network.json', location.href)
  try {
    const response = await fetch(url, { cache: 'no-cache', credentials: 'omit' })
    if (!response.ok) throw new MalformedInputError('network_file', `status ${response.status}`)
    const network: unknown = await response.json()
    return network
  } catch (error) {
    if (error instanceof MalformedInputError) throw error
    throw new MalformedInputError('network_file', 'not fetched', { cause: error })
  }
}
