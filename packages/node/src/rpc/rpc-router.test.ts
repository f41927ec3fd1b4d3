import { test } from 'node:test'
import {
  type BencodeInput,
  encodeBencode,
  METHODS,
  parseNamespace,
  parseOwner,
  seconds,
  utf8,
} from '@starling/protocol'
import { settle, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import { HeldRetrievals } from '../storage/held-retrievals.ts'
import { Fixture, FixtureAccount, type FixtureNode } from '../testing/fixture.ts'

const alice = new FixtureAccount(1)
const bob = new FixtureAccount(2)

async function oneNode(): Promise<{ fixture: Fixture; node: FixtureNode; now: number }> {
  const fixture = await Fixture.create(1)
  return { fixture, node: fixture.nodes[0]!, now: fixture.clock.now() }
}

/** What an answer is, as soon as there is one without time passing. */
async function settled<T>(promise: Promise<T>): Promise<T | 'waiting'> {
  await settle()
  await settle()
  return Promise.race([promise, Promise.resolve<'waiting'>('waiting')])
}

test('a batch answers in order, each with its own code', async () => {
  const { fixture, node, now } = await oneNode()
  await using _ = fixture
  const { body } = await node.ask('batch', {
    requests: [
      { method: 'store', params: alice.store(now, 'one') },
      { method: 'retrieve', params: { pubkey: alice.owner } },
      { method: 'info', params: {} },
    ],
  })
  expect(body.results.map(({ code }: { code: number }) => code)).toEqual([200, 401, 200])
  expect(body.results[0].body).toMatchObject({ hash: expect.any(String), t: now })
  expect(body.results[1].body).toBe('retrieve: request signature required')
})

test('a sequence sees what came before, and stops after the first that fails', async () => {
  const { fixture, node, now } = await oneNode()
  await using _ = fixture
  const { body } = await node.ask('sequence', {
    requests: [
      { method: 'store', params: alice.store(now, 'one') },
      { method: 'retrieve', params: alice.retrieve(now) },
      { method: 'store', params: alice.store(now + 999_999, 'two') },
      { method: 'store', params: alice.store(now, 'three') },
    ],
  })
  expect(body.results.map(({ code }: { code: number }) => code)).toEqual([200, 200, 406])
  expect(body.results[1].body.messages).toHaveLength(1)
  expect(await node.store.stats()).toMatchObject({ messages: 1 })
})

test('one malformed request fails the batch, and nothing of it happens', async () => {
  const { fixture, node, now } = await oneNode()
  await using _ = fixture
  const store = { method: 'store', params: alice.store(now) }
  const many = Array.from({ length: 21 }, () => store)
  const cases: [unknown, string][] = [
    [undefined, 'Invalid batch request: no valid "requests" field'],
    [many, 'Invalid batch request: subrequest limit exceeded'],
    [[store, 1], 'Invalid batch request: requests must be objects'],
    [[store, {}], 'Invalid batch request: subrequests must have method/params keys'],
    [[store, { method: 'x', params: {} }], 'Invalid batch subrequest: invalid method "x"'],
    [[store, { method: 'batch', params: {} }], 'Invalid batch subrequest: subrequests may not contain meta-requests'],
  ]
  for (const [requests, text] of cases) {
    expect(await node.ask('batch', { requests })).toEqual({ status: 400, body: `invalid request: ${text}` })
  }
  expect(await node.store.stats()).toMatchObject({ messages: 0 })
})

test('bodies that are no request are refused with the text of the protocol', async () => {
  const { fixture, node } = await oneNode()
  await using _ = fixture
  const cases: [string, string][] = [
    ['', 'invalid json'],
    ['{', 'invalid json'],
    ['[]', 'invalid json: no `method` field'],
    ['null', 'invalid json: no `method` field'],
    ['{"method":1}', 'invalid json: no `method` field'],
    ['{"method":"info"}', 'invalid json: no `params` field'],
    ['{"method":"info","params":[]}', 'invalid json: no `params` field'],
    ['{"method":"constructor","params":{}}', 'no method constructor'],
    ['['.repeat(100_000), 'invalid json'],
  ]
  for (const [text, body] of cases) expect(await node.post(text)).toEqual({ status: 400, body })
})

test('whatever JSON it is asked, it answers with a declared status', async () => {
  const { fixture, node } = await oneNode()
  await using _ = fixture
  const method = fc.constantFrom(...Object.keys(METHODS), 'batch', 'sequence', 'ifelse')
  const key = fc.constantFrom(
    'pubkey',
    'messages',
    'expiry',
    'data',
    'requests',
    'signature',
    'namespace',
    'wait',
    'ttl',
    'timestamp',
    'before',
    'revoke',
    'unrevoke',
    'if',
    'then',
    'else',
  )
  const value = fc.oneof(fc.jsonValue(), fc.constant(alice.owner), fc.integer())
  const property = fc.asyncProperty(method, fc.dictionary(key, value), async (name, params) => {
    const body = utf8(JSON.stringify({ method: name, params }))
    const { status } = await node.node.answer({ kind: 'rpc', body }, new AbortController().signal)
    expect([200, 400, 401, 403, 406]).toContain(status)
  })
  await fc.assert(property, { numRuns: 200 })
})

test('whatever bt-encoding it is asked, it answers with a declared status', async () => {
  const { fixture, node } = await oneNode()
  await using _ = fixture
  const { value } = fc.letrec<{ value: BencodeInput }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.integer(),
      fc.uint8Array({ maxLength: 70 }),
      fc.constant(alice.owner),
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .array(fc.tuple(fc.constantFrom('method', 'params', 'pubkey', 'requests', 'if', 'then'), tie('value')))
        .map((entries) => new Map(entries)),
    ),
  }))
  const method = fc.constantFrom(...Object.keys(METHODS), 'batch', 'sequence', 'ifelse')
  const property = fc.asyncProperty(method, value, async (method, params) => {
    const body = encodeBencode(
      new Map<string, BencodeInput>([
        ['method', method],
        ['params', params],
      ]),
    )
    for (const bytes of [body, body.subarray(0, body.length - 1), encodeBencode(new Map([['method', params]]))]) {
      const { status } = await node.node.answer({ kind: 'rpc', body: bytes }, new AbortController().signal)
      expect([200, 400, 401, 403, 406]).toContain(status)
    }
  })
  await fc.assert(property, { numRuns: 200 })
})

