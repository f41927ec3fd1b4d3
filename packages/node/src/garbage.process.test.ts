/**
 * A real node in a process of its own takes what the world may send it. After each kind of garbage it still answers, stores
 * and retrieves, and its memory is what it was; what it acknowledged is there after it was killed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  buildOnionRequest,
  encodeFrame,
  FrameKind,
  formatNetworkFile,
  millis,
  type NodeId,
  nodeIdOf,
  seconds,
  toHex,
  utf8,
  type X25519PublicKey,
} from '@starling/protocol'
import { systemRandom } from '@starling/runtime'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import { WebSocket } from 'ws'
import { crypto, FixtureAccount, networkFile } from './testing/fixture.ts'

const PROGRAM = fileURLToPath(new URL('./bin/starling-node.ts', import.meta.url))
const POSTS = ['/storage_rpc/v1', '/onion_req/v2', '/json_rpc', '/directory/announce', '/ping_test/v1'] as const
const alice = new FixtureAccount(1)
const random = seededRandom('garbage')

const seed = systemRandom()(32)
const keys = crypto.ed25519KeyPair(seed)
const self = { nodeId: nodeIdOf(keys.publicKey), x25519: crypto.ed25519ToX25519(keys.publicKey) }

type Place = { folder: string; web: number; https: number; peer: number }
let place: Place
let child: ChildProcess
let counter = 0

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function start(environment: Record<string, string> = {}): Promise<void> {
  child = spawn(process.execPath, [PROGRAM, '--config', join(place.folder, 'node.json')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, STARLING_NODE_LOG_LEVEL: 'silent', ...environment },
  })
  child.stderr!.on('data', (text: Buffer) => process.stderr.write(text))
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`the node ended with ${child.exitCode}`)
    const health = await fetch(`${url('/health')}`).catch(() => undefined)
    if (health?.status === 200) return
    await pause(100)
  }
  throw new Error('the node did not get ready')
}

async function stop(signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const ended = once(child, 'exit')
  child.kill(signal)
  const [status] = (await ended) as [number | null]
  return status
}

const pause = (delay: number) => new Promise((resolve) => setTimeout(resolve, millis(delay)))
const url = (path: string) => `http://127.0.0.1:${place.web}${path}`

async function post(
  path: string,
  body: string | Uint8Array<ArrayBufferLike>,
): Promise<{ status: number; text: string }> {
  const response = await fetch(url(path), { method: 'POST', body: body as Uint8Array<ArrayBuffer> })
  return { status: response.status, text: await response.text() }
}

async function ask(method: string, params: object): Promise<{ status: number; text: string }> {
  return post('/storage_rpc/v1', JSON.stringify({ method, params }))
}

async function messages(): Promise<string[]> {
  const found: string[] = []
  for (let last = ''; ; ) {
    const answer = await ask('retrieve', { ...alice.retrieve(Date.now()), last_hash: last, max_size: -1 })
    expect(answer.status).toBe(200)
    const page = JSON.parse(answer.text) as { messages: { hash: string; data: string }[]; more: boolean }
    for (const { data } of page.messages) found.push(Buffer.from(data, 'base64').toString())
    last = page.messages.at(-1)?.hash ?? ''
    if (!page.more) return found
  }
}

/** Resident memory in MB, where the system tells. */
function memory(): number {
  if (process.platform !== 'linux') return 0
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024
}

/** What must hold whatever happened before. */
async function assertWell(): Promise<void> {
  expect(child.exitCode).toBeNull()
  const health = await fetch(url('/health'))
  expect({ status: health.status, body: await health.json() }).toMatchObject({ status: 200, body: { ready: true } })
  const text = `normal ${counter++}`
  expect(await ask('store', alice.store(Date.now(), text))).toMatchObject({ status: 200 })
  expect((await messages()).at(-1)).toBe(text)
  expect(memory()).toBeLessThan(400)
}

const toSelf = { kind: 'node', ...self } as const

function onion(options: { path?: readonly (typeof self)[]; payload?: Uint8Array } = {}): Uint8Array {
  using request = buildOnionRequest({
    crypto,
    random,
    path: options.path ?? [],
    destination: toSelf,
    payload: options.payload ?? utf8('{"method":"info","params":{}}'),
    encType: 'xchacha20',
  })
  return request.body.slice()
}

