/**
 * A real node in a process of its own takes what the world may send it. After each kind of garbage it still answers, stores
 * and retrieves, and its memory is what it was; what it acknowledged is there after it was killed.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import {
  buildOnionRequest,
  encodeFrame,
  FrameKind,
  type NodeId,
  nodeIdOf,
  utf8,
  type X25519PublicKey,
} from '@starling/protocol'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import { WebSocket } from 'ws'
import { crypto, FixtureAccount } from './testing/fixture.ts'
import { NodeProcess, pause } from './testing/node-process.ts'

const POSTS = ['/storage_rpc/v1', '/onion_req/v2', '/json_rpc', '/directory/announce', '/ping_test/v1'] as const
const alice = new FixtureAccount(1)
const random = seededRandom('garbage')

let node: NodeProcess
let counter = 0

/** What must hold whatever happened before. */
async function assertWell(): Promise<void> {
  expect(node.exitCode).toBeNull()
  const health = await fetch(node.url('/health'))
  expect({ status: health.status, body: await health.json() }).toMatchObject({ status: 200, body: { ready: true } })
  const text = `normal ${counter++}`
  expect(await node.ask('store', alice.store(Date.now(), text))).toMatchObject({ status: 200 })
  expect((await node.messages(alice)).texts.at(-1)).toBe(text)
  expect(node.memory()).toBeLessThan(400)
}

type Hop = NodeProcess['self']

function onion(options: { path?: readonly Hop[]; payload?: Uint8Array } = {}): Uint8Array {
  using request = buildOnionRequest({
    crypto,
    random,
    path: options.path ?? [],
    destination: { kind: 'node', ...node.self },
    payload: options.payload ?? utf8('{"method":"info","params":{}}'),
    encType: 'xchacha20',
  })
  return request.body.slice()
}

