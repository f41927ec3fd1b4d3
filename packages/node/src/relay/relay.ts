/**
 * One hop of an onion request: peel the own layer, then answer, or pass the rest to the next node or to a server that is
 * listed. docs/protocol/onion.md §3. Knows no account: what is inside the next layer stays sealed, and what the destination
 * answers passes unchanged. No layer is opened twice.
 */
import {
  type AesCbc,
  type Crypto,
  type Descriptor,
  decodeRelayFrame,
  type ExitHost,
  encodeRelayFrame,
  FrameKind,
  MessengerError,
  type NodeId,
  type OnionFrame,
  onionAnswers,
  type ParsedFrame,
  parseOnionBody,
  peelOnionLayer,
  type RandomBytes,
  type RefusedLayerCode,
  type ReplyContent,
  type ReplySealer,
  type ServerTarget,
  seconds,
  type TextAnswer,
  unreachable,
  utf8,
  type X25519KeyPair,
} from '@starling/protocol'
import type { Clock, LinkReply, Logger } from '@starling/runtime'
import { PeerError } from '../peer-error.ts'
import type { PeerNetwork } from '../ports.ts'
import { encodeText } from '../text.ts'
import { ReplayCache } from './replay-cache.ts'
import { type ServerExit, ServerExitError } from './server-exit.ts'

/**
 * A held retrieval may take a minute, so no hop gives up before that. A next node that is gone is noticed much earlier,
 * by the heartbeat of the link to it.
 */
const RELAY_TIMEOUT = seconds(75)
const LIMITS = { requests: 20_000, bytes: 268_435_456 }

export type RelayOptions = {
  readonly nodeId: NodeId
  readonly keys: X25519KeyPair
  readonly crypto: Crypto
  readonly random: RandomBytes
  readonly clock: Clock
  readonly logger: Logger
  readonly peers: PeerNetwork
  /** Only where the operator accepts layers that nothing authenticates. */
  readonly aesCbc?: AesCbc | undefined
  /** Without it, or without `exits`: every server is refused. */
  readonly exit?: ServerExit | undefined
  /** The only servers that are relayed to. */
  readonly exits?: readonly ExitHost[] | undefined
  /** Of requests under way, and of the bytes they came in; 20,000 and 256 MiB. Beyond either: 503. */
  readonly limits?: typeof LIMITS
  readonly descriptorOf: (nodeId: NodeId) => Descriptor | undefined
  /** Answers a storage request of which we are the destination. */
  readonly answer: (request: Uint8Array, signal: AbortSignal) => Promise<ReplyContent>
}

export class Relay {
  readonly #options: RelayOptions
  readonly #exits: ReadonlySet<string>
  readonly #seenBefore: ReplayCache['seenBefore']
  #requests = 0
  #bytes = 0

  constructor(options: RelayOptions) {
    this.#options = options
    this.#exits = new Set(options.exits?.map(exitKey))
    const replays = new ReplayCache(options)
    this.#seenBefore = (key) => replays.seenBefore(key)
  }

  /** Requests that are not answered yet. */
  get underWay(): number {
    return this.#requests
  }

  /** A client's request: we are its guard. */
  async fromClient(body: Uint8Array, signal: AbortSignal): Promise<LinkReply> {
    return this.#pass(body, parseOnionBody, signal)
  }

  /** A relayed request of another node. */
  async fromPeer(payload: Uint8Array, signal: AbortSignal): Promise<LinkReply> {
    return this.#pass(payload, decodeRelayFrame, signal)
  }

  async #pass(bytes: Uint8Array, parse: (bytes: Uint8Array) => ParsedFrame, signal: AbortSignal): Promise<LinkReply> {
    const { limits = LIMITS } = this.#options
    if (this.#requests >= limits.requests || this.#bytes + bytes.length > limits.bytes)
      return plain(onionAnswers.busy())
    let parsed: ParsedFrame
    try {
      parsed = parse(bytes)
    } catch (error) {
      return plain(onionAnswers.malformed(inputCode(error)))
    }
    if (parsed.kind === 'tooManyHops') return plain(onionAnswers.tooManyHops())
    this.#requests++
    this.#bytes += bytes.length
    try {
      return await this.#peel(parsed.frame, signal)
    } finally {
      this.#requests--
      this.#bytes -= bytes.length
    }
  }

