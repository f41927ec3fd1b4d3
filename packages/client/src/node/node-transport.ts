/** The transport of Node.js: WebSockets over TLS whose certificate is the one in the node's descriptor. */

import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Descriptor } from '@starling/protocol'
import { equalBytes, FRAME_HEADER_SIZE, MAX_FRAME_PAYLOAD } from '@starling/protocol'
import type { Clock, Link } from '@starling/runtime'
import { type ClientOptions, WebSocket } from 'ws'
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

const SOCKET_OPTIONS: ClientOptions = {
  perMessageDeflate: false,
  maxPayload: MAX_FRAME_PAYLOAD + FRAME_HEADER_SIZE,
  followRedirects: false,
}

export function createNodeTransport({ clock }: { readonly clock: Clock }): Transport {
  return {
    connect: (node, { signal }) =>
      withDeadline({ clock, delay: CONNECT_TIMEOUT, signal }, (deadline) => connect(node, { clock, signal: deadline })),
    fetchDirectory: (baseUrl, { signal }) =>
      withDeadline({ clock, delay: DIRECTORY_TIMEOUT, signal }, (deadline) => fetchDirectory(baseUrl, deadline)),
    // Node.js does not tell: links that close and requests that fail do.
    offline: false,
    onNetworkChange: () => () => {},
  }
}

async function connect(node: Descriptor, options: { clock: Clock; signal: AbortSignal }): Promise<Link> {
  const socket = await connectPinned(node, options.signal)
  // The TLS connection is there and checked: `ws` only speaks over it.
  const url = `ws://${node.address}:${node.httpsPort}/link`
  return linkOverWebSocket(new WebSocket(url, { ...SOCKET_OPTIONS, createConnection: () => socket }), options)
}

/**
 * A TLS connection to exactly this node. No authority vouches for a node's certificate: its hash stands in the signed
 * descriptor, and is compared before a byte of ours is sent.
 */
function connectPinned(node: Descriptor, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host: node.address,
      port: node.httpsPort,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
    })
    const settle = () => {
      signal.removeEventListener('abort', onAbort)
      socket.removeListener('error', onError)
    }
    const fail = (reason: unknown) => {
      settle()
      socket.on('error', () => {}) // destroyed: nobody waits for what it has to say
      socket.destroy()
      reject(reason)
    }
    const onAbort = () => fail(signal.reason)
    const onError = (error: Error) => fail(new TransportError('unreachable', { cause: error }))
    signal.addEventListener('abort', onAbort)
    socket.on('error', onError)
    socket.once('secureConnect', () => {
      if (!isCertificateOf(node, socket)) return fail(new TransportError('wrong_certificate'))
      settle()
      resolve(socket)
    })
    if (signal.aborted) onAbort()
  })
}

function isCertificateOf(node: Descriptor, socket: TLSSocket): boolean {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return false
  const hash = createHash('sha256').update(certificate.raw).digest()
  return equalBytes(hash, node.certificateHash)
}

/** Whoever delivers it does not matter, since it is verified by signature: no certificate is checked. */
async function fetchDirectory(baseUrl: string, signal: AbortSignal): Promise<Uint8Array> {
  const url = directoryUrl(baseUrl)
  const request = url.startsWith('https:')
    ? httpsRequest(url, { signal, rejectUnauthorized: false })
    : httpRequest(url, { signal })
  try {
    return await new Promise((resolve, reject) => {
      request.on('error', reject)
      request.on('response', (response) => {
        if (response.statusCode !== 200) reject(new TransportError('refused'))
        else readBounded(response, MAX_DIRECTORY_SIZE).then(resolve, reject)
      })
      request.end()
    })
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof TransportError ? error : new TransportError('unreachable', { cause: error })
  } finally {
    request.destroy()
  }
}
