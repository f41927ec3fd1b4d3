/** What this device keeps: earlier forms are read, later ones are refused, and what counts does not go back. */
import { test } from 'node:test'
import { type AccountId, encodeAccountId, unixMillis, utf8, type X25519PublicKey } from '@starling/protocol'
import { expect } from 'expect'
import fc from 'fast-check'
import { attachmentOf, attachmentRecord, attachmentView } from './attachment-record.ts'
import { conversationRecord, createConversation, isMuted, withChange } from './conversation-record.ts'
import { type DeliveryRecord, withDelivery, withReceipt } from './delivery-record.ts'
import { mergeEarly } from './early-record.ts'
import { messageRecord } from './message-record.ts'
import { putOutboxItem, readOutboxItem } from './outbox-record.ts'
import { mergeReactions, type ReactionRecord, reactionViews } from './reaction-record.ts'

const accountOf = (byte: number): AccountId => encodeAccountId(new Uint8Array(32).fill(byte) as X25519PublicKey)
const [alice, bob] = [accountOf(1), accountOf(2)]
const json = (value: unknown) => utf8(JSON.stringify(value))
const NOW = unixMillis(1_767_225_600_000)

/** As the first version wrote them. */
const FIRST_FORM = {
  message: {
    author: alice,
    direction: 'outgoing',
    body: { kind: 'text', text: 'hello' },
    sentAt: NOW,
    delivery: { kind: 'stored', on: 2, of: 3 },
  },
  conversation: {
    account: bob,
    accepted: true,
    answered: true,
    blocked: false,
    pinned: true,
    muted: false,
    markedUnread: false,
    unread: 2,
    draft: 'not yet',
    nickname: 'Bobby',
    profileName: 'Bob',
    profileUpdated: 5,
    lastActivity: NOW,
    last: { direction: 'incoming', body: { kind: 'unsupported' }, sentAt: NOW },
  },
  outboxItem: { order: 3, kind: 'message', conversation: bob, sentAt: NOW, owner: bob, data: 'AQI=', queuedAt: NOW },
}

test('records of the first form are read as what they were', () => {
  expect(messageRecord.decode(json(FIRST_FORM.message))).toEqual(FIRST_FORM.message)
  expect(conversationRecord.decode(json(FIRST_FORM.conversation))).toEqual({
    ...FIRST_FORM.conversation,
    approvedMe: true,
  })
  expect(readOutboxItem(json(FIRST_FORM.outboxItem))).toMatchObject({
    kind: 'message',
    conversation: bob,
    data: Uint8Array.of(1, 2),
  })
})

test('who only ever was written to has not accepted us, as far as the first form tells', () => {
  const { profileName: _, ...strange } = FIRST_FORM.conversation
  expect(conversationRecord.decode(json({ ...strange, unread: 0 })).approvedMe).toBe(false)
})

test('records of a later form are refused, not cut down', () => {
  for (const decode of [messageRecord.decode, conversationRecord.decode, readOutboxItem]) {
    for (const record of Object.values(FIRST_FORM)) {
      expect(() => decode(json({ ...record, version: 3 }))).toThrow(expect.objectContaining({ code: 'unreadable' }))
    }
  }
  expect(() => messageRecord.decode(utf8('{'))).toThrow(expect.objectContaining({ code: 'unreadable' }))
})

test('an item of the outbox comes back as it went', () => {
  const item = {
    ...readOutboxItem(json(FIRST_FORM.outboxItem)),
    kind: 'control',
    copy: Uint8Array.of(3),
    copyTtl: 60_000,
    ttl: 20_000,
    job: { kind: 'shorten', hashes: ['A'.repeat(43)], until: NOW },
  } as unknown as ReturnType<typeof readOutboxItem>
  const change = putOutboxItem(item)
  expect(readOutboxItem(change.kind === 'put' ? change.value : json(''))).toEqual(item)
})

