/** What a link between two programs looks like to both of them. `link-session.ts` makes one out of a carrier of frames. */
import type { Millis } from '@starling/protocol'

/** Answer to a link request: a status with the meanings of HTTP, and a body. */
export type LinkReply = { readonly status: number; readonly body: Uint8Array }

/** Answers one request. `signal` aborts when the asker gave up or the link is gone: then nobody reads the answer. */
export type LinkHandler = (kind: number, payload: Uint8Array, signal: AbortSignal) => Promise<LinkReply>

/** What carries whole frames. */
export interface FrameCarrier {
  /** Does nothing once closed. */
  send(frame: Uint8Array): void
  /** Bytes accepted by `send` that have not left yet. */
  readonly bufferedBytes: number
  /** Idempotent. */
  close(): void
}

export interface Link extends AsyncDisposable {
  /**
   * Asks, and waits for the answer. Aborting rejects with `signal.reason` and tells the other side, whose handler stops.
   *
   * @throws {LinkError} any code.
   * @throws {MalformedInputError} `link_frame`, if the payload is over 10 MiB or the kind is none for requests.
   */
  request(
    kind: number,
    payload: Uint8Array,
    options: { readonly signal: AbortSignal; readonly timeout: Millis },
  ): Promise<LinkReply>
  /** Resolves when the link is gone, whoever closed it. */
  readonly closed: Promise<void>
}