test('a held retrieve answers as soon as something is stored in its namespace, and not before', async () => {
  const { fixture, node, now } = await oneNode()
  await using _ = fixture
  const held = node.ask('retrieve', alice.retrieve(now, { wait: 60_000 }))
  expect(await settled(held)).toBe('waiting')
  await node.ask('store', alice.store(now, 'profile', { namespace: 2, ...alice.proof(`store2${now}`) }))
  await node.ask('store', bob.store(now, 'for another'))
  expect(await settled(held)).toBe('waiting')
  await node.ask('store', alice.store(now, 'for us'))
  const answer = await settled(held)
  expect(answer).toMatchObject({ status: 200, body: { messages: [{ hash: expect.any(String) }] } })
})

test('a batch of retrieves is held for all its namespaces', async () => {
  const { fixture, node, now } = await oneNode()
  await using _ = fixture
  const requests = [0, 2].map((namespace) => ({ method: 'retrieve', params: alice.retrieve(now, { namespace }) }))
  const held = node.ask('batch', { requests, wait: 30_000 })
  expect(await settled(held)).toBe('waiting')
  await node.ask('store', alice.store(now, 'profile', { namespace: 2, ...alice.proof(`store2${now}`) }))
  const answer = await settled(held)
  if (answer === 'waiting') throw new Error('still waiting')
  expect(answer.body.results.map(({ body }: { body: { messages: unknown[] } }) => body.messages.length)).toEqual([0, 1])
})

