/** What two people do with messages besides sending text, on the virtual clock against nodes with real keys. */
import { test } from 'node:test'
import { hours, minutes, NAMESPACES, seconds, unixMillis } from '@starling/protocol'
import { expect } from 'expect'
import type { Client, MessageView } from './api.ts'
import { parseStoreKey } from './store/key-vault.ts'
import { MemoryStore } from './store/memory-store.ts'
import { SealedStore } from './store/sealed-store.ts'
import { TABLES } from './store/tables.ts'
import { FakeNetwork } from './testing/fake-network.ts'
import {
  accountOf,
  anotherDevice,
  befriend,
  deliveryOf,
  idWith,
  messagesOf,
  newcomer,
  sendTo,
  textsOf,
} from './testing/meet.ts'

async function friends(): Promise<{
  net: FakeNetwork
  alice: Client
  bob: Client
  [Symbol.asyncDispose](): Promise<void>
}> {
  const net = new FakeNetwork()
  const alice = await newcomer(net, 'Alice')
  const bob = await newcomer(net, 'Bob')
  await befriend(net, alice, bob)
  return {
    net,
    alice,
    bob,
    async [Symbol.asyncDispose]() {
      await alice[Symbol.asyncDispose]()
      await bob[Symbol.asyncDispose]()
    },
  }
}

const withText = (messages: readonly MessageView[], text: string) =>
  messages.find(({ body }) => body.kind === 'text' && body.text === text)

async function find(client: Client, other: Client, text: string): Promise<MessageView> {
  const found = withText(await messagesOf(client, accountOf(other)), text)
  if (found === undefined) throw new Error('no such message')
  return found
}

test('a reply shows what it answers, until that is deleted', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  const question = await find(bob, alice, 'hello')
  await bob.send(idWith(alice), { text: 'to you as well', quote: question.id })
  await net.clock.advance(seconds(2))
  const answer = await find(alice, bob, 'to you as well')
  const original = await find(alice, bob, 'hello')
  expect(answer.quote).toEqual({
    ref: { author: accountOf(alice), sentAt: original.sentAt },
    author: accountOf(alice),
    state: 'found',
    messageId: original.id,
    text: 'hello',
  })
  await using history = await alice.history(idWith(bob))
  await alice.deleteForMe(original.id)
  expect(withText(history.state.snapshot.messages, 'to you as well')?.quote?.state).toBe('missing')
  await expect(bob.send(idWith(bob), { text: 'x', quote: question.id })).rejects.toMatchObject({
    code: 'unknown_message',
  })
})

test('reactions come and go on both sides, one of each emoji, and not too many', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  const message = await find(bob, alice, 'hello')
  await bob.react(message.id, '👍')
  await bob.react(message.id, '👍')
  await bob.react(message.id, '❤️')
  await net.clock.advance(seconds(2))
  const reactions = async () => (await find(alice, bob, 'hello')).reactions
  expect(await reactions()).toEqual([
    { emoji: '👍', authors: [accountOf(bob)], mine: false },
    { emoji: '❤️', authors: [accountOf(bob)], mine: false },
  ])
  expect((await find(bob, alice, 'hello')).reactions[0]?.mine).toBe(true)
  await bob.removeReaction(message.id, '👍')
  await alice.react((await find(alice, bob, 'hello')).id, '❤️')
  await net.clock.advance(seconds(2))
  expect(await reactions()).toEqual([{ emoji: '❤️', authors: [accountOf(bob), accountOf(alice)], mine: true }])
  expect((await find(bob, alice, 'hello')).reactions).toEqual([
    { emoji: '❤️', authors: [accountOf(bob), accountOf(alice)], mine: true },
  ])
  await expect(bob.react(message.id, 'no emoji')).rejects.toMatchObject({ code: 'reaction' })
  const flood = async () => {
    for (let i = 0; i < 12; i++) {
      await bob.react(message.id, '🎉')
      await bob.removeReaction(message.id, '🎉')
    }
  }
  await expect(flood()).rejects.toMatchObject({ code: 'rate_limited' })
  await net.clock.advance(minutes(1))
  await bob.react(message.id, '🎉')
})

