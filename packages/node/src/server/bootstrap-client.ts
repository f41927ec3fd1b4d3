/** Asks bootstrap URLs. TLS is not verified: what comes back is signed, and what goes out is public. */
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { seconds } from '@starling/protocol'
import { type Clock, withTimeout } from '@starling/runtime'
import { PeerError } from '../peer-error.ts'
import type { BootstrapNetwork } from '../ports.ts'

const TIMEOUT = seconds(10)
// 10 000 nodes of at most 380 bytes each, and some room.
const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024
/** docs/protocol/http.md §1. */
const REFUSALS: ReadonlyMap<number, PeerError['code']> = new Map([
  [403, 'not_admitted'],
  [406, 'wrong_time'],
])

export function createBootstrapClient(clock: Clock): BootstrapNetwork {
  return {
    announce: (baseUrl, signedDescriptor, { signal }) =>
      withTimeout(clock, TIMEOUT, signal, (limited) =>
        post(`${baseUrl}/directory/announce`, signedDescriptor, limited),
      ).catch((error: unknown) => {
        if (signal.aborted || error instanceof PeerError) throw error
        throw new PeerError('unreachable', { cause: error })
      }),
  }
}

function post(url: string, body: Uint8Array, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | undefined>()
  const request = (url.startsWith('https:') ? requestHttps : requestHttp)(
    url,
    { method: 'POST', signal, rejectUnauthorized: false, headers: { 'Content-Type': 'application/octet-stream' } },
    (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > MAX_DOCUMENT_BYTES) request.destroy(new PeerError('refused'))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode === 204) resolve(undefined)
        else if (response.statusCode === 200) resolve(Buffer.concat(chunks))
        else reject(new PeerError(REFUSALS.get(response.statusCode ?? 0) ?? 'refused'))
      })
    },
  )
  request.on('error', reject)
  request.end(body)
  return promise
}
