import { test } from 'node:test'
import { FrameKind, millis, utf8 } from '@starling/protocol'
import { expect } from 'expect'
import { Fixture, FixtureAccount, type FixtureNode, pass, texts } from '../testing/fixture.ts'
import { sortedTexts } from './sorted.ts'

const alice = new FixtureAccount(1)
const DAY = 86_400_000

const removalOf = (hash: string) => ({ ...alice.proof(`delete${hash}`), messages: [hash] })

async function swarm(count = 2): Promise<{ fixture: Fixture; nodes: FixtureNode[] }> {
  const fixture = await Fixture.create(count)
  return { fixture, nodes: [...fixture.nodes] }
}

test('a member that was away gets what it missed once it is back, and no hint stays', async () => {
  const { fixture, nodes } = await swarm()
  await using _ = fixture
  const [node, away] = nodes as [FixtureNode, FixtureNode]
  await fixture.stop(away)
  for (const text of ['one', 'two', 'three']) {
    const { body } = await node.ask('store', alice.store(fixture.clock.now(), text))
    expect(body.swarm[away.nodeId]).toEqual({ failed: true, timeout: true })
  }
  await pass(fixture, 40_000)
  expect(await node.store.stats()).toMatchObject({ hints: 3 })
  // Without repair, which would be the first to bring it.
  fixture.wire = ({ from }) => (from === away ? 'unreachable' : undefined)
  await fixture.start(away)
  away.received.length = 0
  await pass(fixture, 20_000)
  expect(await texts(away, alice)).toEqual(['one', 'two', 'three'])
  expect(await node.store.stats()).toMatchObject({ hints: 0 })
  expect(away.received.filter((kind) => kind === FrameKind.transfer)).toHaveLength(1)
})

test('hints outlive a crash of the node that holds them', async () => {
  const { fixture, nodes } = await swarm()
  await using _ = fixture
  const [node, away] = nodes as [FixtureNode, FixtureNode]
  await fixture.stop(away)
  const { status } = await node.ask('store', alice.store(fixture.clock.now(), 'kept'))
  expect(status).toBe(200)
  node.disk.crash()
  await fixture.stop(node)
  await fixture.start(node)
  await fixture.start(away)
  await pass(fixture, 20_000)
  expect(await texts(away, alice)).toEqual(['kept'])
})

test('a store and its deletion, both missed, leave nothing', async () => {
  const { fixture, nodes } = await swarm()
  await using _ = fixture
  const [node, away] = nodes as [FixtureNode, FixtureNode]
  await fixture.stop(away)
  const { hash } = (await node.ask('store', alice.store(fixture.clock.now(), 'gone'))).body
  await node.ask('delete', removalOf(hash))
  await fixture.start(away)
  await pass(fixture, 20_000)
  expect(await texts(away, alice)).toEqual([])
  expect(await node.store.stats()).toMatchObject({ hints: 0 })
})

test('a deletion that was missed is carried out, and later changes of expiry too', async () => {
  const { fixture, nodes } = await swarm()
  await using _ = fixture
  const [node, away] = nodes as [FixtureNode, FixtureNode]
  const now = fixture.clock.now()
  const gone = (await node.ask('store', alice.store(now, 'gone'))).body.hash
  const kept = (await node.ask('store', alice.store(now, 'kept'))).body.hash
  await fixture.stop(away)
  await node.ask('delete', removalOf(gone))
  const until = now + 7 * DAY
  await node.ask('expire', { ...alice.proof(`expire${until}${kept}`), messages: [kept], expiry: until })
  await fixture.start(away)
  await pass(fixture, 20_000)
  expect(await texts(away, alice)).toEqual(['kept'])
  expect(await away.store.hashesOf(alice.owner as never)).toEqual([{ hash: kept, expiry: until }])
})

test('a deletion that was missed does not take what was stored again since', async () => {
  const { fixture, nodes } = await swarm()
  await using _ = fixture
  const [node, away] = nodes as [FixtureNode, FixtureNode]
  const now = fixture.clock.now()
  const { hash } = (await node.ask('store', alice.store(now, 'again'))).body
  await fixture.stop(away)
  await node.ask('delete', removalOf(hash))
  await pass(fixture, 5_000)
  await node.ask('store', alice.store(now, 'again'))
  await fixture.start(away)
  await pass(fixture, 60_000)
  for (const member of nodes) expect(await texts(member, alice)).toEqual(['again'])
  expect(await node.store.stats()).toMatchObject({ hints: 0 })
})

