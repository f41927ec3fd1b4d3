import { test } from 'node:test'
import { DIRECTORY_CHANGES, DIRECTORY_UNCHANGED, hours, minutes, seconds } from '@starling/protocol'
import type { LinkReply } from '@starling/runtime'
import { expect } from 'expect'
import { FakeNetwork } from '../testing/fake-network.ts'
import { isConnected, newcomer } from '../testing/meet.ts'

/** A connected client, and what it was answered about the directory since. */
async function settled(seed: number, nodes = 12) {
  const net = new FakeNetwork({ seed, nodes })
  const device = net.device()
  const client = await newcomer(net, 'Alice', device)
  await net.clock.advance(minutes(1))
  const replies: LinkReply[] = []
  net.onDirectory = (reply) => replies.push(reply)
  const statuses = () => replies.map(({ status }) => status)
  return { net, device, client, replies, statuses, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() }
}

test('a client asks for what has changed, and goes by the document that it makes of it', async () => {
  await using world = await settled(11)
  const { net, client, statuses } = world
  const before = client.network.snapshot.directory
  const [gone] = net.nodes.filter((node) => !net.formerlyLinked.has(node.id))
  net.nextEpoch([gone!])
  await net.clock.advance(minutes(13))
  expect(statuses()[0]).toBe(DIRECTORY_CHANGES)
  expect(client.network.snapshot.directory).toMatchObject({ epoch: before!.epoch + 1, nodes: 11 })
  await net.clock.advance(minutes(13))
  expect(statuses().at(-1)).toBe(DIRECTORY_UNCHANGED)
})

test('a node that knows nothing of changes gives all of it', async () => {
  await using world = await settled(12)
  const { net, client, statuses } = world
  net.tellsChanges = false
  net.nextEpoch()
  await net.clock.advance(minutes(13))
  expect(new Set(statuses())).toEqual(new Set([200]))
  expect(client.network.snapshot.directory).toMatchObject({ epoch: 2 })
})

test('changes that make no signed document are refused, and all of it is asked for', async () => {
  await using world = await settled(13)
  const { net, client, replies, statuses } = world
  net.nextEpoch()
  net.onDirectory = (reply) => {
    replies.push(reply)
    if (reply.status === DIRECTORY_CHANGES) reply.body[5]! ^= 1
  }
  await net.clock.advance(minutes(13))
  expect(statuses().slice(0, 2)).toEqual([DIRECTORY_CHANGES, 200])
  expect(client.network.snapshot.directory).toMatchObject({ epoch: 2 })
})

test('whoever says that nothing has changed does not keep a client at a stale document', async () => {
  await using world = await settled(14)
  const { net, client } = world
  net.onDirectory = (reply) => Object.assign(reply, { status: DIRECTORY_UNCHANGED, body: new Uint8Array() })
  await net.clock.advance(minutes(50))
  net.nextEpoch()
  await net.clock.advance(minutes(25))
  // The bootstrap URL has it.
  expect(client.network.snapshot.directory).toMatchObject({ epoch: 2 })
})

test('a client that was closed for a while asks its guards first, and nobody for all of it', async () => {
  await using world = await settled(15)
  const { net, device, client, statuses } = world
  await client[Symbol.asyncDispose]()
  net.nextEpoch()
  await using again = await net.open(device)
  await net.until(() => isConnected(again))
  await net.clock.advance(seconds(10))
  expect(statuses()).toEqual([DIRECTORY_CHANGES])
  expect(device.directoriesFetched).toBe(1)
  expect(again.network.snapshot.directory).toMatchObject({ epoch: 2 })
})

test('an idle client receives a fifteenth of what the documents of an hour weigh', async () => {
  const received = async (tellsChanges: boolean) => {
    await using world = await settled(16, 250)
    const { net, replies } = world
    net.tellsChanges = tellsChanges
    for (let passed = 0; passed < hours(1); passed += minutes(10)) {
      net.nextEpoch()
      await net.clock.advance(minutes(10))
    }
    return replies.reduce((sum, { body }) => sum + body.length, 0)
  }
  const [changes, whole] = [await received(true), await received(false)]
  expect(changes).toBeLessThan(whole / 15)
})