test('a mention says whom it names, and where', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  const text = `ask @${accountOf(bob)}!`
  await sendTo(alice, accountOf(bob), text)
  await net.clock.advance(seconds(2))
  const [mention] = (await find(bob, alice, text)).mentions
  expect(mention).toEqual({ account: accountOf(bob), start: 4, end: 71, isSelf: true })
  expect((await find(alice, bob, text)).mentions[0]?.isSelf).toBe(false)
})

test('a message deleted for everyone leaves a placeholder everywhere, and nothing in the own swarm', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await using tablet = await anotherDevice(net, alice)
  const message = await sendTo(alice, accountOf(bob), 'oops')
  await net.clock.advance(seconds(3))
  await bob.react((await find(bob, alice, 'oops')).id, '👍')
  await net.clock.advance(seconds(3))
  const before = net.swarmOf(alice)[0]!.messages.length
  await alice.deleteMessages([message], 'everyone')
  await net.clock.advance(seconds(3))
  for (const [client, other] of [
    [alice, bob],
    [bob, alice],
    [tablet, bob],
  ] as const) {
    const found = (await messagesOf(client, accountOf(other))).find(({ deleted }) => deleted)
    expect(found).toMatchObject({ body: { kind: 'text', text: '' }, reactions: [] })
    expect(client.conversations.snapshot.find(({ id }) => id === idWith(other))?.last?.deleted).toBe(true)
  }
  // The copy is gone, the copy of the request to delete is there.
  expect(net.swarmOf(alice)[0]!.messages.length).toBe(before)
  const theirs = (await find(alice, bob, 'welcome')).id
  await expect(alice.deleteMessages([theirs], 'everyone')).rejects.toMatchObject({ code: 'not_own_message' })
})

test('a message of theirs that is deleted on my devices is gone on all of them, and stays theirs', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await using tablet = await anotherDevice(net, alice)
  await net.clock.advance(seconds(3))
  expect(await textsOf(tablet, accountOf(bob))).toContain('welcome')
  await alice.deleteMessages([(await find(alice, bob, 'welcome')).id], 'myDevices')
  await net.clock.advance(seconds(3))
  expect(await textsOf(alice, accountOf(bob))).not.toContain('welcome')
  expect(await textsOf(tablet, accountOf(bob))).not.toContain('welcome')
  expect(await textsOf(bob, accountOf(alice))).toContain('welcome')
  await using late = await anotherDevice(net, alice)
  await net.clock.advance(seconds(5))
  expect(await textsOf(late, accountOf(bob))).not.toContain('welcome')
})

test('contacts are told of delivery, and of reading if both wish; strangers of nothing', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await alice.changeSettings({ readReceipts: true })
  const message = await sendTo(alice, accountOf(bob), 'are you there?')
  await net.clock.advance(seconds(5))
  expect(await deliveryOf(alice, accountOf(bob), message)).toEqual({ kind: 'delivered', on: 3, of: 3 })
  const readAll = async () => {
    await using history = await bob.history(idWith(alice))
    await history.markRead(history.state.snapshot.messages.at(-1)!.id)
  }
  await readAll()
  await net.clock.advance(seconds(5))
  expect((await deliveryOf(alice, accountOf(bob), message))?.kind).toBe('delivered')
  await bob.changeSettings({ readReceipts: true })
  const another = await sendTo(alice, accountOf(bob), 'now?')
  await net.clock.advance(seconds(5))
  await readAll()
  await net.clock.advance(seconds(5))
  expect(await deliveryOf(alice, accountOf(bob), another)).toEqual({ kind: 'read', on: 3, of: 3 })
  await using carol = await newcomer(net, 'Carol')
  const request = await sendTo(carol, accountOf(bob), 'you do not know me')
  await net.clock.advance(seconds(5))
  expect((await deliveryOf(carol, accountOf(bob), request))?.kind).toBe('stored')
})