test('a member that cannot take it now gets it later, also a deletion', async () => {
  const { fixture, nodes } = await swarm()
  await using _ = fixture
  const [node, full] = nodes as [FixtureNode, FixtureNode]
  const now = fixture.clock.now()
  const { hash } = (await node.ask('store', alice.store(now, 'old'))).body
  full.disk.failWrites('io')
  await node.ask('store', alice.store(now, 'new'))
  await node.ask('delete', removalOf(hash))
  await pass(fixture, 30_000)
  expect(await node.store.stats()).toMatchObject({ hints: 2 })
  full.disk.failWrites(undefined)
  await pass(fixture, 40_000)
  expect(await texts(full, alice)).toEqual(['new'])
  expect(await node.store.stats()).toMatchObject({ hints: 0 })
})

test('a deletion refused because directories differ is tried again', async () => {
  const { fixture, nodes } = await swarm()
  await using _ = fixture
  const [node, other] = nodes as [FixtureNode, FixtureNode]
  const { hash } = (await node.ask('store', alice.store(fixture.clock.now(), 'x'))).body
  for (const status of [403, 421, 503]) {
    fixture.wire = ({ from }) => (from === node ? { status, body: utf8('{}') } : undefined)
    await node.ask('delete', removalOf(hash))
    await pass(fixture, 10_000)
  }
  expect(await texts(other, alice)).toEqual(['x'])
  fixture.wire = () => undefined
  await pass(fixture, 40_000)
  expect(await texts(other, alice)).toEqual([])
})

test('a member that answers transfers with garbage stops nobody else from getting theirs', async () => {
  const { fixture, nodes } = await swarm(3)
  await using _ = fixture
  const [node, rude, away] = nodes as [FixtureNode, FixtureNode, FixtureNode]
  await fixture.stop(away)
  for (const body of [utf8('?'), new Uint8Array(), new Uint8Array([0, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1])]) {
    fixture.wire = ({ to }) => (to === rude ? { status: 200, body } : undefined)
    await node.ask('store', alice.store(fixture.clock.now(), `with ${body.length}`))
    await pass(fixture, 20_000)
  }
  await fixture.start(away)
  await pass(fixture, 30_000)
  expect(sortedTexts(await texts(away, alice))).toEqual(['with 0', 'with 1', 'with 11'])
  fixture.wire = () => undefined
  await pass(fixture, 30_000)
  expect(await texts(rude, alice)).toHaveLength(3)
})

test('a disk that fails for a while stops no loop for good', async () => {
  const { fixture, nodes } = await swarm()
  await using _ = fixture
  const [node, away] = nodes as [FixtureNode, FixtureNode]
  await fixture.stop(away)
  await node.ask('store', alice.store(fixture.clock.now(), 'kept'))
  await node.ask('store', alice.store(fixture.clock.now(), 'short', { ttl: 15_000 }))
  node.disk.failWrites('io')
  await pass(fixture, 30_000)
  expect(node.log.text()).toContain('storage.loop_failed')
  expect(node.log.text()).not.toContain('node.task_failed')
  node.disk.failWrites(undefined)
  await fixture.start(away)
  await pass(fixture, 30_000)
  expect(await texts(away, alice)).toEqual(['kept'])
  expect(await node.store.stats()).toMatchObject({ messages: 1, hints: 0 })
})

test('a member whose clock is an hour off gets by transfer what it refuses to be told', async () => {
  const { fixture, nodes } = await swarm()
  await using _ = fixture
  const [node, behind] = nodes as [FixtureNode, FixtureNode]
  behind.clock.offset = millis(-3_600_000)
  const { body } = await node.ask('store', alice.store(fixture.clock.now(), 'hello'))
  expect(body.swarm[behind.nodeId]).toMatchObject({ failed: true, code: '406' })
  await pass(fixture, 20_000)
  expect(await texts(behind, alice)).toEqual(['hello'])
})