// In a suite, so that the hooks are of these tests alone.
describe('a node in a process of its own', () => {
  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'starling-garbage-'))
    const [web, https, peer] = [await freePort(), await freePort(), await freePort()]
    place = { folder, web, https, peer }
    mkdirSync(join(folder, 'data'), { mode: 0o700 })
    const directoryKey = systemRandom()(32)
    const network = {
      ...networkFile,
      directoryKeys: [crypto.ed25519KeyPair(directoryKey).publicKey],
      bootstrap: [`http://127.0.0.1:${web}`],
      parameters: { ...networkFile.parameters, epochLength: seconds(2), dropAfter: seconds(600) },
    }
    writeFileSync(join(folder, 'network.json'), formatNetworkFile(network))
    for (const [name, secret] of [
      ['data/node.key', seed],
      ['directory.key', directoryKey],
    ] as const) {
      writeFileSync(join(folder, name), toHex(secret), { mode: 0o600 })
    }
    const config = {
      network: 'network.json',
      dataFolder: 'data',
      host: '127.0.0.1',
      address: '127.0.0.1',
      httpsPort: https,
      peerPort: peer,
      web: { port: web, url: `http://127.0.0.1:${web}` },
      // Everything here comes from one address.
      limits: { perAddress: false },
      directory: { keyFile: 'directory.key', invited: [self.nodeId] },
    }
    writeFileSync(join(folder, 'node.json'), JSON.stringify(config))
    await start()
  })

  after(async () => {
    await stop('SIGKILL')
    rmSync(place.folder, { recursive: true, force: true })
  })

  test('random bodies on every route get a declared status', async () => {
    const statuses = new Set<number>()
    for (let round = 0; round < 60; round++) {
      const size = [0, 1, 4, 100, 5_000][round % 5]!
      for (const path of POSTS) statuses.add((await post(path, random(size))).status)
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
    for (const body of shapes) for (const path of POSTS) statuses.add((await post(path, body)).status)
    expect([...statuses].filter((status) => ![200, 204, 400].includes(status))).toEqual([])
    await assertWell()
  })

  test('truncated and altered layers, and paths to nowhere, get the answers of the protocol', async () => {
    const whole = onion()
    for (let cut = 0; cut < whole.length; cut += 7) {
      expect(await post('/onion_req/v2', whole.slice(0, cut))).toMatchObject({ status: 400 })
    }
    for (let at = 0; at < whole.length; at += 5) {
      const altered = whole.slice()
      altered[at]! ^= 0x55
      expect([200, 400]).toContain((await post('/onion_req/v2', altered)).status)
    }
    for (const payload of [
      random(100),
      utf8('{}'),
      new Uint8Array(),
      utf8(JSON.stringify({ method: 'x', params: {} })),
    ]) {
      expect(await post('/onion_req/v2', onion({ payload }))).toMatchObject({ status: 200 })
    }
    const strangerKeys = crypto.ed25519KeyPair(random(32))
    const stranger = {
      nodeId: nodeIdOf(strangerKeys.publicKey),
      x25519: crypto.ed25519ToX25519(strangerKeys.publicKey),
    }
    const lost = buildOnionRequest({
      crypto,
      random,
      path: [self],
      destination: { kind: 'node', ...stranger },
      payload: utf8('{}'),
      encType: 'aes-gcm',
    })
    expect(await post('/onion_req/v2', lost.body)).toEqual({
      status: 502,
      text: `Next node not found: ${stranger.nodeId}`,
    })
    const forWrongKey = { nodeId: self.nodeId as NodeId, x25519: stranger.x25519 as X25519PublicKey }
    expect(await post('/onion_req/v2', onion({ path: [forWrongKey] }))).toEqual({
      status: 400,
      text: 'Invalid ciphertext',
    })
    expect(await post('/onion_req/v2', onion({ path: [self, self, self] }))).toMatchObject({ status: 200 })
    await assertWell()
  })

  test('wrong signatures and clocks an hour off are refused with their text', async () => {
    const now = Date.now()
    const mallory = new FixtureAccount(2)
    const forged = { ...alice.retrieve(now), signature: mallory.sign(`retrieve${now}`) }
    expect(await ask('retrieve', forged)).toEqual({ status: 401, text: 'retrieve signature verification failed' })
    const unsigned = { status: 401, text: 'store signature verification failed' }
    const store = alice.store(now, 'x', { namespace: 2, ...alice.proof(`store3${now}`) })
    expect(await ask('store', store)).toEqual(unsigned)
    for (const off of [-3_600_000, 3_600_000]) {
      const time = now + off
      expect(await ask('retrieve', alice.retrieve(time))).toEqual({
        status: 406,
        text: 'retrieve timestamp too far from current time',
      })
      const later = alice.store(time, 'x', { namespace: 2, ...alice.proof(`store2${time}`) })
      const text = off > 0 ? 'Timestamp error: check your clock' : 'store signature timestamp too far from current time'
      expect(await ask('store', later)).toEqual({ status: 406, text })
    }
    await assertWell()
  })

  test('oversize messages and bodies are refused, and cost no memory that stays', async () => {
    const tooLong = alice.store(Date.now(), 'x'.repeat(76_801))
    expect(await ask('store', tooLong)).toMatchObject({ status: 400, text: expect.stringContaining('76800') })
    const body = new Uint8Array(12_000_000)
    for (let round = 0; round < 5; round++) {
      for (const path of ['/storage_rpc/v1', '/onion_req/v2']) {
        expect(await post(path, body)).toEqual({ status: 413, text: 'Request body too large' })
      }
    }
    await assertWell()
  })

  test('a thousand half-open connections keep nobody out', async () => {
    const sockets: Socket[] = []
    const ports = [place.web, place.https, place.peer]
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
      const socket = new WebSocket(`ws://127.0.0.1:${place.web}/link`)
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
        const answer = await ask('store', alice.store(Date.now(), text)).catch(() => undefined)
        if (!answer) return
        expect(answer.status).toBe(200)
        acknowledged.push(text)
      }
    }
    for (let round = 0; round < 2; round++) {
      const working = Promise.all(Array.from({ length: 16 }, worker))
      await pause(500)
      await stop('SIGKILL')
      await working
      await start()
      const present = new Set(await messages())
      expect(acknowledged.filter((text) => !present.has(text))).toEqual([])
    }
    expect(acknowledged.length).toBeGreaterThan(50)
    await assertWell()
  })

  test('a full disk refuses stores with a declared answer and goes on with everything else', async () => {
    expect(await stop('SIGTERM')).toBe(0)
    await start({ STARLING_NODE_MAX_STORAGE_BYTES: '3000000' })
    const data = Buffer.alloc(70_000, 1)
    const kept: string[] = []
    let refused: { status: number; text: string } | undefined
    for (let round = 0; round < 100 && !refused; round++) {
      data.writeUInt32BE(round)
      const params = alice.store(Date.now(), '', { data: data.toString('base64') })
      const answer = await ask('store', params)
      if (answer.status === 200) kept.push((JSON.parse(answer.text) as { hash: string }).hash)
      else refused = answer
    }
    expect(kept.length).toBeGreaterThan(5)
    expect(refused?.status).toBe(500)
    const { swarm } = JSON.parse(refused!.text) as { swarm: Record<string, object> }
    expect(swarm[self.nodeId]).toEqual({ failed: true, query_failure: true })

    const health = (await (await fetch(url('/health'))).json()) as { epoch: number }
    expect((await messages()).length).toBeGreaterThanOrEqual(kept.length)
    await pause(5_000) // two epochs: the directory goes on as well
    const later = (await (await fetch(url('/health'))).json()) as { epoch: number; ready: boolean }
    expect(later.ready).toBe(true)
    expect(later.epoch).toBeGreaterThan(health.epoch)

    const removal = { ...alice.proof(`delete${kept.join('')}`), messages: kept }
    expect(await ask('delete', removal)).toMatchObject({ status: 200 })
    await assertWell()
  })
})
