import { test } from 'node:test'
import {
  digestsReply,
  encodeRecordId,
  FrameKind,
  fetchReply,
  fetchRequest,
  listReply,
  millis,
  ownerBytes,
  parseOwner,
  swarmPosition,
  type TransferItem,
  toBase64,
  toHex,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { expect } from 'expect'
import { crypto, Fixture, FixtureAccount, type FixtureNode, pass, texts } from '../testing/fixture.ts'
import { bucketOf } from './buckets.ts'
import { sortedTexts } from './sorted.ts'

const alice = new FixtureAccount(1)
const owner = parseOwner(alice.owner)
const DAY = 86_400_000
const NEVER = new AbortController().signal
const ABOUT_REPAIR = [FrameKind.digests, FrameKind.list, FrameKind.fetch] as const

async function swarm(count: number): Promise<{ fixture: Fixture; nodes: FixtureNode[] }> {
  const fixture = await Fixture.create(count)
  return { fixture, nodes: [...fixture.nodes] }
}

async function storeMany(fixture: Fixture, node: FixtureNode, count: number, name = 'message'): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `${name} ${index}`)
  const store = (text: string) => node.ask('store', alice.store(fixture.clock.now(), text, { ttl: 13 * DAY }))
  for (const text of names) expect((await store(text)).status).toBe(200)
  return sortedTexts(names)
}

/** Nothing but repair can bring them what they missed. */
async function dropHints(nodes: readonly FixtureNode[]): Promise<void> {
  for (const node of nodes) for (const other of nodes) if (node.isUp) await node.store.dropHintsOf(other.nodeId)
}

async function revoke(node: FixtureNode, now: number): Promise<void> {
  const token = Uint8Array.from([5, 7, 0, 0, ...new Uint8Array(32).fill(9)])
  const signed = Buffer.concat([utf8(`revoke_subaccount${now}`), token])
  const signature = toBase64(alice.keys.signing.secretKey.use((key) => crypto.ed25519Sign(key, signed)))
  const params = { ...alice.proof(''), signature, timestamp: now, revoke: [toBase64(token)] }
  expect((await node.ask('revoke_subaccount', params)).status).toBe(200)
}

const held = async (node: FixtureNode) => sortedTexts(await texts(node, alice))
const revokedAt = async (node: FixtureNode) => (await node.store.revokedTokens(owner)).size

test('a member that was away for a day catches up in full, with deletions and revocations', async () => {
  const { fixture, nodes } = await swarm(3)
  await using _ = fixture
  const [node, other, away] = nodes as [FixtureNode, FixtureNode, FixtureNode]
  const [gone] = await storeMany(fixture, node, 1, 'gone')
  await fixture.stop(away)
  const names = await storeMany(fixture, node, 30)
  const hash = (await node.store.hashesOf(owner))[0]!.hash
  await node.ask('delete', { ...alice.proof(`delete${hash}`), messages: [hash] })
  await revoke(other, fixture.clock.now())
  await dropHints(nodes)
  for (const member of nodes) member.clock.offset = millis(DAY)
  await fixture.start(away)
  await pass(fixture, 30_000)
  expect(gone).toBe('gone 0')
  for (const member of nodes) {
    expect(await held(member)).toEqual(names)
    expect(await revokedAt(member)).toBe(1)
    expect(await member.store.stats()).toMatchObject({ records: 2 })
  }
})

