/**
 * One hop of an onion request: peel the own layer, then answer, or pass the rest to the next node. docs/protocol/onion.md §3.
 * Knows no account: what is inside the next layer stays sealed, and what the destination answers passes unchanged.
 */
import {
  type Crypto,
  type Descriptor,
  decodeRelayFrame,
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
  type ReplyContent,
  seconds,
  type TextAnswer,
  unreachable,
  utf8,
  type X25519KeyPair,
} from '@starling/protocol'
import type { LinkReply, Logger } from '@starling/runtime'
import { PeerError } from '../peer-error.ts'
import type { PeerNetwork } from '../ports.ts'

/**
 * A held retrieval may take a minute, so no hop gives up before that. A next node that is gone is noticed much earlier,
 * by the heartbeat of the link to it.
 */
const RELAY_TIMEOUT = seconds(75)

export type RelayOptions = {
  readonly nodeId: NodeId
  readonly keys: X25519KeyPair
  readonly crypto: Crypto
  readonly random: RandomBytes
  readonly logger: Logger
  readonly peers: PeerNetwork
  readonly descriptorOf: (nodeId: NodeId) => Descriptor | undefined
  /** Answers a storage request of which we are the destination. */
  readonly answer: (request: Uint8Array, signal: AbortSignal) => Promise<ReplyContent>
}

export class Relay {
  readonly #options: RelayOptions

  constructor(options: RelayOptions) {
    this.#options = options
  }

  /** A client's request: we are its guard. */
  async fromClient(body: Uint8Array, signal: AbortSignal): Promise<LinkReply> {
    return this.#pass(() => parseOnionBody(body), signal)
  }

  /** A relayed request of another node. */
  async fromPeer(payload: Uint8Array, signal: AbortSignal): Promise<LinkReply> {
    return this.#pass(() => decodeRelayFrame(payload), signal)
  }

  async #pass(parse: () => ParsedFrame, signal: AbortSignal): Promise<LinkReply> {
    let parsed: ParsedFrame
    try {
      parsed = parse()
    } catch (error) {
      return plain(onionAnswers.malformed(inputCode(error)))
    }
    if (parsed.kind === 'tooManyHops') return plain(onionAnswers.tooManyHops())
    return this.#peel(parsed.frame, signal)
  }

  async #peel(frame: OnionFrame, signal: AbortSignal): Promise<LinkReply> {
    const { crypto, random, keys } = this.#options
    const peeled = peelOnionLayer({ crypto, random, own: keys, frame })
    switch (peeled.kind) {
      case 'final': {
        using reply = peeled.reply
        return { status: 200, body: reply.seal(await this.#options.answer(peeled.request, signal)) }
      }
      case 'relay':
        return this.#forward(peeled.next, peeled.forward, signal)
      case 'server': {
        // Relaying to servers outside the network comes with a list of hosts; until then none is allowed.
        using reply = peeled.reply
        return { status: 200, body: reply.seal({ status: 400, body: 'Invalid url', isJson: false }) }
      }
      case 'malformed':
        return { status: 200, body: peeled.sealedReply }
      case 'refused':
        return plain(onionAnswers.invalidCiphertext())
      default:
        return unreachable(peeled)
    }
  }

  async #forward(next: NodeId, forward: OnionFrame, signal: AbortSignal): Promise<LinkReply> {
    const descriptor = this.#options.descriptorOf(next)
    if (!descriptor) return plain(onionAnswers.nextNodeNotFound(next))
    try {
      return await this.#options.peers.request(descriptor, FrameKind.relay, encodeRelayFrame(forward), {
        signal,
        timeout: RELAY_TIMEOUT,
      })
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      this.#options.logger.debug('relay.next_failed', { code: error.code })
      return plain(error.code === 'timeout' ? onionAnswers.timeout() : onionAnswers.nextNodeUnreachable(next))
    }
  }
}

function plain(answer: TextAnswer): LinkReply {
  return { status: answer.status, body: utf8(answer.body) }
}

/** The code of a typed error about foreign input; anything else is ours and goes on. */
function inputCode(error: unknown): string {
  if (error instanceof MessengerError && error.fault === 'input') return error.code
  throw error
}
