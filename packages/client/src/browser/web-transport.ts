/** The transport of browsers: WebSockets to nodes, `fetch` for the directory. Works in windows and in workers. */
import type { Descriptor } from '@starling/protocol'
import type { Clock, Link } from '@starling/runtime'
import type { Transport } from '../transport/transport.ts'
import { TransportError } from '../transport/transport-error.ts'
import {
  CONNECT_TIMEOUT,
  DIRECTORY_TIMEOUT,
  directoryUrl,
  MAX_DIRECTORY_SIZE,
  readBounded,
  withDeadline,
} from '../transport/transport-limits.ts'
import { linkOverWebSocket } from '../transport/web-socket-link.ts'

/**
 * A browser checks a node's certificate by its name only, and not the one in its descriptor: what goes over a link must
 * therefore be sealed for the node, as onion requests are.
 */
export function createWebTransport({ clock }: { readonly clock: Clock }): Transport {
  return {
    connect: (node, { signal }) =>
      withDeadline({ clock, delay: CONNECT_TIMEOUT, signal }, (deadline) => connect(node, { clock, signal: deadline })),
    fetchDirectory: (baseUrl, { signal }) =>
      withDeadline({ clock, delay: DIRECTORY_TIMEOUT, signal }, (deadline) => fetchDirectory(baseUrl, deadline)),
    get offline() {
      return !navigator.onLine
    },
    onNetworkChange(listener) {
      const events = ['online', 'offline']
      for (const event of events) globalThis.addEventListener(event, listener)
      return () => {
        for (const event of events) globalThis.removeEventListener(event, listener)
      }
    },
  }
}

async function connect(node: Descriptor, options: { clock: Clock; signal: AbortSignal }): Promise<Link> {
  if (node.webUrl === '') throw new TransportError('unreachable')
  const url = `${node.webUrl.replace(/^http/, 'ws').replace(/\/+$/, '')}/link`
  return linkOverWebSocket(openSocket(url), options)
}

/** Blocked by the page's policy or by a page's https: as good as not there. */
function openSocket(url: string): WebSocket {
  try {
    return new WebSocket(url)
  } catch (error) {
    throw new TransportError('unreachable', { cause: error })
  }
}

async function fetchDirectory(baseUrl: string, signal: AbortSignal): Promise<Uint8Array> {
  try {
    const response = await fetch(directoryUrl(baseUrl), {
      signal,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
    })
    if (!response.ok || response.body === null) throw new TransportError('refused')
    return await readBounded(chunksOf(response.body), MAX_DIRECTORY_SIZE)
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof TransportError ? error : new TransportError('unreachable', { cause: error })
  }
}

/** Not every browser can iterate over a stream. Leaving early cancels it. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  let isDone = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      isDone = done
      if (done) return
      yield value
    }
  } finally {
    if (!isDone) await reader.cancel()
  }
}
