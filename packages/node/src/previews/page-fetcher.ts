/**
 * Fetches pages that strangers name, for link previews: over https alone, from hosts with a public address alone, also
 * after redirects; without cookies, referrer or anything else that tells one asker from another. docs/protocol/onion.md §7.
 */
import type { LookupAddress } from 'node:dns'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { isIP } from 'node:net'
import { isExitHostName, MessengerError, seconds } from '@starling/protocol'
import { type Clock, TimeoutError, withTimeout } from '@starling/runtime'
import { type AddressCheck, allowedAddresses, onlyThese } from '../relay/checked-addresses.ts'

/** From the first name to the last byte, redirects included. */
const TIMEOUT = seconds(15)
const MAX_REDIRECTS = 3
const MAX_URL_LENGTH = 8192
const MAX_HEADER_BYTES = 16_384
const MAX_CONTENT_TYPE_LENGTH = 200
const REDIRECTS = [301, 302, 303, 307, 308]
const TYPES = ['text/html', 'application/xhtml+xml', 'image/jpeg', 'image/png', 'image/webp', 'image/gif']
/** The same for everybody. */
const HEADERS = {
  Accept: TYPES.join(', '),
  'Accept-Encoding': 'identity',
  'Accept-Language': 'en',
  'User-Agent': 'Starling link preview',
}

/**
 * `refused`: no https URL of a host by name, at the usual port. `not_public`: no address that may be connected to.
 * `not_a_page`: neither HTML nor a picture. `unreachable`: anything else that is no page.
 */
export class PageError extends MessengerError {
  override readonly name = 'PageError'
  readonly fault = 'environment'
  readonly code: 'refused' | 'not_public' | 'unreachable' | 'not_a_page' | 'timeout'
  constructor(code: PageError['code'], options?: ErrorOptions) {
    super(`page: ${code}`, options)
    this.code = code
  }
}

export type Page = {
  /** Where redirects led. */
  readonly url: string
  readonly contentType: string
  readonly body: Uint8Array
}

export type PageFetcherOptions = AddressCheck & {
  readonly clock: Clock
  /** Trusted certificates, PEM; those of Node.js. */
  readonly trusted?: string
  /** Where pages are really fetched from; 443. */
  readonly port?: number
}

export class PageFetcher {
  readonly #options: PageFetcherOptions

  constructor(options: PageFetcherOptions) {
    this.#options = options
  }

  /**
   * At most `maxBytes` of a page: what is more is cut off.
   *
   * @throws {PageError} any code, within 15 s. Rejects with the reason of `signal`.
   */
  async fetch(url: string, options: { readonly maxBytes: number; readonly signal: AbortSignal }): Promise<Page> {
    try {
      return await withTimeout(this.#options.clock, TIMEOUT, options.signal, (signal) =>
        this.#follow(url, { ...options, signal }),
      )
    } catch (error) {
      if (error instanceof TimeoutError) throw new PageError('timeout', { cause: error })
      throw error
    }
  }

  async #follow(first: string, options: { maxBytes: number; signal: AbortSignal }): Promise<Page> {
    let url = parsePublicUrl(first)
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const found = await this.#get(url, options)
      if (!(found instanceof URL)) return found
      url = found
    }
    throw new PageError('unreachable')
  }

  /** The page, or where it says that it is. */
  async #get(url: URL, { maxBytes, signal }: { maxBytes: number; signal: AbortSignal }): Promise<Page | URL> {
    const addresses = await this.#addressesOf(url.hostname)
    signal.throwIfAborted()
    const asking = this.#ask(url, addresses, signal)
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        asking.on('response', resolve)
        asking.on('error', reject)
        asking.end()
      })
      if (REDIRECTS.includes(response.statusCode!)) return parsePublicUrl(response.headers.location ?? '', url)
      return { url: url.href, contentType: contentTypeOf(response), body: await collect(response, maxBytes) }
    } catch (error) {
      signal.throwIfAborted()
      throw error instanceof PageError ? error : new PageError('unreachable', { cause: error })
    } finally {
      asking.destroy()
    }
  }

  async #addressesOf(host: string): Promise<readonly LookupAddress[]> {
    let allowed: readonly LookupAddress[]
    try {
      allowed = await allowedAddresses(host, this.#options)
    } catch (error) {
      throw new PageError('unreachable', { cause: error })
    }
    if (allowed.length === 0) throw new PageError('not_public')
    return allowed
  }

  #ask({ hostname, pathname, search }: URL, addresses: readonly LookupAddress[], signal: AbortSignal) {
    const { trusted, port = 443 } = this.#options
    return request({
      method: 'GET',
      host: hostname,
      port,
      path: pathname + search,
      headers: { Host: hostname, ...HEADERS },
      agent: false,
      signal,
      lookup: onlyThese(addresses),
      maxHeaderSize: MAX_HEADER_BYTES,
      minVersion: 'TLSv1.2',
      // Said, because a variable of the environment could say otherwise.
      rejectUnauthorized: true,
      ...(trusted && { ca: trusted }),
    })
  }
}

/** @throws {PageError} `refused` */
function parsePublicUrl(text: string, base?: URL): URL {
  if (text === '' || text.length > MAX_URL_LENGTH || !URL.canParse(text, base)) throw new PageError('refused')
  const url = new URL(text, base)
  const { protocol, hostname, port, username, password, href } = url
  const isName = isExitHostName(hostname) && hostname.includes('.') && isIP(hostname) === 0
  const isPlain = protocol === 'https:' && port === '' && username === '' && password === ''
  if (!isName || !isPlain || href.length > MAX_URL_LENGTH) throw new PageError('refused')
  url.hash = ''
  return url
}

/** @throws {PageError} `unreachable`, `not_a_page` */
function contentTypeOf({ statusCode, headers }: IncomingMessage): string {
  if (statusCode !== 200) throw new PageError('unreachable')
  const { 'content-type': contentType = '', 'content-encoding': encoding = 'identity' } = headers
  const isKnown = TYPES.includes(contentType.split(';')[0]!.trim().toLowerCase())
  const isShown = contentType.length <= MAX_CONTENT_TYPE_LENGTH && /^[\x20-\x7e]+$/.test(contentType)
  if (!isKnown || !isShown || encoding.toLowerCase() !== 'identity') throw new PageError('not_a_page')
  return contentType
}

async function collect(response: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= maxBytes) break
  }
  return Buffer.concat(chunks).subarray(0, maxBytes)
}
