import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { concatBytes } from '../bytes/bytes.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import {
  decodeFrame,
  decodeReply,
  encodeFrame,
  encodeReply,
  encodeReplyFrame,
  type Frame,
  FrameKind,
  FrameReader,
  MAX_FRAME_PAYLOAD,
} from './frame.ts'

const linkFrameError = expect.objectContaining({ code: 'link_frame' })
const frames: fc.Arbitrary<Frame> = fc.record({
  requestId: fc.nat(0xffff_ffff),
  kind: fc.nat(255),
  payload: fc.uint8Array({ maxLength: 200 }),
})

test('a frame is length, request ID, kind and payload', () => {
  const frame = { requestId: 0x01020304, kind: FrameKind.onion, payload: fromHex('aabb') }
  expect(toHex(encodeFrame(frame))).toBe('000000070102030402aabb')
  expect(toHex(encodeReply(421, fromHex('cc')))).toBe('01a5cc')
})

test('a reply frame made at once is the frame of an encoded reply', () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.nat(0xffff), fc.uint8Array({ maxLength: 200 }), (requestId, status, body) => {
      const payload = encodeReply(status, body)
      expect(encodeReplyFrame(requestId, status, body)).toEqual(
        encodeFrame({ requestId, kind: FrameKind.reply, payload }),
      )
    }),
  )
  expect(() => encodeReplyFrame(0, 200, new Uint8Array(MAX_FRAME_PAYLOAD - 1))).toThrow(linkFrameError)
  for (const [id, status] of [
    [-1, 200],
    [2 ** 32, 200],
    [0, 0x10000],
    [0, 1.5],
  ] as const)
    expect(() => encodeReplyFrame(id, status, new Uint8Array())).toThrow(linkFrameError)
})

test('no two kinds of frame have the same number', () => {
  const numbers = Object.values(FrameKind)
  expect(new Set(numbers).size).toBe(numbers.length)
})

test('a frame survives encoding, and no truncation or trailing byte is accepted', () => {
  const property = fc.property(frames, fc.nat(), (frame, cut) => {
    const encoded = encodeFrame(frame)
    expect(decodeFrame(encoded)).toEqual(frame)
    expect(() => decodeFrame(encoded.subarray(0, cut % encoded.length))).toThrow(linkFrameError)
    expect(() => decodeFrame(Uint8Array.from([...encoded, 0]))).toThrow(linkFrameError)
  })
  fc.assert(property)
})

test('a reply survives encoding', () => {
  const property = fc.property(fc.nat(0xffff), fc.uint8Array(), (status, body) => {
    expect(decodeReply(encodeReply(status, body))).toEqual({ status, body })
  })
  fc.assert(property)
  expect(() => decodeReply(new Uint8Array(1))).toThrow(linkFrameError)
  expect(() => encodeReply(65_536, new Uint8Array(0))).toThrow(linkFrameError)
})

test('a stream gives the same frames however it is cut', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 })
  const property = fc.property(fc.array(frames, { maxLength: 8 }), cuts, (sent, sizes) => {
    const stream = concatBytes(...sent.map(encodeFrame))
    const reader = new FrameReader()
    const received: Frame[] = []
    for (let at = 0, i = 0; at < stream.length; i++) {
      const size = sizes[i % sizes.length]!
      received.push(...reader.push(stream.slice(at, at + size)))
      at += size
    }
    expect(received).toEqual(sent)
  })
  fc.assert(property)
})

test('a frame of 10 MiB passes in pieces, and one byte more does not', () => {
  const payload = new Uint8Array(MAX_FRAME_PAYLOAD).fill(7)
  const encoded = encodeFrame({ requestId: 1, kind: FrameKind.relay, payload })
  const reader = new FrameReader()
  const received: Frame[] = []
  for (let at = 0; at < encoded.length; at += 65_536) received.push(...reader.push(encoded.slice(at, at + 65_536)))
  expect(received.map((frame) => frame.payload.length)).toEqual([MAX_FRAME_PAYLOAD])
  const over = { requestId: 1, kind: FrameKind.relay, payload: new Uint8Array(MAX_FRAME_PAYLOAD + 1) }
  expect(() => encodeFrame(over)).toThrow(linkFrameError)
})

test('numbers out of range are refused', () => {
  const payload = new Uint8Array(0)
  for (const requestId of [-1, 2 ** 32, 0.5]) {
    expect(() => encodeFrame({ requestId, kind: FrameKind.ping, payload })).toThrow(linkFrameError)
  }
  expect(() => encodeFrame({ requestId: 1, kind: 256, payload })).toThrow(linkFrameError)
})

test('a length out of bounds is refused after four bytes, and nothing is read after it', () => {
  for (const start of ['00000004', '00a00006', '47455420', 'ffffffff']) {
    const reader = new FrameReader()
    expect(reader.push(fromHex(start.slice(0, 6)))).toEqual([])
    expect(() => reader.push(fromHex(start.slice(6)))).toThrow(linkFrameError)
    const good = encodeFrame({ requestId: 1, kind: FrameKind.ping, payload: new Uint8Array(0) })
    expect(() => reader.push(good)).toThrow(linkFrameError)
  }
})

test('a reader with a lower bound refuses what is over it', () => {
  const reader = new FrameReader({ maxPayload: 10 })
  const fitting = encodeFrame({ requestId: 1, kind: FrameKind.rpc, payload: new Uint8Array(10) })
  const over = encodeFrame({ requestId: 2, kind: FrameKind.rpc, payload: new Uint8Array(11) })
  expect(reader.push(fitting).length).toBe(1)
  expect(() => reader.push(over)).toThrow(linkFrameError)
})

test('garbage gives frames or the typed error, never anything else', () => {
  const property = fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }), (chunks) => {
    const reader = new FrameReader({ maxPayload: 100 })
    try {
      for (const chunk of chunks) reader.push(chunk)
    } catch (error) {
      expect(error).toEqual(linkFrameError)
    }
  })
  fc.assert(property)
})
