import { test } from 'node:test'
import { millis, unixMillis } from '@starling/protocol'
import { VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { Fixture, FixtureAccount, type FixtureNode, texts } from '../testing/fixture.ts'
import { TakeUpTime } from './take-up-time.ts'

const START = unixMillis(1_700_000_000_000)

function started(): { clock: VirtualClock; time: TakeUpTime; at: (offset: number) => ReturnType<TakeUpTime['next']> } {
  const clock = new VirtualClock({ start: START })
  return { clock, time: new TakeUpTime(clock), at: (offset) => unixMillis(START + offset) }
}

test('it is the clock, unless another member is ahead', async () => {
  const { clock, time, at } = started()
  expect(time.next()).toBe(START)
  time.see(at(-5))
  expect(time.next()).toBe(START)
  time.see(at(4_000))
  time.see(at(3_000))
  expect(time.next()).toBe(at(4_000))
  await clock.advance(millis(4_001))
  expect(time.next()).toBe(at(4_001))
})

test('what comes after a change of expiry has a later time, also where another member took it up', async () => {
  const { clock, time, at } = started()
  expect([time.nextForExpiry(), time.nextForExpiry(), time.next(), time.next()]).toEqual([at(0), at(1), at(2), at(2)])
  time.seeExpiry(at(5))
  expect([time.next(), time.nextForExpiry()]).toEqual([at(6), at(6)])
  time.see(at(7))
  expect(time.next()).toBe(at(7))
  await clock.advance(millis(9))
  expect(time.next()).toBe(at(9))
})

test('nobody is followed further than 10 s ahead, also where the own clock was set back', () => {
  const { clock, time, at } = started()
  time.see(at(10_001))
  expect(time.next()).toBe(START)
  time.see(at(10_000))
  expect(time.next()).toBe(at(10_000))
  const skewed = clock.skewed(millis(0))
  const other = new TakeUpTime(skewed)
  other.see(at(10_000))
  skewed.offset = millis(-1)
  expect(other.next()).toBe(at(-1))
})

test('who stores at a member that is ahead and deletes at one that is not has deleted', async () => {
  await using fixture = await Fixture.create(2)
  const [ahead, right] = fixture.nodes as [FixtureNode, FixtureNode]
  const alice = new FixtureAccount(1)
  ahead.clock.offset = millis(5_000)
  const { hash } = (await ahead.ask('store', alice.store(fixture.clock.now(), 'x'))).body
  const { body } = await right.ask('delete', { ...alice.proof(`delete${hash}`), messages: [hash] })
  for (const { nodeId } of fixture.nodes) expect(body.swarm[nodeId].deleted).toEqual([hash])
  for (const node of fixture.nodes) expect(await texts(node, alice)).toEqual([])
})
