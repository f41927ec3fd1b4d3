import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import vectors from '../../vectors/messages.json' with { type: 'json' }
import { unixMillis } from '../brand.ts'
import { fromHex } from '../bytes/hex.ts'
import { parseAccountId } from '../identity/account-id.ts'
import { buildContent } from './build-content.ts'
import { decodeContent, hasForeignParts } from './content.ts'
import type { Content } from './generated/content.ts'
import { MAX_ATTACHMENTS } from './message-content.ts'
import { readContent } from './read-content.ts'

const alice = parseAccountId(vectors.accounts[0]!.account_id)
const bob = parseAccountId(vectors.accounts[1]!.account_id)
const timestamp = unixMillis(1735689601123)
const sentAt = unixMillis(1735689600123)
const read = (content: Content) => readContent(content, { sender: alice, self: bob })
const readOwn = (content: Content) => readContent(content, { sender: bob, self: bob })
const file = { id: 0n, url: 'http://files/file/1' }

test('reads every known content', () => {
  const silent = { saysExpiration: false }
  const target = { author: alice, sentAt }
  const nothing = { attachments: [], previews: [] }
  expect(vectors.contents.map(({ content }) => read(decodeContent(fromHex(content))))).toEqual([
    { kind: 'readReceipt', timestamps: [sentAt, 1735689600128], ...silent },
    { kind: 'typing', action: 'started', ...silent },
    { kind: 'unsend', target, ...silent },
    { kind: 'requestResponse', profile: { name: 'Bob', updatedSeconds: 0 }, ...silent },
    { kind: 'reaction', target, emoji: '👍', action: 'react', ...silent },
    { kind: 'visible', text: 'yes', quote: target, ...nothing, ...silent },
    {
      ...{ kind: 'visible', text: 'gone soon', ...nothing },
      ...{ expiration: { mode: 'afterSend', seconds: 43_200 }, saysExpiration: true },
    },
    { kind: 'timerChange', expiration: { mode: 'afterRead', seconds: 86_400 }, saysExpiration: true },
    { kind: 'unsupported', what: 'call', isVisible: true, ...silent },
    {
      ...{ kind: 'visible', text: '', previews: [], ...silent },
      attachments: [
        {
          url: 'http://filev2.getsession.org/file/123',
          key: Uint8Array.from({ length: 64 }, (_, i) => i),
          digest: Uint8Array.from({ length: 32 }, (_, i) => i),
          size: 12_345,
          contentType: 'audio/aac',
          isVoice: true,
        },
      ],
    },
  ])
})

test('cuts a text that is too long, and takes white space for none', () => {
  const most = '👍'.repeat(2000)
  expect(read({ dataMessage: { body: `${most}!` } })).toMatchObject({ kind: 'visible', text: most })
  expect(read({ dataMessage: { body: ` \n${' '.repeat(2000)}!` } })).toMatchObject({ kind: 'invalid', reason: 'empty' })
  expect(read({ dataMessage: { body: '\u00a0', attachments: [file] } })).toMatchObject({ kind: 'visible', text: '' })
})

test('shows longer texts of those who may write them', () => {
  const body = 'a'.repeat(10_001)
  const paid = read({ dataMessage: { body }, proMessage: { msgBitset: 1n } })
  expect(paid).toMatchObject({ text: 'a'.repeat(10_000) })
  expect(read({ dataMessage: { body }, proMessage: { msgBitset: 2n } })).toMatchObject({ text: 'a'.repeat(2000) })
})

test('of several kinds in one content the first of a fixed order counts', () => {
  const order: Content[] = [
    { receiptMessage: { type: 1, timestamp: [1n] } },
    { typingMessage: { timestamp: 1n, action: 1 } },
    { dataMessage: { body: 'x', groupUpdateMessage: {} } },
    { dataExtractionNotification: { type: 1 } },
    { dataMessage: { flags: 2 } },
    { unsendRequest: { timestamp: 1n, author: alice } },
    { messageRequestResponse: { isApproved: true } },
    { sharedConfigMessage: {} },
    { dataMessage: { body: 'x' } },
    { callMessage: { type: 6, uuid: 'u' } },
  ]
  for (const [place, content] of order.entries()) {
    for (const later of order.slice(place + 1)) {
      if (content.dataMessage && later.dataMessage) continue
      expect(read({ ...later, ...content }).kind).toBe(read(content).kind)
    }
  }
})

test('drops what is empty, has unknown flags or too many attachments', () => {
  const reasons: [Content, string][] = [
    [{}, 'empty'],
    [{ dataMessage: {} }, 'empty'],
    [{ dataMessage: { body: ' ' } }, 'empty'],
    [{ receiptMessage: { type: 1 } }, 'empty'],
    [{ dataMessage: { attachments: Array.from({ length: MAX_ATTACHMENTS + 1 }, () => file) } }, 'attachments'],
    [{ messageRequestResponse: { isApproved: false } }, 'not_approved'],
    ...[1, 3, 2 ** 31, 2 ** 32 - 1].map((flags): [Content, string] => [{ dataMessage: { body: 'x', flags } }, 'flags']),
  ]
  for (const [content, reason] of reasons) expect(read(content)).toMatchObject({ kind: 'invalid', reason })
})