test('a held retrieve answers with nothing when its time is over', async () => {
  const { fixture, node, now } = await oneNode()
  await using _ = fixture
  const held = node.ask('retrieve', alice.retrieve(now, { wait: 3_000 }))
  await fixture.clock.advance(seconds(2))
  expect(await settled(held)).toBe('waiting')
  await fixture.clock.advance(seconds(1))
  expect(await settled(held)).toMatchObject({ status: 200, body: { messages: [] } })
})

test('nothing is held that has news, that failed, or that does more than retrieve for one owner', async () => {
  const { fixture, node, now } = await oneNode()
  await using _ = fixture
  const mine = { method: 'retrieve', params: alice.retrieve(now) }
  const theirs = { method: 'retrieve', params: bob.retrieve(now) }
  const wrong = { method: 'retrieve', params: { pubkey: alice.owner } }
  for (const requests of [
    [mine, theirs],
    [mine, { method: 'info', params: {} }],
    [mine, wrong],
  ]) {
    expect(await settled(node.ask('batch', { requests, wait: 60_000 }))).toMatchObject({ status: 200 })
  }
  await node.ask('store', alice.store(now))
  expect(await settled(node.ask('retrieve', alice.retrieve(now, { wait: 60_000 })))).toMatchObject({ status: 200 })
  expect(await node.ask('retrieve', alice.retrieve(now, { wait: 60_001 }))).toMatchObject({ status: 400 })
})

test('a message that is stored while the first look is under way wakes the waiter', async () => {
  const { fixture, node, now } = await oneNode()
  await using _ = fixture
  const { retrieve } = node.store
  let looks = 0
  node.store.retrieve = async (query) => {
    const before = await retrieve(query)
    if (looks++ === 0) await node.ask('store', alice.store(now))
    return before
  }
  const answer = await settled(node.ask('retrieve', alice.retrieve(now, { wait: 60_000 })))
  expect(answer).toMatchObject({ body: { messages: [{}] } })
  expect(looks).toBe(2)
})

test('who goes away frees the place, and leaves no sleeper behind', async () => {
  const { fixture, node, now } = await oneNode()
  await using _ = fixture
  const before = fixture.clock.pending
  const gone = new AbortController()
  const text = JSON.stringify({ method: 'retrieve', params: alice.retrieve(now, { wait: 60_000 }) })
  const held = node.post(text, gone.signal)
  expect(await settled(held)).toBe('waiting')
  gone.abort()
  await expect(held).rejects.toMatchObject({ name: 'AbortError' })
  expect(fixture.clock.pending).toBe(before)
  const health = await node.node.answer({ kind: 'health' }, gone.signal)
  expect(JSON.parse(Buffer.from(health.body).toString())).toMatchObject({ held: 0 })
})

test('beyond 64 waiters of an owner the answer comes at once', async () => {
  const { fixture, node, now } = await oneNode()
  await using _ = fixture
  const ask = () => node.ask('retrieve', alice.retrieve(now, { wait: 60_000 }))
  const held = Array.from({ length: 64 }, ask)
  expect(await settled(held[63]!)).toBe('waiting')
  expect(await settled(ask())).toMatchObject({ body: { messages: [] } })
  expect(await settled(node.ask('retrieve', bob.retrieve(now, { wait: 60_000 })))).toBe('waiting')
  await node.ask('store', alice.store(now))
  for (const answer of await Promise.all(held)) expect(answer.body.messages).toHaveLength(1)
})

