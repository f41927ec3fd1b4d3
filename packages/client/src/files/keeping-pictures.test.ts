/** Pictures stay on a device, and go with what they belong to; on the virtual clock against nodes with real keys. */
import { test } from 'node:test'
import { equalBytes, hours, seconds } from '@starling/protocol'
import { expect } from 'expect'
import type { Client, MessageId } from '../api.ts'
import { FakeNetwork } from '../testing/fake-network.ts'
import { accountOf, befriend, idWith, messagesOf, newcomer } from '../testing/meet.ts'
import { MemoryFileStorage } from './memory-file-storage.ts'

const picture = Uint8Array.from({ length: 5_000 }, (_, i) => i % 241)

/** Counts what is fetched. */
class CountingStorage extends MemoryFileStorage {
  downloads = 0
  override download(...args: Parameters<MemoryFileStorage['download']>): AsyncGenerator<Uint8Array> {
    this.downloads++
    return super.download(...args)
  }
}

async function scene() {
  const net = new FakeNetwork()
  const storage = new CountingStorage()
  net.files = storage
  const device = net.device()
  const alice = await newcomer(net, 'Alice')
  const bob = await newcomer(net, 'Bob', device)
  await befriend(net, alice, bob)
  const send = async (contentType = 'image/png'): Promise<MessageId> => {
    const attachment = await alice.files.upload({ bytes: picture.slice(), contentType })
    const sent = await alice.send(idWith(bob), { text: 'look', attachments: [attachment] })
    await net.clock.advance(seconds(3))
    return sent
  }
  const last = async (client: Client, other: Client) => (await messagesOf(client, accountOf(other))).at(-1)!
  const dispose = async () => {
    await alice[Symbol.asyncDispose]()
    await bob[Symbol.asyncDispose]()
  }
  return { net, storage, device, alice, bob, send, last, [Symbol.asyncDispose]: dispose }
}

test('a picture is fetched once, and is there without a network when the device is opened again', async () => {
  await using world = await scene()
  const { net, storage, device, alice, bob, send, last } = world
  await send()
  const { id } = await last(bob, alice)
  expect(await bob.files.kept(id, 0)).toBe(undefined)
  expect(equalBytes(await bob.files.download(id, 0), picture)).toBe(true)
  expect(equalBytes(await bob.files.download(id, 0), picture)).toBe(true)
  expect(storage.downloads).toBe(1)
  await bob[Symbol.asyncDispose]()
  device.offline = true
  net.files = undefined
  await using again = await net.open(device)
  expect(equalBytes((await again.files.kept(id, 0))!, picture)).toBe(true)
  expect(equalBytes(await again.files.download(id, 0), picture)).toBe(true)
  expect(await again.files.keptUsage()).toEqual({ files: 1, bytes: picture.length })
  await expect(again.files.kept(id, 1)).rejects.toMatchObject({ code: 'unknown_message' })
})

test('who sends a picture has it, and other files are not kept', async () => {
  await using world = await scene()
  const { storage, alice, bob, send, last } = world
  const sent = await send()
  expect(equalBytes(await alice.files.download(sent, 0), picture)).toBe(true)
  expect(storage.downloads).toBe(0)
  await send('application/pdf')
  const { id } = await last(bob, alice)
  for (let time = 0; time < 2; time++) await bob.files.download(id, 0)
  expect([storage.downloads, await bob.files.keptUsage()]).toEqual([2, { files: 0, bytes: 0 }])
})

test('what was uploaded and never sent is not kept', async () => {
  await using world = await scene()
  const { net, alice } = world
  await alice.files.upload({ bytes: picture, contentType: 'image/png' })
  await net.clock.advance(seconds(3))
  expect(await alice.files.keptUsage()).toEqual({ files: 0, bytes: 0 })
})

const NONE = { files: 0, bytes: 0 }

/** Bob has looked at a picture of Alice's. */
async function looked() {
  const world = await scene()
  await world.send()
  const { id } = await world.last(world.bob, world.alice)
  await world.bob.files.download(id, 0)
  expect([(await world.alice.files.keptUsage()).files, (await world.bob.files.keptUsage()).files]).toEqual([1, 1])
  return { ...world, id }
}

test('a picture goes with its message: deleted here, or taken back by its sender', async () => {
  await using world = await looked()
  const { net, alice, bob, last, send, id } = world
  await bob.deleteForMe(id)
  expect(await bob.files.keptUsage()).toEqual(NONE)
  await send()
  const { id: other } = await last(bob, alice)
  await bob.files.download(other, 0)
  await alice.deleteMessages([(await last(alice, bob)).id], 'everyone')
  expect((await alice.files.keptUsage()).files).toBe(1)
  await net.clock.advance(seconds(3))
  expect((await last(bob, alice)).deleted).toBe(true)
  expect(await bob.files.keptUsage()).toEqual(NONE)
})

test('a picture disappears with its message', async () => {
  await using world = await scene()
  const { net, alice, bob, last, send } = world
  await alice.setExpiration(idWith(bob), { mode: 'afterSend', seconds: 3600 })
  await send()
  await bob.files.download((await last(bob, alice)).id, 0)
  expect((await bob.files.keptUsage()).files).toBe(1)
  await net.clock.advance(hours(1))
  expect([await alice.files.keptUsage(), await bob.files.keptUsage()]).toEqual([NONE, NONE])
})

test('pictures go with their conversation, with everything, and by themselves when that is wanted', async () => {
  await using world = await looked()
  const { alice, bob, storage, id } = world
  await alice.files.forgetKept()
  expect(await alice.files.keptUsage()).toEqual(NONE)
  await alice.files.download((await world.last(alice, bob)).id, 0)
  expect(storage.downloads).toBe(2)
  await bob.deleteConversation(idWith(alice))
  expect(await bob.files.keptUsage()).toEqual(NONE)
  await expect(bob.files.kept(id, 0)).rejects.toMatchObject({ code: 'unknown_message' })
  await alice.eraseDevice()
  await alice.createAccount({ displayName: 'Carol' })
  expect(await alice.files.keptUsage()).toEqual(NONE)
})

test('the picture of a person is fetched once, and the one before goes', async () => {
  await using world = await scene()
  const { net, storage, alice, bob, send } = world
  const theirs = () => bob.conversations.snapshot[0]!.picture!
  await alice.setProfilePicture(await alice.files.uploadPicture(picture))
  await send('text/plain')
  for (let time = 0; time < 2; time++) await bob.files.downloadPicture(theirs())
  expect([storage.downloads, (await bob.files.keptUsage()).files]).toEqual([1, 1])
  await net.clock.advance(seconds(5))
  await alice.setProfilePicture(await alice.files.uploadPicture(picture))
  await send('text/plain')
  expect(await bob.files.keptUsage()).toEqual(NONE)
  await bob.files.downloadPicture(theirs())
  await bob.deleteConversation(idWith(alice))
  expect(await bob.files.keptUsage()).toEqual(NONE)
})

test('a disk that is full costs nobody their picture', async () => {
  await using world = await scene()
  const { device, alice, bob, send, last } = world
  await send()
  const { id } = await last(bob, alice)
  device.disk.capacityBytes = 1
  expect(equalBytes(await bob.files.download(id, 0), picture)).toBe(true)
  device.disk.capacityBytes = Number.POSITIVE_INFINITY
  expect(await bob.files.keptUsage()).toEqual(NONE)
})
