import { test } from 'node:test'
import { minutes, seconds } from '@starling/protocol'
import { expect } from 'expect'
import { FakeNetwork } from '../testing/fake-network.ts'
import { accountOf, anotherDevice, befriend, idWith, newcomer, sendTo, textsOf } from '../testing/meet.ts'

/** Alice wrote to Bob, who has two devices, what disappears five minutes after reading; `read` reads it on his phone. */
async function burning(seed: number) {
  const net = new FakeNetwork({ swarmSize: 3, seed })
  const alice = await newcomer(net, 'Alice')
  const phone = await newcomer(net, 'Bob')
  await befriend(net, alice, phone)
  const tablet = await anotherDevice(net, phone)
  await alice.setExpiration(idWith(phone), { mode: 'afterRead', seconds: 300 })
  await sendTo(alice, accountOf(phone), 'burn')
  await net.clock.advance(seconds(10))
  const read = async () => {
    await using history = await phone.history(idWith(alice))
    await history.markRead(history.state.snapshot.messages.at(-1)!.id)
  }
  const dispose = async () => {
    for (const client of [alice, phone, tablet]) await client[Symbol.asyncDispose]()
  }
  const shown = () => textsOf(tablet, accountOf(alice))
  return { net, phone, read, shown, [Symbol.asyncDispose]: dispose }
}

test('a member that lacks a message, or says so, cannot take it from our devices alone', async () => {
  await using world = await burning(4)
  const { net, phone, read, shown } = world
  const [liar] = net.swarmOf(phone)
  liar!.messages.splice(0)
  await read()
  await net.clock.advance(minutes(4))
  expect(await shown()).toContain('burn')
  await net.clock.advance(minutes(1))
  expect(await shown()).not.toContain('burn')
})

test('the swarm is asked ever less often while nobody has told it', async () => {
  await using world = await burning(5)
  const { net, phone, read } = world
  const members = net.swarmOf(phone)
  const asked = () => members.flatMap((node) => node.asked.filter((method) => method === 'get_expiries')).length
  for (const node of members) node.ignoresShortening = true
  await read()
  await net.clock.advance(seconds(30))
  // Two devices ask two members each, after 3, 13 and 26 seconds or so.
  expect(asked()).toBe(12)
  await net.clock.advance(minutes(4))
  expect(asked()).toBeLessThanOrEqual(28)
})