test('a member with a fresh disk gets everything back, answers no reads until then, and says so', async () => {
  const { fixture, nodes } = await swarm(3)
  await using _ = fixture
  const [node, , fresh] = nodes as [FixtureNode, FixtureNode, FixtureNode]
  const names = await storeMany(fixture, node, 600)
  await fixture.stop(fresh)
  fresh.disk.wipe()
  await fixture.start(fresh)
  const [document] = [node.node.keeper.get('latest')!]
  fixture.wire = ({ from, kind }) => (from === fresh && kind === FrameKind.fetch ? 'silent' : undefined)
  await fixture.publish(document)
  expect(await fresh.ask('retrieve', alice.retrieve(fresh.clock.now()))).toEqual({
    status: 503,
    body: 'Service node is not ready: not done syncing\n',
  })
  expect((await fresh.node.status()).repair).toMatchObject({
    isCatchingUp: true,
    progress: { kind: 'fetching', done: 0, total: 600 },
  })
  // Everything else works.
  expect((await fresh.ask('store', alice.store(fresh.clock.now(), 'new', { ttl: DAY }))).status).toBe(200)
  fixture.wire = () => undefined
  await pass(fixture, 60_000)
  expect(await held(fresh)).toEqual(sortedTexts([...names, 'new']))
  const { repair } = await fresh.node.status()
  expect(repair).toMatchObject({ isCatchingUp: false, progress: undefined })
  expect(fresh.log.text()).toContain('"event":"repair.done","fields":{"compared":2,"unreached":0,"taken":600')
})

test('a message that was deleted does not come back from a member that was away', async () => {
  const { fixture, nodes } = await swarm(3)
  await using _ = fixture
  const [node, other, away] = nodes as [FixtureNode, FixtureNode, FixtureNode]
  await storeMany(fixture, node, 2)
  await fixture.stop(away)
  const now = fixture.clock.now()
  await node.ask('delete_all', { ...alice.proof(`delete_all${now}`), timestamp: now })
  await dropHints(nodes)
  // It is alone with others that lost their disks: the deletion is known to one of them only.
  await fixture.stop(other)
  other.disk.wipe()
  await fixture.start(away)
  await fixture.start(other)
  await fixture.publish(node.node.keeper.get('latest')!)
  await pass(fixture, 400_000)
  for (const member of nodes) {
    expect(await held(member)).toEqual([])
    expect(await member.store.stats()).toMatchObject({ messages: 0, records: 1 })
  }
})

test('what is fetched while the directory changes is fetched again when it belongs here', async () => {
  await using fixture = new Fixture(2)
  const [node, other] = fixture.nodes as [FixtureNode, FixtureNode]
  await fixture.start(node)
  await fixture.publish(fixture.form([[node, '0']]))
  const names = await storeMany(fixture, node, 3)
  await fixture.start(other)
  // On the other side of the ring.
  const elsewhere = (swarmPosition(ownerBytes(owner).subarray(1)) ^ (1n << 63n)).toString(16).padStart(16, '0')
  const together = [node, other].map((each) => [each, '0'] as const)
  fixture.wire = async ({ from, kind }) => {
    if (from !== other || kind !== FrameKind.fetch) return undefined
    fixture.wire = () => undefined
    node.isUp = false // it hears of it later, and answers
    await fixture.publish(fixture.form([...together.slice(0, 1), [other, elsewhere]]))
    node.isUp = true
    return undefined
  }
  await fixture.publish(fixture.form(together))
  await dropHints([node, other])
  await pass(fixture, 30_000)
  expect(await other.store.stats()).toMatchObject({ messages: 0 })
  await fixture.publish(fixture.form(together))
  await pass(fixture, 30_000)
  expect(await held(other)).toEqual(names)
})

test('revocations survive an empty account and reach new members', async () => {
  await using fixture = new Fixture(2)
  const [node, joining] = fixture.nodes as [FixtureNode, FixtureNode]
  await fixture.start(node)
  await fixture.publish(fixture.form([[node, '0']]))
  await storeMany(fixture, node, 1)
  await revoke(node, fixture.clock.now())
  const now = fixture.clock.now()
  await node.ask('delete_all', { ...alice.proof(`delete_allall${now}`), timestamp: now, namespace: 'all' })
  node.clock.offset = millis(40 * DAY)
  await pass(fixture, 65 * 60_000) // such a jump of the clock is not believed for an hour
  expect(await node.store.stats()).toMatchObject({ messages: 0, records: 1 })
  joining.clock.offset = millis(40 * DAY)
  await fixture.start(joining)
  await fixture.publish(
    fixture.form([
      [node, '0'],
      [joining, '0'],
    ]),
  )
  await pass(fixture, 30_000)
  expect(await revokedAt(joining)).toBe(1)
})

