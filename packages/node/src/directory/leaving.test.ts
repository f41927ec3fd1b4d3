import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { FrameKind } from '@starling/protocol'
import { expect } from 'expect'
import { Fixture, FixtureAccount, type FixtureNode, pass, texts } from '../testing/fixture.ts'
import { keepIntent, readIntent, untilLeft } from './leaving.ts'
import { Membership } from './membership.ts'

const HALF = '8000000000000000'
const accounts = Array.from({ length: 12 }, (_, index) => new FixtureAccount(index + 1))

/** Nodes `a` and `b` in one swarm; `c`, alone in the other one, has messages that nobody else has. */
async function threeNodes() {
  const fixture = await Fixture.create(3, ['0', '0', HALF])
  const [a, b, c] = fixture.nodes as [FixtureNode, FixtureNode, FixtureNode]
  for (const account of accounts) {
    for (const node of [a, c]) await node.ask('store', account.store(fixture.clock.now(), `for ${account.owner}`))
  }
  expect((await c.store.stats()).messages).toBeGreaterThan(0)
  const without = () =>
    fixture.publish(
      fixture.form([
        [a, '0'],
        [b, '0'],
      ]),
    )
  return { fixture, a, b, c, without }
}

type Watched = { readonly hasLeft: () => boolean; readonly membership: Membership } & Disposable

/** Whether it has left by now. The node's announcements reach nobody here, so the test says what became of them. */
function watch({ clock, node, nodeId, store }: FixtureNode): Watched {
  const stop = new AbortController()
  const membership = new Membership()
  let hasLeft = false
  untilLeft({ clock, node: { nodeId, keeper: node.keeper, membership }, store }, stop.signal).then(
    () => {
      hasLeft = true
    },
    () => {},
  )
  return { hasLeft: () => hasLeft, membership, [Symbol.dispose]: () => stop.abort() }
}

test('a node that leaves serves until it is out, hands over what nobody else has, and has left then', async () => {
  const { fixture, a, b, c, without } = await threeNodes()
  await using _ = fixture
  using watched = watch(c)
  watched.membership.setIntent('leave')
  watched.membership.noteAnnounced('accepted')
  await pass(fixture, 10_000)
  expect(watched.hasLeft()).toBe(false)
  const { status } = await c.node.answer({ kind: 'health' }, new AbortController().signal)
  expect(status).toBe(200)

  await without()
  await pass(fixture, 10_000)
  expect(watched.hasLeft()).toBe(true)
  expect(await c.store.stats()).toMatchObject({ messages: 0, records: 0 })
  for (const node of [a, b]) {
    for (const account of accounts) expect(await texts(node, account)).toEqual([`for ${account.owner}`])
  }
})

test('a node whose messages a member cannot take yet stays until it can', async () => {
  const { fixture, b, c, without } = await threeNodes()
  await using _ = fixture
  using watched = watch(c)
  watched.membership.setIntent('leave')
  watched.membership.noteAnnounced('accepted')
  fixture.wire = ({ from, to }) => (from === c && to === b ? 'unreachable' : undefined)
  await without()
  await pass(fixture, 60_000)
  expect(watched.hasLeft()).toBe(false)
  expect((await c.store.stats()).messages).toBeGreaterThan(0)
  fixture.wire = () => undefined
  await pass(fixture, 600_000)
  expect(watched.hasLeft()).toBe(true)
})

test('a node that was dropped and wants to stay, or has not said that it leaves, has not left', async () => {
  const { fixture, c, without } = await threeNodes()
  await using _ = fixture
  using watched = watch(c)
  await without()
  await pass(fixture, 60_000)
  expect(watched.hasLeft()).toBe(false)
  watched.membership.setIntent('leave')
  watched.membership.noteAnnounced('unreachable')
  await pass(fixture, 60_000)
  expect(watched.hasLeft()).toBe(false)
  watched.membership.noteAnnounced('not_admitted')
  await pass(fixture, 60_000)
  expect(watched.hasLeft()).toBe(true)
})

test('who has left may offer and transfer, and nothing else; a stranger may not even that', async () => {
  const { fixture, a, c, without } = await threeNodes()
  await using _ = fixture
  await without()
  const ask = async (from: FixtureNode['nodeId'], kind: number) =>
    (await a.node.answerPeer(from, kind, new Uint8Array(1), new AbortController().signal)).status
  for (const kind of [FrameKind.offer, FrameKind.transfer]) expect(await ask(c.nodeId, kind)).toBe(400)
  for (const kind of [FrameKind.forward, FrameKind.fetch, FrameKind.list, FrameKind.relay, FrameKind.digests]) {
    expect(await ask(c.nodeId, kind)).toBe(403)
  }
  const stranger = new Fixture(9).nodes[8]!.nodeId
  for (const kind of [FrameKind.offer, FrameKind.transfer]) expect(await ask(stranger, kind)).toBe(403)
})

test('the wish to leave survives in the data folder, for its user alone, until it is taken back', () => {
  const folder = mkdtempSync(join(tmpdir(), 'starling-leaving-'))
  try {
    expect(readIntent(folder)).toBe('stay')
    keepIntent(folder, 'leave')
    keepIntent(folder, 'leave')
    expect(readIntent(folder)).toBe('leave')
    expect(statSync(join(folder, 'leaving')).mode & 0o777).toBe(0o600)
    keepIntent(folder, 'stay')
    keepIntent(folder, 'stay')
    expect([readIntent(folder), existsSync(join(folder, 'leaving'))]).toEqual(['stay', false])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
