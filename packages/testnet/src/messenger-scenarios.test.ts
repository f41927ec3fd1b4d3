/** One-to-one messages on real nodes, one thing at a time: what strangers learn and cost, and what comes and goes by itself. */
import { test } from 'node:test'
import type { MessageView } from '@starling/client'
import { days, encodeContent, minutes, seconds, type UnixMillis } from '@starling/protocol'
import { expect } from 'expect'
import { checkSilence } from './messenger-chaos/check.ts'
import { rewrapped, storedFor } from './messenger-chaos/foreign-account.ts'
import { type Device, Household } from './messenger-chaos/household.ts'

/** What one message of a stranger may cost at most, in rows of the store: a flood of receipts is the worst of all. */
const MOST_ROWS = 48
const MOST_BYTES = 40_000

const textsOf = (views: readonly MessageView[]) =>
  views.flatMap(({ body, deleted }) => (deleted ? ['deleted'] : body.kind === 'text' ? [body.text] : []))

/** A message of Bob's that Alice has on both devices. */
async function fromBob(house: Household, text: string): Promise<MessageView> {
  await house.devices.bob.send(house.ids.alice, text)
  await house.net.advance(seconds(5))
  return (await house.shown('phone', house.ids.bob)).find(({ body }) => body.kind === 'text' && body.text === text)!
}

test('a stranger learns nothing before the request is accepted, and the rest afterwards', async () => {
  await using house = await Household.create(501)
  const { net, devices, ids } = house
  const [mallory] = await net.clients('mallory')
  await mallory.api.changeSettings({ readReceipts: true, typing: true })
  const message = await mallory.send(ids.alice, 'do you know me?')
  await net.advance(seconds(10))
  const before = storedFor(net, mallory.accountId).length
  const request = house.summary('phone', mallory.accountId)!
  expect(request).toMatchObject({ kind: 'request', unread: 1, title: 'mallory' })
  await using history = await devices.phone.api.history(request.id)
  await history.markRead(history.state.snapshot.messages[0]!.id)
  await devices.phone.api.setTyping(request.id, true)
  await net.advance(seconds(2))
  expect(storedFor(net, mallory.accountId)).toHaveLength(before)
  await devices.phone.api.reportMediaSaved(history.state.snapshot.messages[0]!.id)
  await devices.phone.api.setDisplayName('Alice herself')
  await net.advance(minutes(1))
  expect(storedFor(net, mallory.accountId)).toHaveLength(before)
  const hers = () => mallory.api.conversations.snapshot.find(({ id }) => id === (ids.alice as string))!
  expect(hers()).toMatchObject({ typing: false, approvedMe: false })
  expect(hers().profileName).toBeUndefined()
  expect((await mallory.delivery(message))?.kind).toBe('stored')
  expect(await mallory.messages()).toHaveLength(1)

  await devices.tablet.api.updateConversation(request.id, { accepted: true })
  await net.advance(seconds(10))
  for (const device of ['phone', 'tablet'] as const) {
    expect(house.summary(device, mallory.accountId)).toMatchObject({ kind: 'contact' })
  }
  expect(hers()).toMatchObject({ profileName: 'Alice herself', approvedMe: true })
  await mallory.send(ids.alice, 'so you do')
  await net.advance(seconds(10))
  expect((await mallory.messages()).at(-1)?.delivery?.kind).toBe('delivered')
})

test('a request that is declined goes without a word, and one that is blocked stays silent on all devices', async () => {
  await using house = await Household.create(502)
  const { net, devices, ids, stranger } = house
  const say = (text: string) => stranger.say({ kind: 'visible', text }, { to: ids.alice, name: 'Stranger' })
  await say('first')
  await net.advance(seconds(5))
  await devices.phone.api.deleteConversation(house.summary('phone', stranger.accountId)!.id)
  await net.advance(seconds(30))
  // A node that gives it another outside gives it again.
  for (const stored of storedFor(net, ids.alice)) await stranger.store(ids.alice, rewrapped(stored, net.random))
  await net.advance(seconds(5))
  expect(house.summary('phone', stranger.accountId)).toBeUndefined()
  checkSilence(house)
  await say('second')
  await net.advance(seconds(5))
  expect(textsOf(await house.shown('phone', stranger.accountId))).toEqual(['second'])
  await devices.phone.api.updateConversation(house.summary('phone', stranger.accountId)!.id, { blocked: true })
  await net.advance(seconds(5))
  await say('third')
  await stranger.say({ kind: 'typing', action: 'started' }, { to: ids.alice })
  await net.advance(seconds(3))
  for (const device of ['phone', 'tablet'] as const) {
    expect(house.summary(device, stranger.accountId)).toMatchObject({ blocked: true, typing: false })
  }
  await net.advance(seconds(30))
  for (const device of ['phone', 'tablet'] as const) {
    expect(textsOf(await house.shown(device, stranger.accountId))).not.toContain('third')
  }
  checkSilence(house)
})

