import { test } from 'node:test'
import { encodeFrame, FrameKind, MAX_FRAME_PAYLOAD, seconds } from '@starling/protocol'
import { expect } from 'expect'
import type { FrameCarrier, LinkHandler } from './link.ts'
import type { LinkError } from './link-error.ts'
import { type LinkOptions, LinkSession } from './link-session.ts'
import { settle, VirtualClock } from './testing/virtual-clock.ts'

const EMPTY = new Uint8Array()
const echo: LinkHandler = async (_kind, payload) => ({ status: 200, body: payload })
/** Answers nothing until it is told to stop, and remembers that it was. */
function waiting() {
  const stopped: unknown[] = []
  const handler: LinkHandler = (_kind, _payload, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        stopped.push(signal.reason)
        reject(signal.reason)
      })
    })
  return { handler, stopped }
}

type Side = Omit<Partial<LinkOptions>, 'carrier' | 'clock'>
class Pipe implements FrameCarrier {
  readonly sent: Uint8Array[] = []
  readonly onClose: () => void
  readonly deliver: (frame: Uint8Array) => void
  bufferedBytes = 0
  closed: boolean = false
  constructor(deliver: (frame: Uint8Array) => void, onClose: () => void) {
    this.deliver = deliver
    this.onClose = onClose
  }
  send(frame: Uint8Array): void {
    if (this.closed) return
    this.sent.push(frame)
    queueMicrotask(() => this.deliver(frame))
  }
  close(): void {
    this.closed = true
    this.onClose()
  }
}

/** Alice and Bob at the two ends of a wire. */
function pair(alice: Side, bob: Side) {
  const clock = new VirtualClock()
  const toBob = new Pipe(
    (frame) => bobsLink.receive(frame),
    () => bobsLink.closedByCarrier(),
  )
  const toAlice = new Pipe(
    (frame) => alicesLink.receive(frame),
    () => alicesLink.closedByCarrier(),
  )
  const alicesLink: LinkSession = new LinkSession({ ...alice, carrier: toBob, clock })
  const bobsLink: LinkSession = new LinkSession({ ...bob, carrier: toAlice, clock })
  return { clock, alice: alicesLink, bob: bobsLink, toBob, toAlice }
}

const patient = () => ({ signal: new AbortController().signal, timeout: seconds(10) })
const code = (wanted: string) => expect.objectContaining({ name: 'LinkError', code: wanted })

test('a request gets the answer of the other side, in both directions, and leaves no timer behind for long', async () => {
  const handler: LinkHandler = async (kind, payload) => ({ status: 200 + kind, body: payload })
  const { alice, bob, clock } = pair({ handler }, { handler })
  expect(await alice.request(FrameKind.rpc, Uint8Array.of(1), patient())).toEqual({
    status: 201,
    body: Uint8Array.of(1),
  })
  expect(await bob.request(FrameKind.onion, Uint8Array.of(2), patient())).toEqual({
    status: 202,
    body: Uint8Array.of(2),
  })
  expect(clock.pending).toBe(2)
  await clock.advance(seconds(10))
  expect(clock.pending).toBe(0)
})

test('each request has its own deadline, and closing the link ends the minding of them', async () => {
  const { alice, clock } = pair({}, { handler: waiting().handler })
  const ended: number[] = []
  const ask = (delay: number) =>
    alice
      .request(FrameKind.rpc, EMPTY, { signal: new AbortController().signal, timeout: seconds(delay) })
      .catch((error: LinkError) => ended.push(error.code === 'timeout' ? delay : -delay))
  const asked = [75, 5, 20, 5, 90].map(ask)
  await clock.advance(seconds(4))
  expect(ended).toEqual([])
  await clock.advance(seconds(1))
  expect(ended).toEqual([5, 5])
  await clock.advance(seconds(15))
  expect(ended).toEqual([5, 5, 20])
  await clock.advance(seconds(55))
  expect(ended).toEqual([5, 5, 20, 75])
  await alice[Symbol.asyncDispose]()
  await Promise.all(asked)
  expect(ended).toEqual([5, 5, 20, 75, -90])
  expect(clock.pending).toBe(0)
})

