/**
 * The client at the other end of a link, as pushes see it. Invariant: what is under way to it, and to all of them
 * together, has a bound; who does not keep up is told so and gets nothing more.
 */
import { encodeMonitorEnd, FrameKind, type MonitorEnd, seconds } from '@starling/protocol'
import { LinkError } from '@starling/runtime'
import type { LinkPeer } from '../ports.ts'

/** For a client to say that a push has come. */
const PUSH_TIMEOUT = seconds(30)
const UNKNOWN_KIND = 501

/** Pushes under way. The bytes are those of payloads. */
export type PushLimits = {
  readonly pushesPerLink: number
  readonly bytesPerLink: number
  readonly bytes: number
}

/** What is under way to all clients. */
export type PushTraffic = { bytes: number }

export type SubscriberOptions = {
  readonly link: LinkPeer
  readonly limits: PushLimits
  readonly traffic: PushTraffic
  /** It does not keep up (`tooSlow`), or does not know what a push is. What is under way still counts. */
  readonly onLost: (reason: 'tooSlow' | 'unwilling') => void
  /** The link failed in a way that it should not. */
  readonly onFailure: (error: unknown) => void
}

export class Subscriber {
  readonly #options: SubscriberOptions
  #pushes = 0
  #bytes = 0

  constructor(options: SubscriberOptions) {
    this.#options = options
  }

  /** Sends, or gives the client up. Never waits. */
  push(payload: Uint8Array): void {
    const { limits, traffic } = this.#options
    const size = payload.length
    if (
      this.#pushes >= limits.pushesPerLink ||
      this.#bytes + size > limits.bytesPerLink ||
      traffic.bytes + size > limits.bytes
    ) {
      this.#options.onLost('tooSlow')
      return
    }
    this.#pushes++
    this.#bytes += size
    traffic.bytes += size
    void this.#ask(FrameKind.monitorMessage, payload).finally(() => {
      this.#pushes--
      this.#bytes -= size
      traffic.bytes -= size
    })
  }

  /** Says that a subscription is over: a frame of a few bytes for each, so beyond the bounds of messages. */
  tell(end: MonitorEnd): void {
    void this.#ask(FrameKind.monitorEnd, encodeMonitorEnd(end))
  }

  async #ask(kind: number, payload: Uint8Array): Promise<void> {
    try {
      const { status } = await this.#options.link.request(kind, payload, {
        signal: NEVER,
        timeout: PUSH_TIMEOUT,
      })
      if (status === UNKNOWN_KIND) this.#options.onLost('unwilling')
      else if (status !== 200) this.#options.onLost('tooSlow')
    } catch (error) {
      if (!(error instanceof LinkError)) this.#options.onFailure(error)
      else if (error.code === 'timeout' || error.code === 'overloaded') this.#options.onLost('tooSlow')
    }
  }
}

/** What was pushed is on its way; when the link closes, its requests end by themselves. */
const NEVER = new AbortController().signal
