/** Changes of expiry hold at every member, also where nobody is left who knows who missed them. */
import { test } from 'node:test'
import { parseOwner } from '@starling/protocol'
import { expect } from 'expect'
import { Fixture, FixtureAccount, type FixtureNode, pass } from '../testing/fixture.ts'

const alice = new FixtureAccount(1)
const owner = parseOwner(alice.owner)
const DAY = 86_400_000
/** Longer than a round of repair and its jitter. */
const HEALING = 400_000

async function swarm(): Promise<{ fixture: Fixture; nodes: [FixtureNode, FixtureNode, FixtureNode] }> {
  const fixture = await Fixture.create(3)
  return { fixture, nodes: [...fixture.nodes] as [FixtureNode, FixtureNode, FixtureNode] }
}

async function store(fixture: Fixture, node: FixtureNode, text: string, change: object = {}): Promise<string> {
  const { status, body } = await node.ask('store', alice.store(fixture.clock.now(), text, { ttl: 3 * DAY, ...change }))
  expect(status).toBe(200)
  return body.hash
}

async function expire(node: FixtureNode, word: 'shorten' | 'extend', hash: string, expiry: number): Promise<void> {
  const params = { ...alice.proof(`expire${word}${expiry}${hash}`), messages: [hash], expiry, [word]: true }
  expect((await node.ask('expire', params)).status).toBe(200)
}

async function dropHints(nodes: readonly FixtureNode[]): Promise<void> {
  for (const node of nodes) for (const other of nodes) if (node.isUp) await node.store.dropHintsOf(other.nodeId)
}

const heldBy = async (node: FixtureNode) =>
  new Map((await node.store.hashesOf(owner)).map(({ hash, expiry }) => [hash as string, expiry as number]))

test('a member that was away learns of them from those that are left', async () => {
  const { fixture, nodes } = await swarm()
  await using _ = fixture
  const [asked, other, away] = nodes
  const now = fixture.clock.now()
  const [short, long, limited] = [
    await store(fixture, asked, 'short'),
    await store(fixture, asked, 'long'),
    await store(fixture, asked, 'limited', { namespace: 10 }),
  ]
  await fixture.stop(away)
  await expire(asked, 'shorten', short, now + DAY)
  await expire(asked, 'extend', long, now + 9 * DAY)
  const all = { ...alice.proof(`expire_all10${now + 2 * DAY}`), namespace: 10, expiry: now + 2 * DAY }
  expect((await asked.ask('expire_all', all)).status).toBe(200)
  // Who was asked, and left the hints, never comes back.
  await fixture.stop(asked)
  asked.disk.wipe()
  await dropHints([other])
  await fixture.start(away)
  await fixture.publish(other.node.keeper.get('latest')!)
  await pass(fixture, HEALING)
  const expected = new Map([
    [short, now + DAY],
    [long, now + 9 * DAY],
    [limited, now + 2 * DAY],
  ])
  expect(await heldBy(away)).toEqual(expected)
  expect(await away.store.stats()).toMatchObject({ records: 3 })
})

test('what was shortened is gone also where it was missed, and does not come back from there', async () => {
  const { fixture, nodes } = await swarm()
  await using _ = fixture
  const [asked, other, away] = nodes
  const hash = await store(fixture, asked, 'gone soon')
  await fixture.stop(away)
  await expire(asked, 'shorten', hash, fixture.clock.now() + 30_000)
  await dropHints(nodes)
  await pass(fixture, 60_000)
  expect((await heldBy(other)).size).toBe(0)
  await fixture.start(away)
  await fixture.publish(asked.node.keeper.get('latest')!)
  await pass(fixture, 2 * HEALING)
  for (const node of nodes) expect(await node.store.stats()).toMatchObject({ messages: 0, records: 1 })
})

for (const [first, second, outcome] of [
  ['extend', 'shorten', 'shorten'],
  ['shorten', 'extend', 'extend'],
] as const) {
  test(`${first} at one member and then ${second} at another come to the same everywhere`, async () => {
    const { fixture, nodes } = await swarm()
    await using _ = fixture
    const [left, right, away] = nodes
    const now = fixture.clock.now()
    const hash = await store(fixture, left, 'x')
    const expiries = { shorten: now + DAY, extend: now + 9 * DAY }
    await fixture.stop(away)
    fixture.wire = () => 'unreachable'
    await expire(left, first, hash, expiries[first])
    await pass(fixture, 1_000)
    await expire(right, second, hash, expiries[second])
    await dropHints(nodes)
    fixture.wire = () => undefined
    await fixture.start(away)
    await fixture.publish(left.node.keeper.get('latest')!)
    await pass(fixture, HEALING)
    for (const node of nodes) expect(await heldBy(node)).toEqual(new Map([[hash, expiries[outcome]]]))
  })
}

test('a client that extends with every poll leaves one record', async () => {
  const { fixture, nodes } = await swarm()
  await using _ = fixture
  const [node] = nodes
  const hash = await store(fixture, node, 'x')
  for (let poll = 1; poll <= 5; poll++) {
    await expire(node, 'extend', hash, fixture.clock.now() + 9 * DAY)
    await pass(fixture, 1_000)
  }
  const until = fixture.clock.now() - 1_000 + 9 * DAY
  for (const member of nodes) {
    expect(await heldBy(member)).toEqual(new Map([[hash, until]]))
    expect(await member.store.stats()).toMatchObject({ records: 1, hints: 0 })
  }
})

test('of requests that come together the later one counts', async () => {
  const { fixture, nodes } = await swarm()
  await using _ = fixture
  const [node] = nodes
  const now = fixture.clock.now()
  const params = (expiry: number) => ({ ...alice.proof(`expire_all${expiry}`), expiry })
  const requests = [
    { method: 'store', params: alice.store(now, 'before', { ttl: 3 * DAY }) },
    { method: 'expire_all', params: params(now + 2 * DAY) },
    { method: 'expire_all', params: params(now + DAY) },
    { method: 'store', params: alice.store(now, 'after', { ttl: 3 * DAY }) },
  ]
  const { body } = await node.ask('sequence', { requests })
  const [before, after] = [body.results[0].body.hash, body.results[3].body.hash]
  for (const member of nodes) {
    const expected = new Map([
      [before, now + DAY],
      [after, now + 3 * DAY],
    ])
    expect(await heldBy(member)).toEqual(expected)
  }
})