test('a contact who is blocked is neither heard nor told anything, until they are let in again', async () => {
  await using house = await Household.create(503)
  const { net, devices, ids } = house
  const pair = house.pairOf('phone')
  const before = await fromBob(house, 'before')
  await devices.tablet.api.updateConversation(pair, { blocked: true })
  await net.advance(seconds(5))
  const told = storedFor(net, ids.bob).length
  await devices.phone.api.setTyping(pair, true)
  await net.advance(seconds(2))
  expect(storedFor(net, ids.bob)).toHaveLength(told)
  await using history = await devices.phone.api.history(pair)
  await history.markRead(before.id)
  await devices.phone.api.reportMediaSaved(before.id)
  await net.advance(minutes(1))
  expect(storedFor(net, ids.bob)).toHaveLength(told)
  await devices.bob.send(ids.alice, 'during')
  await net.advance(minutes(1))
  // Nothing but his own copy of what he sent.
  expect(storedFor(net, ids.bob)).toHaveLength(told + 1)
  expect(house.summary('bob', ids.alice)).toMatchObject({ typing: false })
  expect((await devices.bob.messages()).map(({ delivery }) => delivery?.kind)).not.toContain('read')
  await devices.phone.api.updateConversation(pair, { blocked: false })
  await net.advance(seconds(5))
  await devices.bob.send(ids.alice, 'after')
  await net.advance(seconds(5))
  for (const device of ['phone', 'tablet'] as const) {
    expect(textsOf(await house.shown(device, ids.bob))).toEqual(['hello', 'welcome', 'before', 'after'])
  }
})

test('a contact whose clock is a day ahead does not have what they write later count as read', async () => {
  await using house = await Household.create(508)
  const { net, devices, ids, carol } = house
  const tomorrow = net.clock.now() + days(1)
  await carol.say({ kind: 'visible', text: 'from tomorrow' }, { to: ids.alice, at: tomorrow })
  await net.advance(seconds(5))
  const { id } = house.summary('phone', carol.accountId)!
  await using history = await devices.phone.api.history(id)
  await history.markRead((await house.shown('phone', id)).at(-1)!.id)
  await net.advance(seconds(15))
  expect(house.summary('phone', id)?.unread).toBe(0)
  await carol.say({ kind: 'visible', text: 'from today' }, { to: ids.alice })
  await net.advance(seconds(5))
  expect(house.summary('phone', id)?.unread).toBe(1)
  expect(textsOf(await house.shown('phone', id)).at(-1)).toBe('from tomorrow')
})

test('typing is shown on all devices of a contact, for 15 seconds, or until the message comes', async () => {
  await using house = await Household.create(504)
  const { net, devices, ids } = house
  const typing = () => (['phone', 'tablet'] as const).map((device) => house.summary(device, ids.bob)?.typing)
  await devices.bob.api.setTyping(house.pairOf('bob'), true)
  await net.advance(seconds(2))
  expect(typing()).toEqual([true, true])
  await net.advance(seconds(16))
  expect(typing()).toEqual([false, false])
  await devices.bob.api.setTyping(house.pairOf('bob'), true)
  await net.advance(seconds(2))
  expect(typing()).toEqual([true, true])
  await devices.bob.send(ids.alice, 'here it is')
  await net.advance(seconds(2))
  expect(typing()).toEqual([false, false])
})

test('messages disappear by the setting under which they were sent, and never come back', async () => {
  await using house = await Household.create(505)
  const { net, devices, ids, stranger } = house
  const { phone, bob } = devices
  const pair = house.pairOf('phone')
  await phone.api.setExpiration(pair, { mode: 'afterSend', seconds: 60 })
  await phone.send(ids.bob, 'a minute after sending')
  await phone.api.setExpiration(pair, { mode: 'afterRead', seconds: 30 })
  await phone.send(ids.bob, 'half a minute after reading')
  await phone.api.setExpiration(pair, undefined)
  await phone.send(ids.bob, 'for ever')
  await net.advance(seconds(10))
  const shown = async (device: Device) => textsOf(await house.shown(device, house.pairOf(device))).slice(2)
  for (const device of ['phone', 'tablet', 'bob'] as const) {
    expect(await shown(device)).toEqual(['a minute after sending', 'half a minute after reading', 'for ever'])
  }
  const hoard = storedFor(net, ids.bob)
  await net.advance(seconds(55))
  // What we wrote ourselves counts as read; what was not read has time.
  expect(await shown('phone')).toEqual(['for ever'])
  expect(await shown('tablet')).toEqual(['for ever'])
  expect(await shown('bob')).toEqual(['half a minute after reading', 'for ever'])
  await using history = await bob.api.history(house.pairOf('bob'))
  await history.markRead((await house.shown('bob', ids.alice)).at(-1)!.id)
  await net.advance(seconds(35))
  expect(await shown('bob')).toEqual(['for ever'])
  const lines = (await house.shown('bob', ids.alice)).filter(
    ({ body }) => body.kind === 'notice' && body.notice.kind === 'timerChanged',
  )
  expect(lines).toHaveLength(3)
  await house.restart('bob')
  // A node that kept it gives it again, as it was and with another hash.
  for (const stored of hoard) {
    await stranger.store(ids.bob, stored)
    await stranger.store(ids.bob, rewrapped(stored, net.random))
  }
  await net.advance(seconds(10))
  expect(await shown('bob')).toEqual(['for ever'])
  await net.advance(minutes(1))
  expect(await shown('bob')).toEqual(['for ever'])
})