  async #peel(frame: OnionFrame, signal: AbortSignal): Promise<LinkReply> {
    const { crypto, random, keys, aesCbc } = this.#options
    const seenBefore = this.#seenBefore
    const peeled = peelOnionLayer({ crypto, random, aesCbc, encodeText, own: keys, frame, seenBefore })
    switch (peeled.kind) {
      case 'final': {
        using reply = peeled.reply
        return { status: 200, body: reply.seal(await this.#options.answer(peeled.request, signal)) }
      }
      case 'relay':
        return this.#forward(peeled.next, peeled.forward, signal)
      case 'server': {
        using reply = peeled.reply
        return await this.#toServer(peeled, reply, signal)
      }
      case 'malformed':
        return { status: 200, body: peeled.sealedReply }
      case 'refused':
        return plain(refusals[peeled.code]())
      default:
        return unreachable(peeled)
    }
  }

  async #toServer(
    { target, body }: { readonly target: ServerTarget; readonly body: Uint8Array },
    reply: ReplySealer,
    signal: AbortSignal,
  ): Promise<LinkReply> {
    const { exit, logger } = this.#options
    if (exit === undefined || !this.#exits.has(exitKey(target))) {
      return { status: 200, body: reply.seal({ status: 400, body: 'Invalid url', isJson: false }) }
    }
    try {
      return ofServer(await exit.post(target, body, signal))
    } catch (error) {
      if (!(error instanceof ServerExitError)) throw error
      logger.debug('relay.exit_failed', { code: error.code })
      return plain(exitFailures[error.code]())
    }
  }

  async #forward(next: NodeId, forward: OnionFrame, signal: AbortSignal): Promise<LinkReply> {
    const descriptor = this.#options.descriptorOf(next)
    if (!descriptor) return plain(onionAnswers.nextNodeNotFound(next))
    try {
      const reply = await this.#options.peers.request(descriptor, FrameKind.relay, encodeRelayFrame(forward), {
        signal,
        timeout: RELAY_TIMEOUT,
      })
      return ofNode(reply, next)
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      this.#options.logger.debug('relay.next_failed', { code: error.code })
      return plain(error.code === 'timeout' ? onionAnswers.timeout() : onionAnswers.nextNodeUnreachable(next))
    }
  }
}

const refusals: Readonly<Record<RefusedLayerCode, () => TextAnswer>> = {
  invalid_ciphertext: onionAnswers.invalidCiphertext,
  replayed: onionAnswers.replayed,
  aes_cbc_refused: onionAnswers.aesCbcRefused,
  unknown_cipher: onionAnswers.unknownCipher,
}

const exitFailures: Readonly<Record<ServerExitError['code'], () => TextAnswer>> = {
  unreachable: onionAnswers.serverUnreachable,
  not_public: onionAnswers.serverUnreachable,
  timeout: onionAnswers.serverTimeout,
  too_large: onionAnswers.serverAnswerTooLarge,
  busy: onionAnswers.busy,
}

/** Of a server: as it came. An error without words gets some: see `ofNode`. */
function ofServer({ status, body }: LinkReply): LinkReply {
  if (status === 200 || body.length > 0) return { status: knownStatus(status), body }
  return plain({ status: knownStatus(status), body: `Server answered ${status}` })
}

/** Of the next node: as it came. Errors without words are those of the link to it. */
function ofNode({ status, body }: LinkReply, next: NodeId): LinkReply {
  if (body.length > 0) return { status: knownStatus(status), body }
  switch (status) {
    case 200:
      return { status, body }
    case 503:
      return plain(onionAnswers.busy())
    case 403: // does not know us, as one of us has an old directory
    case 501:
      return plain(onionAnswers.nextNodeUnreachable(next))
    default:
      return plain(onionAnswers.invalidNodeAnswer())
  }
}

/** Codes that are no answer in HTTP become 500. */
function knownStatus(status: number): number {
  return status >= 200 && status <= 599 ? status : 500
}

function exitKey({ host, port, protocol }: ExitHost): string {
  return `${protocol}://${host}:${port}`
}

function plain(answer: TextAnswer): LinkReply {
  return { status: answer.status, body: utf8(answer.body) }
}

/** The code of a typed error about foreign input; anything else is ours and goes on. */
function inputCode(error: unknown): string {
  if (error instanceof MessengerError && error.fault === 'input') return error.code
  throw error
}