test('no store waits for a member that is known to be silent, and it gets everything when it is back', async () => {
  const { fixture, nodes } = await swarm(2)
  await using _ = fixture
  const [node, silent] = nodes as [FixtureNode, FixtureNode]
  fixture.wire = ({ to }) => (to === silent ? 'silent' : undefined)
  const first = node.ask('store', alice.store(fixture.clock.now(), 'message 0'))
  await pass(fixture, 6_000)
  expect((await first).body.swarm[silent.nodeId]).toEqual({ failed: true, timeout: true })
  for (let index = 1; index < 100; index++) {
    const before = fixture.clock.monotonic()
    // Would hang without time passing if it waited for anything.
    await node.ask('store', alice.store(fixture.clock.now(), `message ${index}`))
    expect(fixture.clock.monotonic()).toBe(before)
    await pass(fixture, 1_500)
  }
  expect((await node.node.status()).role).toMatchObject({ others: [{ nodeId: silent.nodeId, isSuspect: true }] })
  expect((await node.node.status()).hints).toEqual({ total: 100, members: 1, absent: 1 })
  fixture.wire = () => undefined
  await pass(fixture, 70_000)
  expect(await held(silent)).toHaveLength(100)
  expect((await node.node.status()).hints).toEqual({ total: 0, members: 0, absent: 0 })
})

test('stores that wait for a member when it turns out to be silent wait no longer', async () => {
  const { fixture, nodes } = await swarm(2)
  await using _ = fixture
  const [node, silent] = nodes as [FixtureNode, FixtureNode]
  fixture.wire = ({ to }) => (to === silent ? 'silent' : undefined)
  void node.ask('store', alice.store(fixture.clock.now(), 'one'))
  await pass(fixture, 4_900)
  let isAnswered = false
  void node.ask('store', alice.store(fixture.clock.now(), 'two')).then(() => {
    isAnswered = true
  })
  await pass(fixture, 50)
  expect(isAnswered).toBe(false)
  await pass(fixture, 100)
  expect(isAnswered).toBe(true)
})

test('who finds nobody else answers reads after a while', async () => {
  const { fixture, nodes } = await swarm(3)
  await using _ = fixture
  const [node, ...others] = nodes as [FixtureNode, ...FixtureNode[]]
  const names = await storeMany(fixture, node, 3)
  await fixture.stop(node)
  fixture.wire = ({ to }) => (others.includes(to) ? 'silent' : undefined)
  await fixture.start(node)
  await pass(fixture, 4_000)
  expect((await node.ask('retrieve', alice.retrieve(node.clock.now()))).status).toBe(503)
  await pass(fixture, 11_000)
  expect(await held(node)).toEqual(names)
})

test('a member that answers with garbage, or lists what it never gives, keeps nobody from catching up', async () => {
  const lies: readonly ((kind: number, payload: Uint8Array) => Uint8Array)[] = [
    () => utf8('garbage'),
    (kind) => (kind === FrameKind.digests ? digestsReply.encode([{ bucket: 7, count: 0xffff_ffff }]) : utf8('?')),
    (kind, payload) => {
      if (kind === FrameKind.digests) return digestsReply.encode([{ bucket: 7, count: 1000 }])
      if (kind === FrameKind.fetch)
        return fetchReply.encode({ served: fetchRequest.decode(payload).ids.length, items: [] })
      // IDs without end, each of which is a little higher than the one before.
      const after = payload.length > 4 ? payload.slice(4) : new Uint8Array(16)
      const ids = Array.from({ length: 512 }, (_, index) => {
        const id = after.slice()
        new DataView(id.buffer).setUint32(4, new DataView(after.buffer).getUint32(4) + index + 1)
        return id
      })
      return listReply.encode({ ids, next: ids.at(-1) })
    },
  ]
  for (const lie of lies) {
    const { fixture, nodes } = await swarm(3)
    await using _ = fixture
    const [node, liar, fresh] = nodes as [FixtureNode, FixtureNode, FixtureNode]
    const names = await storeMany(fixture, node, 5)
    await fixture.stop(fresh)
    fresh.disk.wipe()
    fixture.wire = ({ to, kind, payload }) =>
      to === liar && ABOUT_REPAIR.includes(kind as never) ? { status: 200, body: lie(kind, payload) } : undefined
    await fixture.start(fresh)
    await fixture.publish(node.node.keeper.get('latest')!)
    await pass(fixture, 60_000)
    expect(await held(fresh)).toEqual(names)
  }
})

