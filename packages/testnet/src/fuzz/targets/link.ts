/** What comes over links: a stream cut into frames, frames, and a session that serves them. */
import {
  concatBytes,
  decodeFrame,
  decodeReply,
  encodeFrame,
  encodeReply,
  type Frame,
  FrameKind,
  FrameReader,
  MalformedInputError,
  utf8,
} from '@starling/protocol'
import { LinkSession } from '@starling/runtime'
import { settle, VirtualClock } from '@starling/runtime/testing'
import { Dice } from '../dice.ts'
import { mustEqual, mustEqualBytes } from '../equal.ts'
import { mutateBytes } from '../mutate-bytes.ts'
import { type FuzzTarget, must } from '../target.ts'

const KINDS = Object.values(FrameKind)

function* seeds(): Generator<Uint8Array> {
  for (const kind of KINDS) yield encodeFrame({ requestId: 1, kind, payload: utf8('{"method":"info","params":{}}') })
  yield concatBytes(
    ...KINDS.map((kind, requestId) => encodeFrame({ requestId, kind, payload: encodeReply(200, utf8('x')) })),
  )
  yield encodeFrame({ requestId: 2 ** 32 - 1, kind: 255, payload: new Uint8Array() })
}

/** However a stream is cut into pieces, the frames in it are the same. */
const stream: FuzzTarget = {
  name: 'link-stream',
  sources: ['protocol/src/link/frame.ts'],
  mutate: mutateBytes,
  words: ['\0\0\0\x05', '\0\0\0\x07', '\0\xa0\0\x05', '\0\xa0\0\x06'],
  seeds,
  run(input) {
    const whole = framesOf(input, [input.length])
    const dice = new Dice(input.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, input.length))
    const cuts: number[] = []
    for (let left = input.length; left > 0; left -= cuts.at(-1)!) cuts.push(Math.min(left, 1 + dice.small(left)))
    const single = framesOf(
      input,
      Array.from(input, () => 1),
    )
    for (const pieces of [whole, framesOf(input, cuts)]) {
      must(pieces.refused === single.refused, 'a stream is refused however it is cut')
      // The piece in which it is refused gives none of its frames.
      const frames = pieces.refused ? single.frames.slice(0, pieces.frames.length) : single.frames
      mustEqual(pieces.frames, frames, 'frames do not depend on how the stream is cut')
    }
    for (const frame of whole.frames) {
      const again = decodeFrame(encodeFrame(frame))
      mustEqual([again.requestId, again.kind], [frame.requestId, frame.kind], 'a frame is written and read')
      mustEqualBytes(again.payload, frame.payload, 'a frame is written and read')
    }
    return whole.frames
  },
  output: { base: 4096, factor: 32 },
  steps: { base: 50_000, factor: 2000 },
}

function framesOf(input: Uint8Array, cuts: readonly number[]): { frames: Frame[]; refused: string | undefined } {
  const reader = new FrameReader()
  const frames: Frame[] = []
  let at = 0
  for (const size of cuts) {
    try {
      // Copied: payloads share the memory of their piece, which would otherwise be all of the input.
      for (const { requestId, kind, payload } of reader.push(input.slice(at, at + size)))
        frames.push({ requestId, kind, payload: payload.slice() })
    } catch (error) {
      if (!(error instanceof MalformedInputError)) throw error
      return { frames, refused: error.code }
    }
    at += size
  }
  return { frames, refused: undefined }
}

const whole: FuzzTarget = {
  name: 'link-frame',
  sources: ['protocol/src/link/frame.ts'],
  mutate: mutateBytes,
  words: [],
  seeds,
  run(input) {
    const frame = decodeFrame(input)
    mustEqualBytes(encodeFrame(frame), input, 'a frame has one form')
    const { status, body } = decodeReply(frame.payload)
    mustEqualBytes(encodeReply(status, body), frame.payload, 'a reply has one form')
    return frame
  },
}

/** A session that hears whatever a stream holds while it waits for an answer of its own. */
const session: FuzzTarget = {
  name: 'link-session',
  sources: ['runtime/src/link-session.ts', 'runtime/src/pending-request.ts'],
  mutate: mutateBytes,
  words: [
    '\0\0\0\x05\0\0\0\x01\x80',
    '\0\0\0\x05\0\0\0\x01\x81',
    '\0\0\0\x05\0\0\0\x07\0',
    '\0\0\0\x07\0\0\0\x01\x80\0\xc8',
  ],
  seeds,
  async run(input) {
    const sent: Uint8Array[] = []
    const state = { closed: false }
    const carrier = {
      send: (frame: Uint8Array) => void sent.push(frame),
      bufferedBytes: 0,
      close: () => {
        state.closed = true
      },
    }
    const failures: unknown[] = []
    const link = new LinkSession({
      carrier,
      clock: new VirtualClock(),
      handler,
      onFailure: (error) => failures.push(error),
      maxPending: 64,
    })
    const { signal } = new AbortController()
    const asked = link.request(FrameKind.rpc, utf8('{}'), { signal, timeout: 1000 as never }).then(
      ({ status }) => status,
      (error: unknown) => error,
    )
    const { frames, refused } = framesOf(
      input,
      Array.from(input, () => 1),
    )
    for (const frame of frames) link.receive(frame)
    if (refused) link.closedByCarrier('protocol')
    await settle()
    await link[Symbol.asyncDispose]()
    must(state.closed, 'a session that is over has closed its carrier')
    must(
      failures.every((failure) => failure === BROKEN),
      'only handlers fail',
    )
    const outcome = await asked
    must(typeof outcome === 'number' || outcome instanceof Error, 'a request settles')
    for (const frame of sent) decodeFrame(frame)
    return sent
  },
  output: { base: 4096, factor: 64 },
  steps: { base: 50_000, factor: 1000 },
}

const BROKEN = new Error('the handler fails for payloads that begin with a zero')
const handler = async (_kind: number, payload: Uint8Array) => {
  if (payload[0] === 0) throw BROKEN
  return { status: 200, body: payload }
}

export const linkTargets: readonly FuzzTarget[] = [stream, whole, session]
