import { test } from 'node:test'
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

test('a crash between taking a directory and handing over loses nothing', async () => {
  await using fixture = new Fixture(2)
  const [a, b] = fixture.nodes as [FixtureNode, FixtureNode]
  for (const node of fixture.nodes) await fixture.start(node)
  await fixture.publish(fixture.form([[a, '0']]))
  await storeAll(fixture, [a])
  a.store.owners = () => new Promise(() => {})
  await fixture.publish(
    fixture.form([
      [a, '0'],
      [b, '0'],
    ]),
  )
  await pass(fixture, 1_000)
  expect(await a.store.stats()).toMatchObject({ hints: 0 })
  a.disk.crash()
  a.isUp = false
  await fixture.start(a)
  await pass(fixture, 20_000)
  expect(await answeredBy(b)).toBe(accounts.length)
})

test('a disk that is full when the directory changes hands over when it has room', async () => {
  await using fixture = new Fixture(2)
  const [a, b] = fixture.nodes as [FixtureNode, FixtureNode]
  for (const node of fixture.nodes) await fixture.start(node)
  await fixture.publish(fixture.form([[a, '0']]))
  await storeAll(fixture, [a])
  a.disk.failWrites('full')
  await fixture.publish(
    fixture.form([
      [a, '0'],
      [b, '0'],
    ]),
  )
  await pass(fixture, 20_000)
  expect(a.log.text()).toContain('rebalance.failed')
  a.disk.failWrites(undefined)
  await pass(fixture, 20_000)
  expect(await answeredBy(b)).toBe(accounts.length)
})