test('what was fetched before a link broke is not fetched again', async () => {
  const { fixture, nodes } = await swarm(2)
  await using _ = fixture
  const [node, fresh] = nodes as [FixtureNode, FixtureNode]
  await storeMany(fixture, node, 1200)
  await fixture.stop(fresh)
  fresh.disk.wipe()
  const fetched: string[] = []
  let fetches = 0
  fixture.wire = ({ kind, payload }) => {
    if (kind !== FrameKind.fetch) return undefined
    if (++fetches === 2) return 'unreachable'
    fetched.push(...fetchRequest.decode(payload).ids.map((id) => toHex(id)))
    return undefined
  }
  await fixture.start(fresh)
  await fixture.publish(node.node.keeper.get('latest')!)
  await pass(fixture, 60_000)
  expect(await held(fresh)).toHaveLength(1200)
  expect(new Set(fetched).size).toBe(fetched.length)
})

test('large items are given one after the other, each answer in a frame of its own', async () => {
  const { fixture, nodes } = await swarm(2)
  await using _ = fixture
  const [node, other] = nodes as [FixtureNode, FixtureNode]
  const bucket = bucketOf(owner)
  for (let number = 0; number < 15; number++) {
    await node.store.apply({
      id: encodeRecordId(new Uint8Array(16).fill(number)),
      owner,
      at: unixMillis(fixture.clock.now() + number),
      expiry: unixMillis(fixture.clock.now() + DAY),
      request: new Uint8Array(1_000_000),
      change: { kind: 'deleteAll', namespace: 'all' },
    })
  }
  const ids = (await node.store.itemsIn(bucket, { limit: 100 })).map(({ id }) => id)
  const given: TransferItem[] = []
  for (let rest = ids; rest.length > 0; ) {
    const payload = fetchRequest.encode({ version: 1, bucket, ids: rest })
    const { body } = await node.node.answerPeer(other.nodeId, FrameKind.fetch, payload, NEVER)
    expect(body.length).toBeLessThan(2_000_000)
    const { served, items } = fetchReply.decode(body)
    given.push(...items)
    rest = rest.slice(served)
  }
  expect(given).toHaveLength(15)
})

test('members compare with members of their own swarm only', async () => {
  await using fixture = await Fixture.create(2, ['0', '8000000000000000'])
  const [node, stranger] = fixture.nodes as [FixtureNode, FixtureNode]
  for (const kind of ABOUT_REPAIR) {
    const ask = (from: FixtureNode) => node.node.answerPeer(from.nodeId, kind, utf8('garbage'), NEVER)
    expect(await ask(stranger)).toMatchObject({ status: 403 })
    expect(await ask(node)).toMatchObject({ status: 400 })
  }
  expect(await node.node.answerPeer(stranger.nodeId, FrameKind.offer, utf8('garbage'), NEVER)).toMatchObject({
    status: 400,
  })
})

test('a disk that is full while catching up takes the rest when it has room', async () => {
  const { fixture, nodes } = await swarm(2)
  await using _ = fixture
  const [node, fresh] = nodes as [FixtureNode, FixtureNode]
  const names = await storeMany(fixture, node, 5)
  await fixture.stop(fresh)
  fresh.disk.wipe()
  fixture.wire = () => 'unreachable'
  await fixture.start(fresh)
  await fixture.publish(node.node.keeper.get('latest')!)
  fresh.disk.failWrites('full')
  fixture.wire = () => undefined
  await pass(fixture, 60_000)
  expect(fresh.log.text()).toContain('repair.stalled')
  expect((await fresh.node.status()).repair.isCatchingUp).toBe(false)
  fresh.disk.failWrites(undefined)
  await pass(fixture, 60_000)
  expect(await held(fresh)).toEqual(names)
})
