/** A client whose disk breaks at some write, and that is then started again: what it shows must fit together. */
import { test } from 'node:test'
import { type AccountId, seconds } from '@starling/protocol'
import { expect } from 'expect'
import fc from 'fast-check'
import type { Client } from './api.ts'
import { StoreError } from './store/store-error.ts'
import { type FakeDevice, FakeNetwork } from './testing/fake-network.ts'
import { accountOf, anotherDevice, messagesOf, newcomer, sendTo } from './testing/meet.ts'

/** An evening: messages both ways, a deletion, a read conversation, a name and a setting that change. */
async function evening(net: FakeNetwork, alice: Client, bob: Client): Promise<void> {
  const [a, b] = [accountOf(alice), accountOf(bob)]
  const first = await sendTo(alice, b, 'hello one')
  await net.clock.advance(seconds(3))
  for (const text of ['hello two', 'hello three']) await sendTo(bob, a, text)
  await net.clock.advance(seconds(3))
  const conversation = await alice.startConversation(b)
  await alice.updateConversation(conversation, { pinned: true, draft: 'hm' })
  await alice.deleteForMe(first)
  await alice.setDisplayName('Alice the Great')
  await sendTo(alice, a, 'hello note')
  const newest = (await messagesOf(alice, b)).at(-1)
  await using history = await alice.history(conversation)
  if (newest !== undefined) await history.markRead(newest.id)
  await sendTo(bob, a, 'hello four')
  await net.clock.advance(seconds(3))
}

async function assertFits(client: Client): Promise<void> {
  const all = new Map<string, string>()
  for (const { id, last, unread } of client.conversations.snapshot) {
    const messages = await messagesOf(client, id)
    expect(messages.map(({ sentAt }) => sentAt)).toEqual(messages.map(({ sentAt }) => sentAt).sort((x, y) => x - y))
    expect(last?.sentAt).toBe(messages.at(-1)?.sentAt)
    expect(unread).toBeLessThanOrEqual(messages.filter(({ direction }) => direction === 'incoming').length)
    await using history = await client.history(id)
    expect(history.state.snapshot.unread).toBe(unread)
    expect(history.state.snapshot.firstUnread !== undefined).toBe(unread > 0)
    for (const { id: message, body } of messages) if (body.kind === 'text') all.set(message, body.text)
  }
  const found = (await client.search('hello', { limit: 200 })).map(({ message }) => message.id as string)
  expect(new Set(found)).toEqual(new Set(all.keys()))
  expect(found.length).toBe(all.size)
}

async function restart(net: FakeNetwork, device: FakeDevice): Promise<Client> {
  device.disk.writesLeft = Number.POSITIVE_INFINITY
  return net.open(device)
}

/** How many of the last relaxed writes the disk has when power fails; most often only the program ends, and it has all. */
const keptWrites = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat(4))

test('whatever write is the last one, the device starts again with what fits together, and catches up', async () => {
  const property = fc.asyncProperty(fc.nat(60), keptWrites, async (writes, kept) => {
    const net = new FakeNetwork()
    const device = net.device()
    const alice = await newcomer(net, 'Alice', device)
    const bob = await newcomer(net, 'Bob')
    const a = accountOf(alice)
    device.disk.writesLeft = writes
    await evening(net, alice, bob).catch((error) => {
      if (!(error instanceof StoreError)) throw error
    })
    await alice[Symbol.asyncDispose]()
    device.disk.losePower({ kept })
    device.offline = true
    const again = await restart(net, device)
    expect(accountOf(again)).toBe(a)
    await assertFits(again)
    device.offline = false
    await sendTo(bob, a, 'hello at last')
    await net.clock.advance(seconds(20))
    await assertFits(again)
    expect((await again.search('last')).length).toBe(1)
    await net.clock.advance(seconds(20))
    const sent = (await messagesOf(again, accountOf(bob))).filter(({ direction }) => direction === 'outgoing')
    expect(sent.map(({ delivery }) => delivery?.kind)).not.toContain('queued')
    const heard = (await messagesOf(bob, a)).flatMap(({ body }) => (body.kind === 'text' ? [body.text] : []))
    expect(heard.length).toBe(new Set(heard).size)
    const timesOf = async (client: Client, other: AccountId, direction: string) =>
      (await messagesOf(client, other))
        .filter((view) => view.direction === direction && view.body.kind === 'text')
        .map(({ sentAt }) => sentAt)
    expect(await timesOf(again, accountOf(bob), 'incoming')).toEqual(await timesOf(bob, a, 'outgoing'))
    await again[Symbol.asyncDispose]()
    await bob[Symbol.asyncDispose]()
  })
  await fc.assert(property, { numRuns: 30 })
})

test('a name that a crash came upon is the same on all devices afterwards', async () => {
  for (const writes of [0, 1, 2]) {
    const net = new FakeNetwork()
    const device = net.device()
    const phone = await newcomer(net, 'Alice', device)
    const tablet = await anotherDevice(net, phone)
    await net.clock.advance(seconds(10))
    device.disk.writesLeft = writes
    await phone.setDisplayName('Alice the Great').catch((error) => {
      if (!(error instanceof StoreError)) throw error
    })
    await phone[Symbol.asyncDispose]()
    const again = await restart(net, device)
    await net.clock.advance(seconds(30))
    const nameOf = ({ session: { snapshot } }: Client) => snapshot.kind === 'ready' && snapshot.account.displayName
    expect({ writes, name: nameOf(again) }).toEqual({ writes, name: nameOf(tablet) })
    await again[Symbol.asyncDispose]()
    await tablet[Symbol.asyncDispose]()
  }
})