test('answers find their requests, whatever the order in which they come', async () => {
  const answers = new Map<number, () => void>()
  const { alice } = pair(
    {},
    {
      handler: (_kind, payload) =>
        new Promise((resolve) => answers.set(payload[0]!, () => resolve({ status: 200, body: payload }))),
    },
  )
  const asked = [1, 2, 3].map((n) => alice.request(FrameKind.rpc, Uint8Array.of(n), patient()))
  await settle()
  for (const n of [3, 1, 2]) answers.get(n)!()
  expect((await Promise.all(asked)).map(({ body }) => body[0])).toEqual([1, 2, 3])
})

test('an aborted request fails with the reason and stops the handler on the other side, which answers no more', async () => {
  const { handler, stopped } = waiting()
  const { alice, toAlice } = pair({}, { handler })
  const abort = new AbortController()
  const asked = alice.request(FrameKind.rpc, EMPTY, { signal: abort.signal, timeout: seconds(10) })
  await settle()
  abort.abort(new Error('changed my mind'))
  await expect(asked).rejects.toThrow('changed my mind')
  await settle()
  expect(stopped.length).toBe(1)
  expect(toAlice.sent.length).toBe(0)
  await expect(alice.request(FrameKind.rpc, EMPTY, { signal: abort.signal, timeout: seconds(10) })).rejects.toThrow()
})

test('a request without an answer in time fails with timeout and is cancelled; the link lives, and a late answer is not sent', async () => {
  let answerLate = () => {}
  const handler: LinkHandler = (kind, payload, signal) =>
    kind === FrameKind.onion
      ? echo(kind, payload, signal)
      : new Promise((resolve) => {
          answerLate = () => resolve({ status: 200, body: EMPTY })
        })
  const { alice, clock, toAlice } = pair({}, { handler })
  const asked = expect(alice.request(FrameKind.rpc, EMPTY, patient())).rejects.toEqual(code('timeout'))
  await settle()
  await clock.advance(seconds(10))
  await asked
  answerLate()
  await settle()
  expect(toAlice.sent.length).toBe(0)
  expect((await alice.request(FrameKind.onion, Uint8Array.of(5), patient())).body).toEqual(Uint8Array.of(5))
})

test('closing either end fails what waits, stops what is served and resolves `closed` on both', async () => {
  for (const closer of ['alice', 'bob'] as const) {
    const { handler, stopped } = waiting()
    const wire = pair({}, { handler })
    const asked = expect(wire.alice.request(FrameKind.rpc, EMPTY, patient())).rejects.toEqual(code('closed'))
    await settle()
    await wire[closer][Symbol.asyncDispose]()
    await Promise.all([asked, wire.alice.closed, wire.bob.closed])
    expect(stopped.length).toBe(1)
    await expect(wire.alice.request(FrameKind.rpc, EMPTY, patient())).rejects.toEqual(code('closed'))
  }
})

test('a handler that throws is reported to the owner and answered 500; so is an answer that is too large', async () => {
  const failures: unknown[] = []
  const handler: LinkHandler = async (kind) => {
    if (kind === FrameKind.rpc) throw new Error('broken')
    return { status: 200, body: new Uint8Array(MAX_FRAME_PAYLOAD) }
  }
  const { alice } = pair({}, { handler, onFailure: (error) => failures.push(error) })
  expect((await alice.request(FrameKind.rpc, EMPTY, patient())).status).toBe(500)
  expect((await alice.request(FrameKind.onion, EMPTY, patient())).status).toBe(500)
  expect(failures).toEqual([new Error('broken'), expect.objectContaining({ code: 'link_frame' })])
})

test('requests are answered 501 where nobody handles them', async () => {
  const { alice } = pair({}, {})
  expect((await alice.request(FrameKind.rpc, EMPTY, patient())).status).toBe(501)
})

test('more requests than allowed fail at the asker; where they get through they are answered 503', async () => {
  const wire = pair({ maxPending: 3 }, { handler: waiting().handler, maxPending: 2 })
  const open = [1, 2].map(() =>
    expect(wire.alice.request(FrameKind.rpc, EMPTY, patient())).rejects.toEqual(code('closed')),
  )
  expect((await wire.alice.request(FrameKind.rpc, EMPTY, patient())).status).toBe(503)
  open.push(expect(wire.alice.request(FrameKind.rpc, EMPTY, patient())).resolves.toMatchObject({ status: 503 }))
  await expect(wire.alice.request(FrameKind.rpc, EMPTY, patient())).rejects.toEqual(code('overloaded'))
  await settle()
  await wire.alice[Symbol.asyncDispose]()
  await Promise.all(open)
})

