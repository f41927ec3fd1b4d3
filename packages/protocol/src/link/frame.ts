/**
 * The frame of a link: many requests at once on one connection. A WebSocket carries one frame in each binary message;
 * TLS carries frames one after the other, to be cut by `FrameReader`.
 *
 * @see docs/protocol/link.md
 */
import { MalformedInputError } from '../errors.ts'

/** What the payload is. Numbers are never reused; from 0x80 on they are answers. */
export const FrameKind = {
  /** Empty. The other side answers with an empty `reply` of status 200. */
  ping: 0,
  /** A storage request as JSON, as in the body of `POST /storage_rpc/v1`. */
  rpc: 1,
  /** An onion request of a client, as in the body of `POST /onion_req/v2`. */
  onion: 2,
  /** An onion request that one node relays to another. */
  relay: 3,
  /** What one swarm member replicates to another. */
  forward: 4,
  /** A request for a directory document. */
  directory: 5,
  /** Messages and change records that the other side lacks, between swarm members: `rpc/member-requests.ts`. */
  transfer: 6,
  /** A new directory document, offered by a directory member. */
  publish: 7,
  /** A reachability test; answered with an empty reply of status 200. */
  probe: 8,
  /** Which buckets of two swarm members differ: `rpc/repair-requests.ts`; so are the next three. */
  digests: 9,
  /** What is in a bucket. */
  list: 10,
  /** Items that the asker lacks. */
  fetch: 11,
  /** Items that belong to the other side and no longer to the asker: which of them are missing there. */
  offer: 12,
  /** Asks for pushes of what is stored, on a client's link: `rpc/monitor.ts`. */
  monitor: 0x20,
  /** A node tells a client of a message; answered with an empty reply of status 200, as is the next one. */
  monitorMessage: 0x21,
  /** A node tells a client that there is no subscription any more. */
  monitorEnd: 0x22,
  /** The one answer to a request: `encodeReply`. */
  reply: 0x80,
  /** Empty. Who asked no longer waits; there is no answer any more. */
  cancel: 0x81,
} as const
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind]

export type Frame = {
  /** 0 … 2^32 − 1, chosen by who asks, unused by other requests that it still waits for on this link. */
  readonly requestId: number
  /** A `FrameKind`, or a number that only later versions know: to be answered with status 501. */
  readonly kind: number
  readonly payload: Uint8Array
}

/** 10 MiB. */
export const MAX_FRAME_PAYLOAD = 10_485_760
/** Length, request ID and kind. */
export const FRAME_HEADER_SIZE = 9
/** Request ID and kind: what the length counts besides the payload. */
const COUNTED_HEADER = 5
/** What a reply has before its body. */
const STATUS_SIZE = 2

/**
 * The bytes of a frame.
 *
 * @throws {MalformedInputError} `link_frame`, if the payload is over 10 MiB or a number is out of range.
 */
export function encodeFrame({ requestId, kind, payload }: Frame): Uint8Array {
  if (payload.length > MAX_FRAME_PAYLOAD) throw malformed(`payload of ${payload.length} bytes`)
  if (!isUnsigned(requestId, 0xffff_ffff) || !isUnsigned(kind, 0xff)) throw malformed('request ID or kind')
  const bytes = new Uint8Array(FRAME_HEADER_SIZE + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, COUNTED_HEADER + payload.length)
  view.setUint32(4, requestId)
  view.setUint8(8, kind)
  bytes.set(payload, FRAME_HEADER_SIZE)
  return bytes
}

/**
 * The frame that is all of `bytes`, as a WebSocket message is. The payload shares their memory.
 *
 * @throws {MalformedInputError} `link_frame`
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const size = bytes.length < 4 ? undefined : frameSize(bytes, MAX_FRAME_PAYLOAD)
  if (size !== bytes.length) throw malformed(`${bytes.length} bytes, announced ${size ?? 'nothing'}`)
  return frameOf(bytes)
}

/** The payload of a `reply`: a status as in HTTP, two bytes, then the body. */
export function encodeReply(status: number, body: Uint8Array): Uint8Array {
  if (!isUnsigned(status, 0xffff)) throw malformed('status')
  const payload = new Uint8Array(2 + body.length)
  new DataView(payload.buffer).setUint16(0, status)
  payload.set(body, 2)
  return payload
}

/**
 * The bytes of a whole `reply` frame, with one copy of `body`.
 *
 * @throws {MalformedInputError} `link_frame`, if it is over 10 MiB or a number is out of range.
 */
