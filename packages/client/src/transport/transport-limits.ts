import { type Millis, seconds } from '@starling/protocol'
import { type Clock, TimeoutError, withTimeout } from '@starling/runtime'
import { TransportError } from './transport-error.ts'

export const CONNECT_TIMEOUT = seconds(10)
export const DIRECTORY_TIMEOUT = seconds(30)
/** 16 MiB: some 60,000 nodes. */
export const MAX_DIRECTORY_SIZE = 16 * 1024 * 1024
/** Shorter than the minute after which common routers forget an idle connection. */
export const HEARTBEAT = { interval: seconds(30), timeout: seconds(10) }

/** As `withTimeout`, with the error of transports. @throws {TransportError} `timeout` */
export async function withDeadline<T>(
  options: { readonly clock: Clock; readonly delay: Millis; readonly signal: AbortSignal },
  fn: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await withTimeout(options.clock, options.delay, options.signal, fn)
  } catch (error) {
    throw error instanceof TimeoutError ? new TransportError('timeout', { cause: error }) : error
  }
}

/** Where a node or bootstrap URL serves the newest directory document. */
export function directoryUrl(baseUrl: string): string {
  return `${baseUrl.replace(/\/+$/, '')}/directory/latest`
}

/** Collects a body of at most `max` bytes. @throws {TransportError} `refused`, as soon as it is longer. */
export async function readBounded(chunks: AsyncIterable<Uint8Array>, max: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > max) throw new TransportError('refused')
    parts.push(chunk)
  }
  const body = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    body.set(part, at)
    at += part.length
  }
  return body
}
