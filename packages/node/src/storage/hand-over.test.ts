import { test } from 'node:test'
import { FrameKind, utf8 } from '@starling/protocol'
import { expect } from 'expect'
import { Fixture, FixtureAccount, type FixtureNode, pass, texts } from '../testing/fixture.ts'

const HALF = '8000000000000000'
const accounts = Array.from({ length: 12 }, (_, index) => new FixtureAccount(index + 1))

async function storeAll(fixture: Fixture, nodes: readonly FixtureNode[]): Promise<void> {
  for (const account of accounts) {
    for (const node of nodes) {
      if ((await node.ask('store', account.store(fixture.clock.now(), `for ${account.owner}`))).status === 200) break
    }
  }
}

/** How many accounts the node answers for, all of which have their message. */
async function answeredBy(node: FixtureNode): Promise<number> {
  let count = 0
  for (const account of accounts) {
    const { status } = await node.ask('retrieve', account.retrieve(node.clock.now()))
    if (status === 421) continue
    expect(await texts(node, account)).toEqual([`for ${account.owner}`])
    count++
  }
  return count
}

test('a new member gets everything of its swarm', async () => {
  await using fixture = new Fixture(3)
  const [a, b, c] = fixture.nodes as [FixtureNode, FixtureNode, FixtureNode]
  for (const node of [a, b, c]) await fixture.start(node)
  await fixture.publish(
    fixture.form([
      [a, '0'],
      [b, '0'],
    ]),
  )
  await storeAll(fixture, [a])
  await fixture.publish(
    fixture.form([
      [a, '0'],
      [b, '0'],
      [c, '0'],
    ]),
  )
  await pass(fixture, 10_000)
  expect(await answeredBy(c)).toBe(accounts.length)
  expect(await a.store.stats()).toMatchObject({ hints: 0 })
})

test('a swarm that is split, and one that is dissolved, hand their messages over', async () => {
  await using fixture = new Fixture(4)
  const [a, b, c, d] = fixture.nodes as [FixtureNode, FixtureNode, FixtureNode, FixtureNode]
  for (const node of fixture.nodes) await fixture.start(node)
  await fixture.publish(
    fixture.form([
      [a, '0'],
      [b, '0'],
    ]),
  )
  await storeAll(fixture, [a])
  await fixture.publish(
    fixture.form([
      [a, '0'],
      [b, '0'],
      [c, HALF],
      [d, HALF],
    ]),
  )
  await pass(fixture, 10_000)
  const [left, right] = [await answeredBy(a), await answeredBy(c)]
  expect(left).toBeGreaterThan(0)
  expect(right).toBeGreaterThan(0)
  expect(left + right).toBe(accounts.length)
  // The old owners have dropped what is not theirs.
  for (const node of [a, b]) expect(await node.store.stats()).toMatchObject({ messages: left })
  for (const node of [c, d]) expect(await node.store.stats()).toMatchObject({ messages: right })
  expect((await a.node.status()).handOver).toMatchObject({ remaining: 0, handedOver: right })
  await fixture.publish(
    fixture.form([
      [a, HALF],
      [b, HALF],
      [c, HALF],
      [d, HALF],
    ]),
  )
  await pass(fixture, 10_000)
  expect(await answeredBy(d)).toBe(accounts.length)
})

test('a member that was dropped and comes back gets what was stored meanwhile', async () => {
  await using fixture = new Fixture(2)
  const [a, b] = fixture.nodes as [FixtureNode, FixtureNode]
  for (const node of fixture.nodes) await fixture.start(node)
  const both = [
    [a, '0'],
    [b, '0'],
  ] as const
  await fixture.publish(fixture.form(both))
  await fixture.stop(b)
  await fixture.publish(fixture.form([[a, '0']]))
  await storeAll(fixture, [a])
  await fixture.start(b)
  await fixture.publish(fixture.form(both))
  await pass(fixture, 20_000)
  expect(await answeredBy(b)).toBe(accounts.length)
})