export function encodeReplyFrame(requestId: number, status: number, body: Uint8Array): Uint8Array {
  const payload = STATUS_SIZE + body.length
  if (payload > MAX_FRAME_PAYLOAD) throw malformed(`payload of ${payload} bytes`)
  if (!isUnsigned(requestId, 0xffff_ffff) || !isUnsigned(status, 0xffff)) throw malformed('request ID or status')
  const bytes = new Uint8Array(FRAME_HEADER_SIZE + payload)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, COUNTED_HEADER + payload)
  view.setUint32(4, requestId)
  view.setUint8(8, FrameKind.reply)
  view.setUint16(FRAME_HEADER_SIZE, status)
  bytes.set(body, FRAME_HEADER_SIZE + STATUS_SIZE)
  return bytes
}

/**
 * Status and body of the payload of a `reply`. The body shares the payload's memory.
 *
 * @throws {MalformedInputError} `link_frame`, if there are not even two bytes.
 */
export function decodeReply(payload: Uint8Array): { readonly status: number; readonly body: Uint8Array } {
  if (payload.length < 2) throw malformed('reply without status')
  return { status: viewOf(payload).getUint16(0), body: payload.subarray(2) }
}

/**
 * Cuts a stream into frames. Holds at most one incomplete frame, in memory that grows with what has arrived and not with
 * what was announced. After an error the stream has no frame boundaries any more: the reader refuses everything, and the
 * link must be closed.
 */
export class FrameReader {
  readonly #maxPayload: number
  #held = new Uint8Array(0)
  #size = 0
  #failure: unknown

  /** @param options.maxPayload a bound below 10 MiB, where the other side may send less */
  constructor(options: { maxPayload?: number } = {}) {
    this.#maxPayload = Math.min(options.maxPayload ?? MAX_FRAME_PAYLOAD, MAX_FRAME_PAYLOAD)
  }

  /**
   * The frames that `chunk` completes, in order. Payloads may share the memory of `chunk`, which must not change.
   *
   * @throws {MalformedInputError} `link_frame`, as soon as a length under 5 or over the bound is seen.
   */
  push(chunk: Uint8Array): Frame[] {
    if (this.#failure !== undefined) throw malformed('after an error', { cause: this.#failure })
    try {
      return this.#cut(chunk)
    } catch (error) {
      this.#failure = error
      this.#held = new Uint8Array(0)
      throw error
    }
  }

  #cut(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = []
    let rest = chunk
    while (rest.length > 0) {
      const isFresh = this.#size === 0
      if (isFresh && rest.length >= 4) {
        const size = frameSize(rest, this.#maxPayload)
        if (rest.length >= size) {
          frames.push(frameOf(rest.subarray(0, size)))
          rest = rest.subarray(size)
          continue
        }
      }
      rest = this.#hold(rest)
      if (this.#size < 4 || this.#size < frameSize(this.#held, this.#maxPayload)) continue
      frames.push(frameOf(this.#held.subarray(0, this.#size)))
      this.#held = new Uint8Array(0)
      this.#size = 0
    }
    return frames
  }

  /** Keeps what the incomplete frame still needs and returns what comes after it. */
  #hold(bytes: Uint8Array): Uint8Array {
    const wanted = this.#size < 4 ? 4 : frameSize(this.#held, this.#maxPayload)
    const taken = bytes.subarray(0, wanted - this.#size)
    const needed = this.#size + taken.length
    if (needed > this.#held.length) {
      // Doubling keeps the cost of single bytes linear.
      const grown = new Uint8Array(Math.min(wanted, Math.max(64, needed, 2 * this.#held.length)))
      grown.set(this.#held.subarray(0, this.#size))
      this.#held = grown
    }
    this.#held.set(taken, this.#size)
    this.#size = needed
    return bytes.subarray(taken.length)
  }
}

/** Size of the whole frame that begins with these four bytes or more. */
function frameSize(bytes: Uint8Array, maxPayload: number): number {
  const counted = viewOf(bytes).getUint32(0)
  if (counted < COUNTED_HEADER || counted > COUNTED_HEADER + maxPayload) throw malformed(`length ${counted}`)
  return 4 + counted
}

function frameOf(bytes: Uint8Array): Frame {
  const view = viewOf(bytes)
  return { requestId: view.getUint32(4), kind: view.getUint8(8), payload: bytes.subarray(FRAME_HEADER_SIZE) }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function isUnsigned(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max
}

function malformed(detail: string, options?: ErrorOptions): MalformedInputError {
  return new MalformedInputError('link_frame', detail, options)
}