test('the total of waiters is bounded too, and a place that was given back can be taken', () => {
  const held = new HeldRetrievals(new VirtualClock(), { total: 2, perOwner: 2 })
  const namespaces = [parseNamespace(0)]
  const first = held.register(parseOwner(alice.owner), namespaces)!
  expect(held.register(parseOwner(bob.owner), namespaces)).toBeDefined()
  expect(held.register(parseOwner(bob.owner), namespaces)).toBeUndefined()
  first[Symbol.dispose]()
  first[Symbol.dispose]()
  expect(held.count).toBe(1)
  expect(held.register(parseOwner(bob.owner), namespaces)).toBeDefined()
})

/** Stores `count` messages of the greatest size, in each of the namespaces. */
async function fill(node: FixtureNode, now: number, namespaces: readonly number[], count: number): Promise<void> {
  for (const namespace of namespaces) {
    for (let index = 0; index < count; index++) {
      const text = `${namespace} ${index} `.padEnd(76_800)
      expect(await node.ask('store', alice.store(now, text, { namespace }))).toMatchObject({ status: 200 })
    }
  }
}

const GREATEST = 100 + 43 + (4 * 76_800) / 3
type Page = { code: number; body: { messages: { data: string }[]; more: boolean } }
const costOf = ({ body }: Page) =>
  body.messages.reduce((sum, { data }) => sum + 143 + Math.floor((4 * Buffer.from(data, 'base64').length) / 3), 0)

test('retrieves of a batch share what one answer holds, each has at least one message, and says that there is more', async () => {
  const { fixture, node, now } = await oneNode()
  await using _ = fixture
  const namespaces = Array.from({ length: 20 }, (_, index) => 10 * index)
  await fill(node, now, namespaces, 6)
  const requests = namespaces.map((namespace) => ({
    method: 'retrieve',
    params: { ...alice.retrieve(now, { namespace }), max_size: -1 },
  }))
  for (const mode of ['batch', 'sequence']) {
    const { status, body } = await node.ask(mode, { requests })
    expect(status).toBe(200)
    const pages = body.results as Page[]
    expect(pages.map(({ code }) => code)).toEqual(Array(20).fill(200))
    expect(pages.every(({ body }) => body.messages.length >= 1)).toBe(true)
    const total = pages.reduce((sum, page) => sum + costOf(page), 0)
    expect(total).toBeLessThanOrEqual(7_800_000)
    expect(total).toBeGreaterThan(7_800_000 - GREATEST)
    expect(pages[0]!.body).toMatchObject({ more: false, messages: { length: 6 } })
    expect(pages[19]!.body).toMatchObject({ more: true, messages: { length: 1 } })
  }
})

test('the answer to such a batch fits an onion request', async () => {
  const { fixture, node, now } = await oneNode()
  await using _ = fixture
  await fill(node, now, [0, 10, 20, 30], 20)
  const requests = [0, 10, 20, 30].map((namespace) => ({
    method: 'retrieve',
    params: { ...alice.retrieve(now, { namespace }), max_size: -1 },
  }))
  const body = Buffer.from(JSON.stringify({ method: 'batch', params: { requests } }))
  const answer = await node.node.answer({ kind: 'rpc', body }, new AbortController().signal)
  const inOnion = Buffer.byteLength(JSON.stringify({ status: 200, body: Buffer.from(answer.body).toString() })) + 40
  expect(Math.ceil(inOnion / 3) * 4).toBeLessThan(10_485_760)
  expect(answer.body.length).toBeGreaterThan(7_500_000)
})

test('a batch whose retrieves fit together gives each what it asked for', async () => {
  const { fixture, node, now } = await oneNode()
  await using _ = fixture
  await fill(node, now, [0, 10], 16)
  const requests = [0, 10].map((namespace) => ({ method: 'retrieve', params: alice.retrieve(now, { namespace }) }))
  const { body } = await node.ask('batch', { requests })
  const alone = await node.ask('retrieve', alice.retrieve(now))
  for (const { body: page } of body.results as Page[]) {
    expect(page.messages).toHaveLength(alone.body.messages.length)
    expect(page.more).toBe(true)
  }
})