test('a file, a voice message and a picture of oneself reach all devices of a contact', async () => {
  await using house = await Household.create(506)
  const { net, devices, ids } = house
  const { phone, bob } = devices
  const [photo, voice, face] = [net.random(100_000), net.random(5000), net.random(3000)]
  const attachments = await Promise.all([
    devices.bob.api.files.upload({ bytes: photo, contentType: 'image/png', fileName: 'a.png', width: 4, height: 3 }),
    devices.bob.api.files.upload({ bytes: voice, contentType: 'audio/aac', isVoice: true }),
  ])
  await bob.api.setProfilePicture(await bob.api.files.uploadPicture(face))
  await bob.api.send(house.pairOf('bob'), { text: 'look', attachments })
  await net.advance(seconds(10))
  for (const device of ['phone', 'tablet'] as const) {
    const { api } = devices[device]
    const message = (await house.shown(device, ids.bob)).at(-1)!
    expect(message.attachments).toMatchObject([{ fileName: 'a.png', width: 4, isVoice: false }, { isVoice: true }])
    expect(await api.files.download(message.id, 0)).toEqual(photo)
    expect(await api.files.download(message.id, 1)).toEqual(voice)
    const { picture } = house.summary(device, ids.bob)!
    expect(await api.files.downloadPicture(picture!)).toEqual(face)
  }
  await phone.api.reportMediaSaved((await house.shown('phone', ids.bob)).at(-1)!.id)
  await net.advance(seconds(5))
  expect((await house.shown('bob', ids.alice)).at(-1)?.body).toMatchObject({ notice: { kind: 'mediaSaved' } })
})

test('what a stranger sends takes room in proportion, whatever it is', async () => {
  await using house = await Household.create(507)
  const { net, devices, ids, stranger } = house
  await stranger.say({ kind: 'visible', text: 'first' }, { to: ids.alice })
  await net.advance(seconds(5))
  const { records } = devices.phone.disk
  const bytes = () => [...records].reduce((sum, [key, value]) => sum + key.length / 2 + value.length, 0)
  const now = net.clock.now()
  const timestamps = Array.from({ length: 1000 }, (_, index) => (now - index) as UnixMillis)
  const target = (index: number) => ({ author: ids.alice, sentAt: (now - index) as UnixMillis })
  const floods = [
    () => stranger.say({ kind: 'visible', text: '𝕏'.repeat(2000) }, { to: ids.alice }),
    () => stranger.say({ kind: 'readReceipt', timestamps }, { to: ids.alice }),
    (index: number) =>
      stranger.say({ kind: 'reaction', target: target(index), emoji: '👍', action: 'react' }, { to: ids.alice }),
    () => stranger.say({ kind: 'unsend', target: { author: stranger.accountId, sentAt: now } }, { to: ids.alice }),
    () => stranger.say({ kind: 'typing', action: 'started' }, { to: ids.alice }),
    () => stranger.write(encodeContent({ dataMessage: { body: 'z'.repeat(60_000) } }), { to: ids.alice }),
    () => stranger.write(net.random(70_000), { to: ids.alice }),
  ]
  for (const flood of floods) {
    const before = { rows: records.size, bytes: bytes() }
    for (let count = 0; count < 10; count++) await flood(count)
    await net.advance(seconds(20))
    expect(records.size - before.rows).toBeLessThanOrEqual(10 * MOST_ROWS)
    expect(bytes() - before.bytes).toBeLessThanOrEqual(10 * MOST_BYTES)
  }
  checkSilence(house)
  const [summary, ...others] = devices.phone.api.conversations.snapshot.filter(({ kind }) => kind === 'request')
  expect(others).toEqual([])
  expect(summary).toMatchObject({ id: stranger.accountId, typing: false })
})