test('a delivery never goes back, whatever is heard in whatever order', () => {
  const steps = fc.array(
    fc.oneof(
      fc.constantFrom('delivered', 'read'),
      fc.constantFrom<DeliveryRecord>(
        { kind: 'queued' },
        { kind: 'stored', on: 2, of: 3 },
        { kind: 'failed', reason: 'expired' },
      ),
    ),
  )
  const rank = { queued: 0, failed: 0, stored: 0, delivered: 1, read: 2 }
  const property = fc.property(steps, (list) => {
    let delivery: DeliveryRecord | undefined
    for (const step of list) {
      const next = typeof step === 'string' ? withReceipt(delivery, step as 'read') : withDelivery(delivery, step)
      expect(rank[next.kind]).toBeGreaterThanOrEqual(delivery === undefined ? 0 : rank[delivery.kind])
      delivery = next
    }
  })
  fc.assert(property)
  expect(withDelivery({ kind: 'read', on: 1, of: 1 }, { kind: 'stored', on: 3, of: 3 })).toEqual({
    kind: 'read',
    on: 3,
    of: 3,
  })
})

const reactions = fc.array(
  fc.record({
    author: fc.constantFrom(alice, bob),
    emoji: fc.constantFrom('👍', '🙂', '🎉'),
    at: fc.integer({ min: 1, max: 6 }).map(unixMillis),
    isOn: fc.boolean(),
  }),
  { maxLength: 12 },
)

test('reactions merge in any order, in any groups, and more than once', () => {
  const property = fc.property(reactions, reactions, reactions, (a, b, c) => {
    expect(mergeReactions(a, b)).toEqual(mergeReactions(b, a))
    expect(mergeReactions(mergeReactions(a, b), c)).toEqual(mergeReactions(a, mergeReactions(b, c)))
    expect(mergeReactions(mergeReactions(a, b), b)).toEqual(mergeReactions(a, b))
  })
  fc.assert(property)
})

test('of more reactions than anybody looks at the latest are kept', () => {
  const many = Array.from({ length: 200 }, (_, i): ReactionRecord => {
    return { author: bob, emoji: `${i}`, at: unixMillis(i), isOn: true }
  })
  expect(mergeReactions(many, []).map(({ emoji }) => emoji)).toEqual(many.slice(-64).map(({ emoji }) => emoji))
  expect(reactionViews(many.slice(0, 1), alice)).toEqual([{ emoji: '0', authors: [bob], mine: false }])
})

test('what waits for its message merges in any order', () => {
  const early = fc.record(
    {
      unsent: fc.constantFrom('placeholder', 'removed'),
      receipt: fc.constantFrom('delivered', 'read'),
      reactions: reactions.filter((list) => list.length > 0).map((list) => mergeReactions(list, [])),
    },
    { requiredKeys: [] },
  )
  const property = fc.property(early, early, early, (a, b, c) => {
    expect(mergeEarly(a, b)).toEqual(mergeEarly(b, a))
    expect(mergeEarly(mergeEarly(a, b), c)).toEqual(mergeEarly(a, mergeEarly(b, c)))
    expect(mergeEarly(a, a)).toEqual(a)
  })
  fc.assert(property)
})

test('an attachment is kept whole, and shown without its address and keys', () => {
  const attachment = {
    url: 'http://files.test/file/7',
    key: new Uint8Array(64).fill(1),
    digest: new Uint8Array(32).fill(2),
    size: 10,
    fileName: 'notes.txt',
    isVoice: false,
  }
  const record = attachmentRecord(attachment)
  expect(attachmentOf(JSON.parse(JSON.stringify(record)))).toEqual(attachment)
  expect(attachmentView(record, 0)).toEqual({ index: 0, size: 10, fileName: 'notes.txt', isVoice: false })
})

test('a mute ends by itself, and goes with what it was set for', () => {
  const bobs = createConversation(bob, NOW)
  const until = unixMillis(NOW + 3_600_000)
  const muted = withChange(bobs, { mutedUntil: until })
  expect([isMuted(muted, NOW), isMuted(muted, until)]).toEqual([true, false])
  expect(isMuted(withChange(muted, { muted: true }), until)).toBe(true)
  expect(withChange(withChange(muted, { muted: false }), { pinned: true })).toMatchObject({
    muted: false,
    mutedUntil: undefined,
  })
  expect(conversationRecord.decode(conversationRecord.encode(muted)).mutedUntil).toBe(until)
})

test('that a contact was verified is kept, and can be taken back', () => {
  const verified = withChange(createConversation(bob, NOW), { verified: true })
  expect(conversationRecord.decode(conversationRecord.encode(verified)).verified).toBe(true)
  expect(withChange(verified, { verified: false }).verified).toBeUndefined()
})