test('a line stands for what this version cannot show', () => {
  const visible: [Content, string][] = [
    [{ callMessage: { type: 6, uuid: 'u' } }, 'call'],
    [{ dataMessage: { attachments: [{ id: 7n }] } }, 'unknown'],
    [{ dataMessage: { openGroupInvitation: { url: 'not an address', name: 'x' } } }, 'unknown'],
    [{ dataMessage: { groupUpdateMessage: { promoteMessage: {} } } }, 'groupInvitation'],
  ]
  for (const [content, what] of visible) {
    expect(read(content)).toMatchObject({ kind: 'unsupported', what, isVisible: true })
  }
  const quiet: Content[] = [
    { callMessage: { type: 4, uuid: 'u' } },
    { dataMessage: { groupUpdateMessage: { memberLeftMessage: {} } } },
    { sharedConfigMessage: {} },
    { dataExtractionNotification: { type: 3 as 1 } },
    { receiptMessage: { type: 2 as 1, timestamp: [1n] } },
  ]
  for (const content of quiet) expect(read(content)).toMatchObject({ kind: 'unsupported', isVisible: false })
})

test('notices fields of later versions, where nothing else is there, but not those of the past', () => {
  // Field 99 of a content; field 99 of its message; fields 7 and 14 of a content; field 104 of its message.
  const [foreign, within, past, pastWithin] = ['9a0600', '0a039a0600', '3a007001', '0a03c20600'].map(fromHex)
  for (const bytes of [foreign!, within!]) {
    expect(hasForeignParts(bytes)).toBe(true)
    const options = { sender: alice, self: bob, hasForeignParts: true }
    expect(readContent(decodeContent(bytes), options)).toMatchObject({ what: 'unknown', isVisible: true })
    expect(readContent({ dataMessage: { body: 'x' } }, options)).toMatchObject({ kind: 'visible', text: 'x' })
  }
  for (const bytes of [past!, pastWithin!]) expect(hasForeignParts(bytes)).toBe(false)
  // A message whose second field is none.
  expect(hasForeignParts(fromHex('0a050a017807ff'))).toBe(true)
})

test('only authors take back a message; our own devices any of ours', () => {
  const unsend = (author: string) => ({ unsendRequest: { timestamp: 5n, author } })
  expect(read(unsend(alice))).toMatchObject({ kind: 'unsend', target: { author: alice, sentAt: 5 } })
  expect(read(unsend(bob))).toMatchObject({ kind: 'invalid', reason: 'not_the_author' })
  expect(readOwn(unsend(alice))).toMatchObject({ kind: 'unsend', target: { author: alice, sentAt: 5 } })
  expect(read(unsend('somebody'))).toMatchObject({ kind: 'invalid', reason: 'reference' })
})

test('refuses references to no account or no time, but keeps a text whose quote is wrong', () => {
  const reaction = { id: 2n ** 60n, author: alice, emoji: '👍' }
  expect(read({ dataMessage: { reaction } })).toMatchObject({ kind: 'invalid', reason: 'reference' })
  const quoted = read({ dataMessage: { body: 'x', quote: { id: 1n, author: `15${alice.slice(2)}` } } })
  expect(quoted).toMatchObject({ kind: 'visible', text: 'x' })
  expect(quoted).not.toHaveProperty('quote')
})

test('takes for a reaction what looks like one', () => {
  const emojiOf = (emoji: string) => read({ dataMessage: { reaction: { id: 1n, author: alice, emoji } } }).kind
  const good = ['👍', '👩🏽‍❤️‍💋‍👨🏿', '#️⃣', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '🇨🇭', '❤', '‼️']
  for (const emoji of good) expect(emojiOf(emoji)).toBe('reaction')
  const bad = ['', 'a', 'no', '👍 ', '\u200d', '\u202e👍', '👍\n', '👍'.repeat(17)]
  for (const emoji of bad) expect(emojiOf(emoji)).toBe('invalid')
  expect(read({ dataMessage: { reaction: { id: 1n, author: alice, emoji: '👍', action: 2 as 1 } } }).kind).toBe(
    'invalid',
  )
})

test('a preview stays if its address stands in the text and is encrypted', () => {
  const previewsOf = (url: string, body: string) =>
    read({ dataMessage: { body, preview: [{ url, title: ' A\ntitle ', image: { id: 0n } }] } })
  expect(previewsOf('https://a.example/x', 'see https://a.example/x')).toMatchObject({
    previews: [{ url: 'https://a.example/x', title: 'A title' }],
  })
  expect(previewsOf('https://a.example/x', 'see https://a.example/')).toMatchObject({ previews: [] })
  expect(previewsOf('http://a.example/', 'see http://a.example/')).toMatchObject({ previews: [] })
})