test('typing shows for a while, if both wish, and ends with the message', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  const isTyping = () => bob.conversations.snapshot.find(({ id }) => id === idWith(alice))?.typing
  await alice.changeSettings({ typing: true })
  await alice.setTyping(idWith(bob), true)
  await net.clock.advance(seconds(2))
  expect(isTyping()).toBe(false)
  await bob.changeSettings({ typing: true })
  await net.clock.advance(seconds(10))
  await alice.setTyping(idWith(bob), true)
  await net.until(() => isTyping() === true, seconds(2))
  await net.clock.advance(seconds(16))
  expect(isTyping()).toBe(false)
  await alice.setTyping(idWith(bob), true)
  await net.until(() => isTyping() === true, seconds(2))
  await sendTo(alice, accountOf(bob), 'done')
  await net.until(() => isTyping() === false, seconds(2))
  await alice.setTyping(idWith(bob), true)
  await net.until(() => isTyping() === true, seconds(2))
  await alice.setTyping(idWith(bob), false)
  await net.until(() => isTyping() === false, seconds(2))
  expect(bob.conversations.snapshot.find(({ id }) => id === idWith(alice))?.unread).toBeLessThan(3)
})

test('messages disappear after sending, on both sides, and a line says since when', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await alice.setExpiration(idWith(bob), { mode: 'afterSend', seconds: 3600 })
  await alice.setExpiration(idWith(bob), { mode: 'afterSend', seconds: 3600 })
  await net.clock.advance(seconds(1))
  await sendTo(alice, accountOf(bob), 'for an hour')
  await net.clock.advance(seconds(3))
  const sentAt = (await find(alice, bob, 'for an hour')).sentAt
  const expiry = { mode: 'afterSend', seconds: 3600, deadline: sentAt + 3_600_000 }
  for (const [client, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    expect((await find(client, other, 'for an hour')).expiry).toEqual(expiry)
    const notices = (await messagesOf(client, accountOf(other))).filter(
      ({ body }) => body.kind === 'notice' && body.notice.kind === 'timerChanged',
    )
    expect(notices).toHaveLength(1)
    expect(notices[0]?.author).toBe(accountOf(alice))
  }
  // Each has a setting of their own.
  expect(alice.conversations.snapshot[0]?.expiration).toEqual({ mode: 'afterSend', seconds: 3600 })
  expect(bob.conversations.snapshot[0]?.expiration).toBeUndefined()
  await net.clock.advance(minutes(59))
  expect(await textsOf(bob, accountOf(alice))).toContain('for an hour')
  await net.clock.advance(minutes(1))
  expect(await textsOf(alice, accountOf(bob))).not.toContain('for an hour')
  expect(await textsOf(bob, accountOf(alice))).not.toContain('for an hour')
  expect(bob.conversations.snapshot[0]?.unread).toBeLessThan(2)
  await expect(alice.setExpiration(idWith(alice), { mode: 'afterRead', seconds: 60 })).rejects.toMatchObject({
    code: 'not_allowed',
  })
})

test('messages disappear after reading: each side by its own clock, own devices and swarm with them', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await using tablet = await anotherDevice(net, bob)
  await alice.setExpiration(idWith(bob), { mode: 'afterRead', seconds: 300 })
  await sendTo(alice, accountOf(bob), 'burn after reading')
  await net.clock.advance(minutes(6))
  expect(await textsOf(alice, accountOf(bob))).not.toContain('burn after reading')
  expect((await find(bob, alice, 'burn after reading')).expiry).toEqual({ mode: 'afterRead', seconds: 300 })
  {
    await using history = await bob.history(idWith(alice))
    await history.markRead(history.state.snapshot.messages.at(-1)!.id)
  }
  const deadline = (await find(bob, alice, 'burn after reading')).expiry?.deadline
  expect(deadline).toBeGreaterThan(net.clock.now())
  await net.clock.advance(seconds(10))
  const [soonest] = net
    .swarmOf(bob)[0]!
    .messages.map(({ item }) => item.expiry)
    .sort((a, b) => a - b)
  expect(soonest).toBe(deadline)
  await net.clock.advance(minutes(5))
  expect(await textsOf(bob, accountOf(alice))).not.toContain('burn after reading')
  expect(await textsOf(tablet, accountOf(alice))).not.toContain('burn after reading')
})

