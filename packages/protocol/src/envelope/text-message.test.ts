import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import vectors from '../../vectors/messages.json' with { type: 'json' }
import { unixMillis } from '../brand.ts'
import { fromHex } from '../bytes/hex.ts'
import { parseAccountId } from '../identity/account-id.ts'
import { parseDisplayName } from '../identity/display-name.ts'
import { decodeContent, encodeContent } from './content.ts'
import type { Content } from './generated/content.ts'
import { readContent, textContent } from './text-message.ts'

const alice = parseAccountId(vectors.accounts[0]!.account_id)
const bob = parseAccountId(vectors.accounts[1]!.account_id)
const timestamp = unixMillis(1735689600123)
const fromAlice = { sender: alice, self: bob }
const fromSelf = { sender: bob, self: bob }
const read = (content: Content) => readContent(content, fromAlice)

test('a text arrives with the name of its sender', () => {
  const profile = { displayName: parseDisplayName('Alice') }
  const content = textContent({ body: 'hello', timestamp, profile, profileUpdatedSeconds: 9 })
  expect(read(content)).toEqual({ kind: 'text', body: 'hello', profileName: 'Alice', profileUpdatedSeconds: 9 })
  expect(read(textContent({ body: 'hello', timestamp }))).toEqual({ kind: 'text', body: 'hello' })
})

test('says that messages do not disappear', () => {
  expect(textContent({ body: 'hello', timestamp })).toMatchObject({ expirationType: 0, expirationTimer: 0 })
})

test('counts the length of a text in code points', () => {
  const longest = '👍'.repeat(2000)
  expect(read(textContent({ body: longest, timestamp }))).toEqual({ kind: 'text', body: longest })
  expect(() => textContent({ body: `${longest}!`, timestamp })).toThrow(
    expect.objectContaining({ code: 'message_text', reason: 'too_long', length: 2001 }),
  )
})

test('refuses to write a text that is white space alone', () => {
  for (const body of ['', ' \n\t\u00a0']) {
    expect(() => textContent({ body, timestamp })).toThrow(
      expect.objectContaining({ code: 'message_text', reason: 'empty' }),
    )
  }
})

test('cuts a text that is too long, and drops it when nothing is left', () => {
  expect(read({ dataMessage: { body: `${'👍'.repeat(2000)}!` } })).toEqual({ kind: 'text', body: '👍'.repeat(2000) })
  expect(read({ dataMessage: { body: `${' '.repeat(2000)}!` } })).toEqual({ kind: 'invalid', reason: 'empty' })
})

test('a copy from our own device names its conversation', () => {
  const content = textContent({ body: 'hello', timestamp, syncTarget: alice })
  expect(readContent(content, fromSelf)).toEqual({ kind: 'text', body: 'hello', syncTarget: alice })
})

test('a copy to oneself carries no profile', () => {
  const profile = { displayName: parseDisplayName('Bob') }
  const content = textContent({ body: 'hello', timestamp, profile, syncTarget: alice })
  expect(decodeContent(encodeContent(content)).dataMessage).toEqual({ body: 'hello', syncTarget: alice })
})

test('somebody else cannot make a message look like ours', () => {
  const content = textContent({ body: 'hello', timestamp, syncTarget: bob })
  expect(read(content)).toEqual({ kind: 'text', body: 'hello' })
})

test('drops a message of our own that is no copy for an account', () => {
  const plain = textContent({ body: 'hello', timestamp })
  expect(readContent(plain, fromSelf)).toEqual({ kind: 'invalid', reason: 'self_sent_without_target' })
  const astray = { dataMessage: { body: 'hello', syncTarget: '05' } }
  expect(readContent(astray, fromSelf)).toEqual({ kind: 'invalid', reason: 'sync_target' })
})

test('knows the kinds of all known contents', () => {
  const kinds = vectors.contents.map(({ content }) => {
    const result = read(decodeContent(fromHex(content)))
    return result.kind === 'unsupported' ? result.what : result.kind
  })
  expect(kinds).toEqual([
    'receipt',
    'typing',
    'unsend',
    'requestResponse',
    'reaction',
    'text',
    'text',
    'timerChange',
    'call',
    'attachments',
  ])
})

test('names the other kinds that it does not act on', () => {
  const contents: [Content, string][] = [
    [{ dataExtractionNotification: { type: 1 } }, 'dataExtraction'],
    [{ sharedConfigMessage: {} }, 'sharedConfig'],
    [{ dataMessage: { body: 'x', groupUpdateMessage: {} } }, 'groupUpdate'],
    [{ dataMessage: { openGroupInvitation: { url: 'u', name: 'n' } } }, 'invitation'],
    [{ dataMessage: { body: 'x' }, typingMessage: { timestamp: 1n, action: 0 } }, 'typing'],
  ]
  for (const [content, what] of contents) expect(read(content)).toEqual({ kind: 'unsupported', what })
})

test('drops what is empty, has unknown flags or too many attachments', () => {
  expect(read({})).toEqual({ kind: 'invalid', reason: 'empty' })
  expect(read({ dataMessage: {} })).toEqual({ kind: 'invalid', reason: 'empty' })
  for (const flags of [1, 3, 2 ** 31, 2 ** 32 - 1]) {
    expect(read({ dataMessage: { body: 'x', flags } })).toEqual({ kind: 'invalid', reason: 'flags' })
  }
  const attachments = Array.from({ length: 33 }, () => ({ id: 0n }))
  expect(read({ dataMessage: { body: 'x', attachments } })).toEqual({ kind: 'invalid', reason: 'attachments' })
})

test('makes a name and a time of whatever stands in a profile', () => {
  const withProfile = (displayName: string, seconds: bigint) =>
    read({ dataMessage: { body: 'x', profile: { displayName, lastProfileUpdateSeconds: seconds } } })
  expect(withProfile(' \u200b', 1n)).toEqual({ kind: 'text', body: 'x' })
  expect(withProfile('a'.repeat(200), 2n ** 60n)).toEqual({ kind: 'text', body: 'x', profileName: 'a'.repeat(100) })
})

test('any content is read as something', () => {
  const messages = fc.record(
    {
      body: fc.string({ unit: 'binary' }),
      flags: fc.nat(),
      syncTarget: fc.oneof(fc.string(), fc.constant(alice)),
      profile: fc.record({ displayName: fc.string({ unit: 'binary' }), lastProfileUpdateSeconds: fc.bigInt() }),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(messages, fc.boolean(), (dataMessage, own) => {
      const result = readContent({ dataMessage }, own ? fromSelf : fromAlice)
      expect(['text', 'unsupported', 'invalid']).toContain(result.kind)
      if (result.kind === 'text') expect(result.syncTarget === undefined).toBe(!own)
    }),
  )
})
