import { test } from 'node:test'
import { concatBytes, hours, NAMESPACES, type Owner, seconds, unixMillis } from '@starling/protocol'
import { expect } from 'expect'
import type { Client } from '../api.ts'
import { FakeNetwork } from '../testing/fake-network.ts'
import { accountOf, newcomer } from '../testing/meet.ts'

/** What begins like a message of a later version. */
function layNewer(net: FakeNetwork, client: Client, count: number): void {
  for (let i = 0; i < count; i++) {
    const data = concatBytes(Uint8Array.of(0, 2), net.random(1534))
    for (const node of net.swarmOf(client)) {
      node.keep(accountOf(client) as Owner, NAMESPACES.messages, data, unixMillis(net.clock.now() + hours(24)))
    }
  }
}

const newerOf = ({ session: { snapshot } }: Client) =>
  snapshot.kind === 'ready' ? snapshot.account.newerMessages : undefined

test('messages of a later version are counted and kept, and stand in no conversation', async () => {
  const net = new FakeNetwork()
  await using bob = await newcomer(net, 'Bob')
  expect(newerOf(bob)).toBe(undefined)
  layNewer(net, bob, 3)
  await net.until(() => newerOf(bob) === 3, seconds(2))
  await net.clock.advance(seconds(90)) // the same again, from both members
  expect(newerOf(bob)).toBe(3)
  expect(bob.conversations.snapshot).toEqual([])
})

test('no more of them are kept than the bound says, whoever lays them there', async () => {
  const net = new FakeNetwork()
  await using bob = await newcomer(net, 'Bob')
  layNewer(net, bob, 230)
  await net.until(() => newerOf(bob) === 200, seconds(10))
  await net.clock.advance(seconds(60))
  expect(newerOf(bob)).toBe(200)
})