test('what waits for the network disappears unsent when its time is over', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  await using alice = await newcomer(net, 'Alice', device)
  await using bob = await newcomer(net, 'Bob')
  await befriend(net, alice, bob)
  await alice.setExpiration(idWith(bob), { mode: 'afterSend', seconds: 60 })
  await net.clock.advance(seconds(2))
  device.offline = true
  await sendTo(alice, accountOf(bob), 'too late')
  await net.clock.advance(minutes(2))
  device.offline = false
  await net.clock.advance(minutes(1))
  expect(await textsOf(bob, accountOf(alice))).not.toContain('too late')
  expect(await textsOf(alice, accountOf(bob))).not.toContain('too late')
})

test('accepting a request is told once; declining it tells nobody', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  await using carol = await newcomer(net, 'Carol')
  await sendTo(alice, accountOf(bob), 'hello')
  await sendTo(carol, accountOf(bob), 'hello')
  await net.clock.advance(seconds(3))
  expect(alice.conversations.snapshot[0]?.approvedMe).toBe(false)
  await bob.updateConversation(idWith(alice), { accepted: true })
  await bob.deleteConversation(idWith(carol))
  await net.clock.advance(seconds(3))
  expect(alice.conversations.snapshot[0]?.approvedMe).toBe(true)
  await sendTo(bob, accountOf(alice), 'welcome')
  await net.clock.advance(seconds(3))
  expect(await textsOf(alice, accountOf(bob))).toEqual(['hello', 'notice', 'welcome'])
  expect(carol.conversations.snapshot[0]?.approvedMe).toBe(false)
  expect(bob.conversations.snapshot.map(({ id }) => id)).toEqual([idWith(alice)])
})

test('a picture travels with the next message, and goes when it is removed', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await using tablet = await anotherDevice(net, alice)
  const picture = { url: 'http://files.test/file/1', key: new Uint8Array(32).fill(1) }
  const shown = () => bob.conversations.snapshot.find(({ id }) => id === idWith(alice))?.picture
  await alice.setProfilePicture(picture)
  await net.clock.advance(seconds(2))
  expect(shown()).toBeUndefined()
  expect(tablet.session.snapshot).toMatchObject({ account: { picture } })
  await sendTo(alice, accountOf(bob), 'look')
  await net.clock.advance(seconds(2))
  expect(shown()).toEqual(picture)
  await alice.setProfilePicture(undefined)
  await sendTo(alice, accountOf(bob), 'and gone')
  await net.clock.advance(seconds(2))
  expect(shown()).toBeUndefined()
})

test('who saves a file of theirs tells them so', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  const message = await find(bob, alice, 'hello')
  await bob.reportMediaSaved(message.id)
  await net.clock.advance(seconds(2))
  const line = (await messagesOf(alice, accountOf(bob))).at(-1)
  expect(line).toMatchObject({ body: { kind: 'notice', notice: { kind: 'mediaSaved', savedAt: message.sentAt } } })
  expect(alice.conversations.snapshot[0]?.unread).toBe(1) // the welcome, not the line
})

test('the log of events tells kinds and counts, and names nobody', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await using tablet = await anotherDevice(net, alice)
  await sendTo(alice, accountOf(bob), 'a secret')
  await net.clock.advance(seconds(5))
  const kinds = tablet.events.snapshot.map(({ source, kind }) => `${source} ${kind}`)
  expect(kinds).toContain('otherDevice message.filed')
  expect(alice.events.snapshot.map(({ kind }) => kind)).toContain('message.queued')
  // What this device sent itself does not come back as something of another one.
  expect(alice.events.snapshot.filter(({ source, kind }) => source === 'otherDevice' && /^message/.test(kind))).toEqual(
    [],
  )
  expect(JSON.stringify(tablet.events.snapshot)).not.toMatch(/05[0-9a-f]{10}|secret/)
})