test('a cancelled request keeps its place until its handler has settled', async () => {
  const handler: LinkHandler = () => new Promise(() => {})
  const { alice } = pair({}, { handler, maxPending: 1 })
  const asked = alice.request(FrameKind.rpc, EMPTY, { signal: AbortSignal.abort(), timeout: seconds(1) })
  await expect(asked).rejects.toThrow()
  const abort = new AbortController()
  const stubborn = expect(alice.request(FrameKind.rpc, EMPTY, { ...patient(), signal: abort.signal })).rejects.toThrow()
  abort.abort()
  await stubborn
  expect((await alice.request(FrameKind.rpc, EMPTY, patient())).status).toBe(503)
})

test('a full carrier refuses requests, shrinks answers to 503, and closes the link of who does not read', async () => {
  const { alice, toBob, toAlice, bob } = pair({ maxBuffered: 100 }, { handler: echo, maxBuffered: 100 })
  toBob.bufferedBytes = 101
  await expect(alice.request(FrameKind.rpc, EMPTY, patient())).rejects.toEqual(code('overloaded'))
  toBob.bufferedBytes = 0
  toAlice.bufferedBytes = 101
  expect(await alice.request(FrameKind.rpc, Uint8Array.of(1), patient())).toEqual({ status: 503, body: EMPTY })
  toAlice.bufferedBytes = 201
  await expect(alice.request(FrameKind.rpc, EMPTY, patient())).rejects.toEqual(code('closed'))
  await bob.closed
})

test('what is no frame closes the link with protocol', async () => {
  const reserved = encodeFrame({ requestId: 1, kind: 0x82, payload: EMPTY })
  const shortReply = encodeFrame({ requestId: 1, kind: FrameKind.reply, payload: Uint8Array.of(1) })
  for (const garbage of [EMPTY, Uint8Array.of(1, 2, 3), reserved, shortReply]) {
    const { alice, toBob } = pair({}, { handler: waiting().handler })
    const asked = expect(alice.request(FrameKind.rpc, EMPTY, patient())).rejects.toEqual(code('protocol'))
    alice.receive(garbage)
    await asked
    await alice.closed
    expect(toBob.closed).toBe(true)
    alice.receive(garbage)
  }
})

test('an answer that nobody waits for is ignored', async () => {
  const { alice } = pair({}, { handler: echo })
  alice.receive(encodeFrame({ requestId: 77, kind: FrameKind.reply, payload: Uint8Array.of(0, 200) }))
  expect((await alice.request(FrameKind.rpc, EMPTY, patient())).status).toBe(200)
})

test('two requests of the same number close the link', async () => {
  const { alice, toBob } = pair({ handler: waiting().handler }, {})
  for (let i = 0; i < 2; i++) alice.receive({ requestId: 9, kind: FrameKind.rpc, payload: EMPTY })
  await alice.closed
  expect(toBob.closed).toBe(true)
})

test('kinds that are not for requests, and payloads over 10 MiB, cannot be asked', async () => {
  const { alice, toBob, clock } = pair({}, {})
  const malformed = expect.objectContaining({ code: 'link_frame' })
  for (const kind of [FrameKind.ping, FrameKind.reply, FrameKind.cancel]) {
    await expect(alice.request(kind, EMPTY, patient())).rejects.toEqual(malformed)
  }
  const tooLarge = new Uint8Array(MAX_FRAME_PAYLOAD + 1)
  await expect(alice.request(FrameKind.rpc, tooLarge, patient())).rejects.toEqual(malformed)
  expect([toBob.sent.length, clock.pending]).toEqual([0, 0])
})

test('a silent link is pinged and lives while it answers; when it does not, it is closed', async () => {
  const heartbeat = { interval: seconds(30), timeout: seconds(5) }
  const { alice, toBob, toAlice, clock } = pair({ heartbeat }, {})
  await clock.advance(seconds(30))
  expect(toBob.sent.map((frame) => frame[8])).toEqual([FrameKind.ping])
  await clock.advance(seconds(5))
  await clock.advance(seconds(30))
  expect(toBob.sent.length).toBe(2)
  await clock.advance(seconds(5))
  toAlice.closed = true
  await clock.advance(seconds(30))
  expect(toBob.closed).toBe(false)
  await clock.advance(seconds(5))
  await alice.closed
  expect(toBob.closed).toBe(true)
  await alice[Symbol.asyncDispose]()
  expect(clock.pending).toBe(0)
})