// In a suite, so that the hooks are of these tests alone.
describe('a node in a process of its own', () => {
  before(async () => {
    // Everything here comes from one address.
    node = await NodeProcess.start({ limits: { perAddress: false } })
  })

  after(() => node[Symbol.asyncDispose]())

  test('random bodies on every route get a declared status', async () => {
    const statuses = new Set<number>()
    for (let round = 0; round < 60; round++) {
      const size = [0, 1, 4, 100, 5_000][round % 5]!
      for (const path of POSTS) statuses.add((await node.post(path, random(size))).status)
    }
    const shapes = [
      '[]',
      '{}',
      'null',
      '"x"',
      '{"method":"store"}',
      '{"method":"batch","params":{"requests":[[]]}}',
      '['.repeat(1e6),
    ]
    for (const body of shapes) for (const path of POSTS) statuses.add((await node.post(path, body)).status)
    expect([...statuses].filter((status) => ![200, 204, 400].includes(status))).toEqual([])
    await assertWell()
  })

  test('truncated and altered layers, and paths to nowhere, get the answers of the protocol', async () => {
    const whole = onion()
    for (let cut = 0; cut < whole.length; cut += 7) {
      expect(await node.post('/onion_req/v2', whole.slice(0, cut))).toMatchObject({ status: 400 })
    }
    for (let at = 0; at < whole.length; at += 5) {
      const altered = whole.slice()
      altered[at]! ^= 0x55
      expect([200, 400]).toContain((await node.post('/onion_req/v2', altered)).status)
    }
    for (const payload of [
      random(100),
      utf8('{}'),
      new Uint8Array(),
      utf8(JSON.stringify({ method: 'x', params: {} })),
    ]) {
      expect(await node.post('/onion_req/v2', onion({ payload }))).toMatchObject({ status: 200 })
    }
    const strangerKeys = crypto.ed25519KeyPair(random(32))
    const stranger = {
      nodeId: nodeIdOf(strangerKeys.publicKey),
      x25519: crypto.ed25519ToX25519(strangerKeys.publicKey),
    }
    const lost = buildOnionRequest({
      crypto,
      random,
      path: [node.self],
      destination: { kind: 'node', ...stranger },
      payload: utf8('{}'),
      encType: 'aes-gcm',
    })
    expect(await node.post('/onion_req/v2', lost.body)).toEqual({
      status: 502,
      text: `Next node not found: ${stranger.nodeId}`,
    })
    const forWrongKey = { nodeId: node.self.nodeId as NodeId, x25519: stranger.x25519 as X25519PublicKey }
    expect(await node.post('/onion_req/v2', onion({ path: [forWrongKey] }))).toEqual({
      status: 400,
      text: 'Invalid ciphertext',
    })
    expect(await node.post('/onion_req/v2', onion({ path: [node.self, node.self, node.self] }))).toMatchObject({
      status: 200,
    })
    await assertWell()
  })

  test('wrong signatures and clocks an hour off are refused with their text', async () => {
    const now = Date.now()
    const mallory = new FixtureAccount(2)
    const forged = { ...alice.retrieve(now), signature: mallory.sign(`retrieve${now}`) }
    expect(await node.ask('retrieve', forged)).toEqual({ status: 401, text: 'retrieve signature verification failed' })
    const unsigned = { status: 401, text: 'store signature verification failed' }
    const store = alice.store(now, 'x', { namespace: 2, ...alice.proof(`store3${now}`) })
    expect(await node.ask('store', store)).toEqual(unsigned)
    for (const off of [-3_600_000, 3_600_000]) {
      const time = now + off
      expect(await node.ask('retrieve', alice.retrieve(time))).toEqual({
        status: 406,
        text: 'retrieve timestamp too far from current time',
      })
      const later = alice.store(time, 'x', { namespace: 2, ...alice.proof(`store2${time}`) })
      const text = off > 0 ? 'Timestamp error: check your clock' : 'store signature timestamp too far from current time'
      expect(await node.ask('store', later)).toEqual({ status: 406, text })
    }
    await assertWell()
  })

  test('oversize messages and bodies are refused, and cost no memory that stays', async () => {
    const tooLong = alice.store(Date.now(), 'x'.repeat(76_801))
    expect(await node.ask('store', tooLong)).toMatchObject({ status: 400, text: expect.stringContaining('76800') })
    const body = new Uint8Array(12_000_000)
    for (let round = 0; round < 5; round++) {
      for (const path of ['/storage_rpc/v1', '/onion_req/v2']) {
        expect(await node.post(path, body)).toEqual({ status: 413, text: 'Request body too large' })
      }
    }
    await assertWell()
  })

  test('a thousand half-open connections keep nobody out', async () => {
    const sockets: Socket[] = []
    const ports = [node.ports.web, node.ports.https, node.ports.peer]
    for (let index = 0; index < 1_000; index++) {
      const socket = connect(ports[index % 3]!, '127.0.0.1')
      socket.on('error', () => {})
      if (index % 2 === 0)
        socket.write(index % 3 === 0 ? 'POST /storage_rpc/v1 HTTP/1.1\r\nContent-Le' : Buffer.from([22, 3, 1]))
      sockets.push(socket)
    }
    await Promise.all(
      sockets.map((socket) => (socket.connecting ? once(socket, 'connect').catch(() => {}) : undefined)),
    )
    await assertWell()
    for (const socket of sockets) socket.resetAndDestroy()
    await assertWell()
  })

  test('garbage on links closes them and nothing else', async () => {
    const frames = [
      random(3),
      random(40),
      Buffer.alloc(9, 255),
      encodeFrame({ requestId: 1, kind: FrameKind.cancel, payload: random(5) }),
    ]
    for (const garbage of [...frames, 'text']) {
      const socket = new WebSocket(`ws://127.0.0.1:${node.ports.web}/link`)
      socket.on('error', () => {})
      await once(socket, 'open')
      for (let round = 0; round < 20; round++) socket.send(garbage)
      socket.send(encodeFrame({ requestId: 2, kind: FrameKind.onion, payload: random(200) }))
      await Promise.race([once(socket, 'close'), pause(200)])
      socket.terminate()
    }
    await assertWell()
  })

  test('what was acknowledged is there after kill -9 in the middle of stores', async () => {
    const acknowledged: string[] = []
    let number = 0
    const worker = async () => {
      for (;;) {
        const text = `survivor ${number++}`
        const answer = await node.ask('store', alice.store(Date.now(), text)).catch(() => undefined)
        if (!answer) return
        expect(answer.status).toBe(200)
        acknowledged.push(text)
      }
    }
    for (let round = 0; round < 2; round++) {
      const working = Promise.all(Array.from({ length: 16 }, worker))
      await pause(500)
      await node.stop('SIGKILL')
      await working
      await node.start()
      const present = new Set((await node.messages(alice)).texts)
      expect(acknowledged.filter((text) => !present.has(text))).toEqual([])
    }
    expect(acknowledged.length).toBeGreaterThan(50)
    await assertWell()
  })

  test('a full disk refuses stores with a declared answer and goes on with everything else', async () => {
    expect(await node.stop('SIGTERM')).toBe(0)
    await node.start({ STARLING_NODE_MAX_STORAGE_BYTES: '3000000' })
    const data = Buffer.alloc(70_000, 1)
    const kept: string[] = []
    let refused: { status: number; text: string } | undefined
    for (let round = 0; round < 100 && !refused; round++) {
      data.writeUInt32BE(round)
      const params = alice.store(Date.now(), '', { data: data.toString('base64') })
      const answer = await node.ask('store', params)
      if (answer.status === 200) kept.push((JSON.parse(answer.text) as { hash: string }).hash)
      else refused = answer
    }
    expect(kept.length).toBeGreaterThan(5)
    expect(refused?.status).toBe(500)
    const { swarm } = JSON.parse(refused!.text) as { swarm: Record<string, object> }
    expect(swarm[node.self.nodeId]).toMatchObject({ failed: true, query_failure: true })

    const health = (await (await fetch(node.url('/health'))).json()) as { epoch: number }
    expect((await node.messages(alice)).texts.length).toBeGreaterThanOrEqual(kept.length)
    await pause(5_000) // two epochs: the directory goes on as well
    const later = (await (await fetch(node.url('/health'))).json()) as { epoch: number; ready: boolean }
    expect(later.ready).toBe(true)
    expect(later.epoch).toBeGreaterThan(health.epoch)

    const removal = { ...alice.proof(`delete${kept.join('')}`), messages: kept }
    expect(await node.ask('delete', removal)).toMatchObject({ status: 200 })
    await assertWell()
  })
})