test('an account that shared no contacts yet, as in earlier versions, shares them when it is opened', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  const first = await newcomer(net, 'Alice', device)
  await using bob = await newcomer(net, 'Bob')
  await befriend(net, first, bob)
  await first.updateConversation(idWith(bob), { nickname: 'Bobby' })
  await first[Symbol.asyncDispose]()
  {
    const { crypto, random } = net
    const key = parseStoreKey(await device.vault.open())
    await using sealed = await SealedStore.open({ store: new MemoryStore(device.disk), key, crypto, random })
    const name = { table: TABLES.singletons, partition: 'contacts', sort: new Uint8Array() }
    await sealed.write([{ kind: 'delete', name }])
  }
  for (const { messages } of net.nodes) {
    messages.splice(0, messages.length, ...messages.filter(({ namespace }) => namespace !== NAMESPACES.contacts))
  }
  await using alice = await net.open(device)
  await net.clock.advance(seconds(5))
  await using tablet = await anotherDevice(net, alice)
  await net.clock.advance(seconds(5))
  expect(tablet.conversations.snapshot.find(({ id }) => id === idWith(bob))?.title).toBe('Bobby')
})

test('a mute for an hour holds on every device and ends by itself; that a contact was verified stays here', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await using tablet = await anotherDevice(net, alice)
  await net.clock.advance(seconds(5))
  const seen = (client: Client) => client.conversations.snapshot.find(({ id }) => id === idWith(bob))
  const mutedUntil = unixMillis(net.clock.now() + minutes(60))
  await alice.updateConversation(idWith(bob), { mutedUntil, verified: true })
  await net.clock.advance(seconds(5))
  expect(seen(tablet)).toMatchObject({ muted: true })
  expect(Math.ceil(mutedUntil / 1000)).toBe(seen(tablet)!.mutedUntil! / 1000)
  expect([seen(alice)?.verified, seen(tablet)?.verified]).toEqual([true, undefined])
  await net.clock.advance(minutes(61))
  await sendTo(bob, accountOf(alice), 'an hour later')
  await net.clock.advance(seconds(5))
  for (const device of [alice, tablet])
    expect(seen(device)).toMatchObject({ muted: false, last: { body: { text: 'an hour later' } } })
})

test('both sides of a conversation compute the same safety number', async () => {
  await using world = await friends()
  const { alice, bob } = world
  const number = await alice.safetyNumber(idWith(bob))
  expect(number).toMatch(/^[0-9]{60}$/)
  expect(await bob.safetyNumber(idWith(alice))).toBe(number)
})

test('what another device did with contacts is done here, and nothing goes back and forth', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await using carol = await newcomer(net, 'Carol')
  await sendTo(carol, accountOf(alice), 'spam')
  await net.clock.advance(seconds(3))
  await using tablet = await anotherDevice(net, alice)
  await net.clock.advance(seconds(5))
  const seen = (client: Client) => client.conversations.snapshot.find(({ id }) => id === idWith(bob))
  expect(seen(tablet)).toMatchObject({ kind: 'contact', title: 'Bob', approvedMe: true })
  await alice.updateConversation(idWith(bob), { pinned: true, muted: true, nickname: 'Bobby' })
  await alice.updateConversation(idWith(carol), { blocked: true })
  {
    await using history = await alice.history(idWith(bob))
    await history.markRead(history.state.snapshot.messages.at(-1)!.id)
  }
  await net.clock.advance(seconds(2))
  await using late = await anotherDevice(net, alice)
  await net.clock.advance(seconds(5))
  for (const device of [tablet, late]) {
    expect(seen(device)).toMatchObject({ pinned: true, muted: true, title: 'Bobby', unread: 0 })
  }
  expect(await textsOf(late, accountOf(bob))).toContain('welcome')
  expect(tablet.conversations.snapshot.find(({ id }) => id === idWith(carol))?.blocked).toBe(true)
  await tablet.updateConversation(idWith(bob), { pinned: false, markedUnread: true })
  await net.clock.advance(seconds(2))
  expect(seen(alice)).toMatchObject({ pinned: false, muted: true, markedUnread: true })
  const stores = () => net.nodes.flatMap(({ asked }) => asked.filter((method) => method === 'store')).length
  const before = stores()
  await net.clock.advance(minutes(5))
  expect(stores()).toBe(before)
})

