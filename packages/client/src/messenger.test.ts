/** What two people do with messages besides sending text, on the virtual clock against nodes with real keys. */
import { test } from 'node:test'
import { minutes, seconds } from '@starling/protocol'
import { expect } from 'expect'
import { FakeNetwork } from './testing/fake-network.ts'
import {
  accountOf,
  anotherDevice,
  befriend,
  deliveryOf,
  findText,
  friends,
  idWith,
  messagesOf,
  newcomer,
  sendTo,
  textsOf,
  withText,
} from './testing/meet.ts'

test('a reply shows what it answers, until that is deleted', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  const question = await findText(bob, alice, 'hello')
  await bob.send(idWith(alice), { text: 'to you as well', quote: question.id })
  await net.clock.advance(seconds(2))
  const answer = await findText(alice, bob, 'to you as well')
  const original = await findText(alice, bob, 'hello')
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
  const message = await findText(bob, alice, 'hello')
  await bob.react(message.id, '👍')
  await bob.react(message.id, '👍')
  await bob.react(message.id, '❤️')
  await net.clock.advance(seconds(2))
  const reactions = async () => (await findText(alice, bob, 'hello')).reactions
  expect(await reactions()).toEqual([
    { emoji: '👍', authors: [accountOf(bob)], mine: false },
    { emoji: '❤️', authors: [accountOf(bob)], mine: false },
  ])
  expect((await findText(bob, alice, 'hello')).reactions[0]?.mine).toBe(true)
  await bob.removeReaction(message.id, '👍')
  await alice.react((await findText(alice, bob, 'hello')).id, '❤️')
  await net.clock.advance(seconds(2))
  expect(await reactions()).toEqual([{ emoji: '❤️', authors: [accountOf(bob), accountOf(alice)], mine: true }])
  expect((await findText(bob, alice, 'hello')).reactions).toEqual([
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
  const [mention] = (await findText(bob, alice, text)).mentions
  expect(mention).toEqual({ account: accountOf(bob), start: 4, end: 71, isSelf: true })
  expect((await findText(alice, bob, text)).mentions[0]?.isSelf).toBe(false)
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
  const message = await findText(bob, alice, 'hello')
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

test('both sides of a conversation compute the same safety number', async () => {
  await using world = await friends()
  const { alice, bob } = world
  const number = await alice.safetyNumber(idWith(bob))
  expect(number).toMatch(/^[0-9]{60}$/)
  expect(await bob.safetyNumber(idWith(alice))).toBe(number)
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

test('a long text goes as several messages, in order; what it answers goes with the first', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  const [hello] = await messagesOf(alice, accountOf(bob))
  const words = Array.from({ length: 900 }, (_, i) => `word${i}`)
  const last = await alice.send(idWith(bob), { text: words.join(' '), quote: hello!.id })
  await net.clock.advance(seconds(5))
  const came = (await messagesOf(bob, accountOf(alice))).slice(2)
  const texts = came.map(({ body }) => (body.kind === 'text' ? body.text : ''))
  expect(texts.length).toBe(4)
  expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(2000)
  expect(texts.join(' ').split(' ')).toEqual(words)
  expect(came.map(({ quote }) => quote !== undefined)).toEqual([true, false, false, false])
  expect(await deliveryOf(alice, accountOf(bob), last)).toMatchObject({ kind: 'delivered' })
})
