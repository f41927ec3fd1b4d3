/**
 * Posts to servers outside the network. Who they are is decided above, by a list; here is seen to it that the address
 * behind a name is one that may be connected to: names are resolved once, and the connection goes to what was checked.
 * No redirects, no kept connections, TLS 1.2 or later with a certificate for the name. docs/protocol/onion.md §6.
 */
import type { LookupAddress } from 'node:dns'
import { type ClientRequest, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { MAX_FRAME_PAYLOAD, MessengerError, type Millis, type ServerTarget, seconds } from '@starling/protocol'
import { type Clock, type LinkReply, TimeoutError, withTimeout } from '@starling/runtime'
import { type AddressCheck, allowedAddresses, onlyThese } from './checked-addresses.ts'

/** From name to the last byte of the answer. */
const TIMEOUT = seconds(25)
/** A link's answer has two bytes more. */
const MAX_ANSWER_BYTES = MAX_FRAME_PAYLOAD - 2
const MAX_REQUESTS = 256
const MAX_REQUESTS_PER_HOST = 64
/** Of answers that have not come whole. */
const MAX_HELD_BYTES = 134_217_728
/** Looking a name up occupies a thread of the process, of which there are few. */
const NAME_LIFETIME = seconds(60)

/** `not_public`: the name stands for no address that may be connected to. `busy`: a bound is reached. */
export class ServerExitError extends MessengerError {
  override readonly name = 'ServerExitError'
  readonly fault = 'environment'
  readonly code: 'unreachable' | 'not_public' | 'timeout' | 'too_large' | 'busy'
  constructor(code: ServerExitError['code'], options?: ErrorOptions) {
    super(`exit: ${code}`, options)
    this.code = code
  }
}

/** The way out of the network. */
export interface ServerExit {
  /**
   * Posts `body`, and resolves with status and body of the answer as they come, whatever they are; at most 10 MiB.
   *
   * @throws {ServerExitError} any code, within 25 s.
   */
  post(target: ServerTarget, body: Uint8Array, signal: AbortSignal): Promise<LinkReply>
}

export type ServerExitOptions = AddressCheck & {
  readonly clock: Clock
  /** Trusted certificates, PEM; those of Node.js. */
  readonly trusted?: string
}

/** Bounded: 256 requests at once, 64 to one host, 128 MiB of unfinished answers; then `busy`. */
export function createServerExit(options: ServerExitOptions): ServerExit {
  return new HttpExit(options)
}

class HttpExit implements ServerExit {
  readonly #options: ServerExitOptions
  /** As many as there are hosts in the list. */
  readonly #names = new Map<string, { readonly until: Millis; readonly addresses: Promise<readonly LookupAddress[]> }>()
  readonly #running = new Map<string, number>()
  #count = 0
  #heldBytes = 0

  constructor(options: ServerExitOptions) {
    this.#options = options
  }

  async post(target: ServerTarget, body: Uint8Array, signal: AbortSignal): Promise<LinkReply> {
    const { host } = target
    const running = this.#running.get(host) ?? 0
    if (this.#count >= MAX_REQUESTS || running >= MAX_REQUESTS_PER_HOST) throw new ServerExitError('busy')
    this.#count++
    this.#running.set(host, running + 1)
    try {
      return await withTimeout(this.#options.clock, TIMEOUT, signal, async (limited) => {
        const addresses = await this.#addressesOf(host)
        limited.throwIfAborted()
        return this.#send(target, { body, addresses, signal: limited })
      })
    } catch (error) {
      if (error instanceof TimeoutError) throw new ServerExitError('timeout', { cause: error })
      throw error
    } finally {
      this.#count--
      const left = this.#running.get(host)! - 1
      if (left === 0) this.#running.delete(host)
      else this.#running.set(host, left)
    }
  }

  async #addressesOf(host: string): Promise<readonly LookupAddress[]> {
    const now = this.#options.clock.monotonic()
    let known = this.#names.get(host)
    if (known === undefined || known.until <= now) {
      known = { until: (now + NAME_LIFETIME) as Millis, addresses: this.#resolve(host) }
      this.#names.set(host, known)
      known.addresses.catch(() => this.#names.delete(host))
    }
    return known.addresses
  }

  async #resolve(host: string): Promise<readonly LookupAddress[]> {
    let allowed: readonly LookupAddress[]
    try {
      allowed = await allowedAddresses(host, this.#options)
    } catch (error) {
      throw new ServerExitError('unreachable', { cause: error })
    }
    if (allowed.length === 0) throw new ServerExitError('not_public')
    return allowed
  }

  async #send(
    target: ServerTarget,
    { body, addresses, signal }: { body: Uint8Array; addresses: readonly LookupAddress[]; signal: AbortSignal },
  ): Promise<LinkReply> {
    const request = this.#open(target, { addresses, length: body.length, signal })
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        request.on('response', resolve)
        request.on('error', reject)
        request.end(body)
      })
      return { status: response.statusCode!, body: await this.#collect(response) }
    } catch (error) {
      signal.throwIfAborted()
      throw error instanceof ServerExitError ? error : new ServerExitError('unreachable', { cause: error })
    } finally {
      request.destroy()
    }
  }

  #open(
    { protocol, host, port, target }: ServerTarget,
    { addresses, length, signal }: { addresses: readonly LookupAddress[]; length: number; signal: AbortSignal },
  ): ClientRequest {
    const headers = { 'Content-Type': 'application/octet-stream', 'Content-Length': length, 'User-Agent': 'Starling' }
    // A connection for each request: one that a server closed while it was idle would lose a request that is no repeat.
    const options: RequestOptions = {
      method: 'POST',
      host,
      port,
      path: target,
      headers,
      agent: false,
      signal,
      lookup: onlyThese(addresses),
    }
    if (protocol === 'http') return httpRequest(options)
    const { trusted } = this.#options
    // Said, because a variable of the environment could say otherwise.
    return httpsRequest({
      ...options,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      ...(trusted && { ca: trusted }),
    })
  }

  async #collect(response: IncomingMessage): Promise<Uint8Array> {
    const chunks: Buffer[] = []
    let length = 0
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        length += chunk.length
        this.#heldBytes += chunk.length
        if (length > MAX_ANSWER_BYTES) throw new ServerExitError('too_large')
        if (this.#heldBytes > MAX_HELD_BYTES) throw new ServerExitError('busy')
        chunks.push(chunk)
      }
      return Buffer.concat(chunks)
    } finally {
      this.#heldBytes -= length
    }
  }
}
