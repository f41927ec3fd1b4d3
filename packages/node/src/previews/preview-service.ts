/**
 * What a preview service does with an onion request: opens the layer, fetches the page, seals the answer. It learns which
 * page is asked for and from which last hop, never by whom. Keeps nothing and logs nothing of a request; opens none twice.
 * docs/protocol/onion.md §7.
 */
import {
  AuthenticationError,
  type Crypto,
  concatBytes,
  decodePageRequest,
  deriveLayerCipher,
  encodePageReply,
  type LayerCipher,
  MalformedInputError,
  onionAnswers,
  openWithCipher,
  type PageReply,
  type PageRequest,
  parseEncType,
  parseOnionBody,
  type RandomBytes,
  sealWithCipher,
  type TextAnswer,
  UnsupportedCipherError,
  utf8,
  wipe,
  type X25519KeyPair,
} from '@starling/protocol'
import type { Clock, LinkReply } from '@starling/runtime'
import { ReplayCache } from '../relay/replay-cache.ts'
import { rateOf, TokenBucket } from '../server/token-bucket.ts'
import { PageError, type PageFetcher } from './page-fetcher.ts'

/** At once, and to one host: nobody shall make us a burden for a site. */
const MAX_REQUESTS = 64
const MAX_REQUESTS_PER_HOST = 4
const RATE = rateOf(20, { burstSeconds: 5 })

export type PreviewServiceOptions = {
  readonly crypto: Crypto
  readonly random: RandomBytes
  readonly clock: Clock
  /** The public one stands in the network file. */
  readonly keys: X25519KeyPair
  readonly fetcher: Pick<PageFetcher, 'fetch'>
}

/** Bounded: 64 requests at once, 4 to one host, 20 a second after the first 100; then 503. */
export class PreviewService {
  readonly #options: PreviewServiceOptions
  readonly #replays: ReplayCache
  readonly #bucket = new TokenBucket()
  readonly #running = new Map<string, number>()
  #count = 0

  constructor(options: PreviewServiceOptions) {
    this.#options = options
    this.#replays = new ReplayCache(options)
  }

  /** The answer to the body of a last hop's request: 200 and sealed, or in clear what is wrong with it. */
  async answer(body: Uint8Array, signal: AbortSignal): Promise<LinkReply> {
    const { clock } = this.#options
    if (this.#count >= MAX_REQUESTS || this.#bucket.take(RATE, clock.monotonic()) > 0) return plain(onionAnswers.busy())
    const opened = this.#open(body)
    if ('status' in opened) return plain(opened)
    const { cipher, request } = opened
    this.#count++
    try {
      const reply = encodePageReply(await this.#fetch(request, signal))
      return { status: 200, body: concatBytes(...sealWithCipher(this.#options, cipher, reply)) }
    } finally {
      this.#count--
      wipe(cipher.key)
    }
  }

  #open(body: Uint8Array): TextAnswer | { readonly cipher: LayerCipher; readonly request: PageRequest } {
    const { crypto, keys } = this.#options
    let cipher: LayerCipher | undefined
    try {
      const parsed = parseOnionBody(body)
      if (parsed.kind === 'tooManyHops') return onionAnswers.tooManyHops()
      const { data, ephemeralKey, encType } = parsed.frame
      const own = { ownSecret: keys.secretKey, nodeKey: keys.publicKey }
      cipher = deriveLayerCipher({
        ...own,
        crypto,
        encType: parseEncType(encType),
        other: ephemeralKey,
        clientKey: ephemeralKey,
      })
      const plaintext = openWithCipher(crypto, cipher, data)
      if (this.#replays.seenBefore(cipher.key)) {
        wipe(cipher.key)
        return onionAnswers.replayed()
      }
      return { cipher, request: decodePageRequest(plaintext) }
    } catch (error) {
      if (cipher) wipe(cipher.key)
      return refusalOf(error)
    }
  }

  async #fetch({ url, maxBytes }: PageRequest, signal: AbortSignal): Promise<PageReply> {
    const host = URL.canParse(url) ? new URL(url).hostname : ''
    const running = this.#running.get(host) ?? 0
    if (running >= MAX_REQUESTS_PER_HOST) return { kind: 'none', status: 503 }
    this.#running.set(host, running + 1)
    try {
      return { kind: 'page', ...(await this.#options.fetcher.fetch(url, { maxBytes, signal })) }
    } catch (error) {
      if (!(error instanceof PageError)) throw error
      return { kind: 'none', status: STATUS[error.code] }
    } finally {
      const left = this.#running.get(host)! - 1
      if (left === 0) this.#running.delete(host)
      else this.#running.set(host, left)
    }
  }
}

const STATUS: Readonly<Record<PageError['code'], number>> = {
  refused: 403,
  not_public: 403,
  unreachable: 502,
  not_a_page: 415,
  timeout: 504,
}

function refusalOf(error: unknown): TextAnswer {
  if (error instanceof UnsupportedCipherError) return onionAnswers.unknownCipher()
  if (error instanceof AuthenticationError) return onionAnswers.invalidCiphertext()
  if (error instanceof MalformedInputError) return onionAnswers.malformed(error.code)
  throw error
}

function plain({ status, body }: TextAnswer): LinkReply {
  return { status, body: utf8(body) }
}