test('a conversation that was deleted on one device leaves the lists of the others, and a new message brings it back', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await using tablet = await anotherDevice(net, alice)
  await net.clock.advance(seconds(5))
  await alice.deleteConversation(idWith(bob))
  await net.clock.advance(seconds(3))
  expect(tablet.conversations.snapshot.some(({ id }) => id === idWith(bob))).toBe(false)
  await sendTo(bob, accountOf(alice), 'still there?')
  await net.clock.advance(seconds(3))
  expect(await textsOf(alice, accountOf(bob))).toEqual(['still there?'])
  expect(alice.conversations.snapshot.find(({ id }) => id === idWith(bob))?.kind).toBe('contact')
  expect(tablet.conversations.snapshot.some(({ id }) => id === idWith(bob))).toBe(true)
})

test('notes to oneself can disappear and be deleted on all devices', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using tablet = await anotherDevice(net, alice)
  const self = accountOf(alice)
  const note = await sendTo(alice, self, 'milk')
  await net.clock.advance(seconds(3))
  expect(await textsOf(tablet, self)).toEqual(['milk'])
  await alice.deleteMessages([note], 'everyone')
  await net.clock.advance(seconds(3))
  expect(await textsOf(alice, self)).toEqual([])
  expect(await textsOf(tablet, self)).toEqual([])
  await alice.setExpiration(idWith(alice), { mode: 'afterSend', seconds: 3600 })
  await sendTo(alice, self, 'eggs')
  await net.clock.advance(seconds(3))
  expect(tablet.conversations.snapshot[0]?.expiration).toEqual({ mode: 'afterSend', seconds: 3600 })
  await net.clock.advance(hours(1))
  expect(await textsOf(tablet, self)).toEqual(['notice'])
})

test('receipts that wait for the network survive a restart', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  await using alice = await newcomer(net, 'Alice')
  const first = await newcomer(net, 'Bob', device)
  await befriend(net, alice, first)
  const message = await sendTo(alice, accountOf(first), 'hello?')
  await net.until(() => first.conversations.snapshot[0]?.unread === 2)
  const account = accountOf(first)
  device.offline = true
  await first[Symbol.asyncDispose]()
  expect((await deliveryOf(alice, account, message))?.kind).toBe('stored')
  device.offline = false
  await using _second = await net.open(device)
  await net.clock.advance(minutes(1))
  expect((await deliveryOf(alice, account, message))?.kind).toBe('delivered')
})

test('what was to disappear while nobody looked is gone when the client opens', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  await using alice = await newcomer(net, 'Alice')
  const first = await newcomer(net, 'Bob', device)
  await befriend(net, alice, first)
  const account = accountOf(first)
  await alice.setExpiration(idWith(first), { mode: 'afterSend', seconds: 3600 })
  await sendTo(alice, account, 'for an hour')
  await net.clock.advance(seconds(3))
  expect(await textsOf(first, accountOf(alice))).toContain('for an hour')
  device.offline = true
  await first[Symbol.asyncDispose]()
  await net.clock.advance(hours(1))
  await using second = await net.open(device)
  await net.clock.advance(seconds(1))
  expect(await textsOf(second, accountOf(alice))).not.toContain('for an hour')
})