test('makes a profile of whatever stands in it', () => {
  const withProfile = (profile: object, key?: Uint8Array) =>
    read({ dataMessage: { body: 'x', profile, ...(key ? { profileKey: key } : {}) } }).profile
  const key = new Uint8Array(32)
  expect(read({ dataMessage: { body: 'x' } })).not.toHaveProperty('profile')
  expect(withProfile({})).toEqual({ updatedSeconds: 0 })
  expect(withProfile({ displayName: ' \u200b', lastProfileUpdateSeconds: 1n })).toEqual({ updatedSeconds: 1 })
  expect(withProfile({ displayName: 'a'.repeat(200), lastProfileUpdateSeconds: 2n ** 60n })).toEqual({
    ...{ name: 'a'.repeat(100), updatedSeconds: 0 },
  })
  const profilePicture = 'http://files/file/2'
  expect(withProfile({ profilePicture }, key)).toEqual({ picture: { url: profilePicture, key }, updatedSeconds: 0 })
  expect(withProfile({ profilePicture }, key.subarray(1))).toEqual({ updatedSeconds: 0 })
})

test('cleans the names of files, and has no address for what cannot be fetched', () => {
  const pointers = [
    {
      id: 0n,
      url: 'http://files/file/1',
      fileName: 'a\u202egnp.exe\n',
      key: new Uint8Array(),
      digest: new Uint8Array(3),
    },
    { id: 0n, url: 'file:///etc/passwd' },
    { id: 0n },
  ]
  expect(read({ dataMessage: { attachments: pointers } })).toMatchObject({
    attachments: [
      { url: 'http://files/file/1', fileName: 'a gnp.exe', isVoice: false },
      { url: '', isVoice: false },
      { url: '', isVoice: false },
    ],
  })
})

test('what our own devices send is a copy for an account, or is dropped', () => {
  const copied = [{ body: 'x' }, { flags: 2 }, { reaction: { id: 1n, author: alice, emoji: '👍' } }]
  for (const dataMessage of copied) {
    expect(readOwn({ dataMessage: { ...dataMessage, syncTarget: alice } })).toMatchObject({ syncTarget: alice })
    expect(readOwn({ dataMessage })).toMatchObject({ kind: 'invalid', reason: 'self_sent' })
    expect(readOwn({ dataMessage: { ...dataMessage, syncTarget: '05' } })).toMatchObject({ reason: 'sync_target' })
    expect(read({ dataMessage: { ...dataMessage, syncTarget: bob } })).not.toHaveProperty('syncTarget')
  }
  const dropped: Content[] = [
    { receiptMessage: { type: 1, timestamp: [1n] }, dataMessage: { body: 'x', syncTarget: alice } },
    { typingMessage: { timestamp: 1n, action: 0 } },
    { messageRequestResponse: { isApproved: true } },
    { dataExtractionNotification: { type: 1 } },
    { callMessage: { type: 6, uuid: 'u' } },
  ]
  for (const content of dropped) expect(readOwn(content)).toMatchObject({ kind: 'invalid', reason: 'self_sent' })
  expect(readOwn({ callMessage: { type: 2, uuid: 'u' } })).toMatchObject({ what: 'call', isVisible: false })
})

test('a copy from our own device tells nothing about anybody', () => {
  const content = buildContent({ kind: 'visible', text: 'x' }, { timestamp })
  const forged = {
    ...content,
    dataMessage: { ...content.dataMessage, syncTarget: alice, profile: { displayName: 'M' } },
  }
  expect(readOwn(forged)).not.toHaveProperty('profile')
})

test('any content is read as something bounded', () => {
  const text = fc.string({ unit: 'binary' })
  const messages = fc.record(
    {
      body: text,
      flags: fc.constantFrom(0, 2, 7),
      syncTarget: fc.oneof(text, fc.constant(alice)),
      profile: fc.record({ displayName: text, profilePicture: text, lastProfileUpdateSeconds: fc.bigInt({ min: 0n }) }),
      attachments: fc.array(fc.record({ id: fc.constant(0n), url: fc.webUrl(), fileName: text, key: fc.uint8Array() })),
      quote: fc.record({ id: fc.bigInt({ min: 0n }), author: fc.oneof(text, fc.constant(alice)) }),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(messages, fc.boolean(), fc.nat(3), fc.nat(), (dataMessage, own, type, expirationTimer) => {
      const content = { dataMessage, expirationType: type as 1, expirationTimer }
      const result = own ? readOwn(content) : read(content)
      expect(result.saysExpiration).toBe(true)
      if (!own) expect(result).not.toHaveProperty('syncTarget')
      else if (result.kind !== 'invalid') expect(result.syncTarget).toBe(alice)
    }),
  )
})