test('a node that was away while the directory changed hands over all the same', async () => {
  await using fixture = new Fixture(2)
  const [a, b] = fixture.nodes as [FixtureNode, FixtureNode]
  for (const node of fixture.nodes) await fixture.start(node)
  await fixture.publish(fixture.form([[a, '0']]))
  await storeAll(fixture, [a])
  await fixture.stop(a)
  const next = fixture.form([
    [a, '0'],
    [b, '0'],
  ])
  await fixture.publish(next)
  await fixture.start(a)
  await fixture.publish(next)
  await pass(fixture, 20_000)
  expect(await answeredBy(b)).toBe(accounts.length)
})

test('a crash in the middle of handing over loses nothing', async () => {
  await using fixture = new Fixture(2)
  const [a, b] = fixture.nodes as [FixtureNode, FixtureNode]
  for (const node of fixture.nodes) await fixture.start(node)
  await fixture.publish(fixture.form([[a, '0']]))
  await storeAll(fixture, [a])
  a.store.forget = () => new Promise(() => {})
  await fixture.publish(fixture.form([[b, '0']]))
  await pass(fixture, 1_000)
  expect(await a.store.stats()).toMatchObject({ messages: accounts.length })
  a.disk.crash()
  a.isUp = false
  await fixture.start(a)
  await pass(fixture, 20_000)
  expect(await answeredBy(b)).toBe(accounts.length)
  expect(await a.store.stats()).toMatchObject({ messages: 0 })
})

test('what belongs elsewhere stays until every member there has it', async () => {
  await using fixture = new Fixture(3)
  const [a, b, away] = fixture.nodes as [FixtureNode, FixtureNode, FixtureNode]
  for (const node of fixture.nodes) await fixture.start(node)
  await fixture.publish(fixture.form([[a, '0']]))
  await storeAll(fixture, [a])
  await fixture.stop(away)
  await fixture.publish(
    fixture.form([
      [b, '0'],
      [away, '0'],
    ]),
  )
  await pass(fixture, 60_000)
  expect(await answeredBy(b)).toBe(accounts.length)
  expect(await a.store.stats()).toMatchObject({ messages: accounts.length })
  expect((await a.node.status()).handOver).toMatchObject({ remaining: accounts.length })
  expect((await a.node.status()).role).toEqual({ kind: 'outside' })
  await fixture.start(away)
  await fixture.publish(
    fixture.form([
      [b, '0'],
      [away, '0'],
    ]),
  )
  await pass(fixture, 60_000)
  expect(await answeredBy(away)).toBe(accounts.length)
  expect(await a.store.stats()).toMatchObject({ messages: 0 })
})

test('a member that says that it has everything keeps us from nothing but its own copy', async () => {
  await using fixture = new Fixture(3)
  const [a, b, liar] = fixture.nodes as [FixtureNode, FixtureNode, FixtureNode]
  for (const node of fixture.nodes) await fixture.start(node)
  await fixture.publish(fixture.form([[a, '0']]))
  await storeAll(fixture, [a])
  fixture.wire = ({ to, kind }) =>
    to === liar && kind === FrameKind.offer ? { status: 200, body: utf8('?') } : undefined
  await fixture.publish(
    fixture.form([
      [b, '0'],
      [liar, '0'],
    ]),
  )
  await pass(fixture, 30_000)
  expect(await answeredBy(b)).toBe(accounts.length)
  expect(await a.store.stats()).toMatchObject({ messages: accounts.length })
})

test('a disk that has no room when the directory changes gets everything when it has', async () => {
  await using fixture = new Fixture(2)
  const [a, b] = fixture.nodes as [FixtureNode, FixtureNode]
  for (const node of fixture.nodes) await fixture.start(node)
  await fixture.publish(fixture.form([[a, '0']]))
  await storeAll(fixture, [a])
  fixture.wire = () => 'unreachable'
  await fixture.publish(fixture.form([[b, '0']]))
  fixture.wire = () => undefined
  b.disk.failWrites('full')
  await pass(fixture, 40_000)
  expect(await a.store.stats()).toMatchObject({ messages: accounts.length })
  b.disk.failWrites(undefined)
  await pass(fixture, 40_000)
  expect(await answeredBy(b)).toBe(accounts.length)
  expect(await a.store.stats()).toMatchObject({ messages: 0 })
})
