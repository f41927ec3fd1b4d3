import { test } from 'node:test'
import { expect } from 'expect'
import vectors from '../../vectors/messages.json' with { type: 'json' }
import { unixMillis } from '../brand.ts'
import { toHex } from '../bytes/hex.ts'
import { parseAccountId } from '../identity/account-id.ts'
import { parseDisplayName } from '../identity/display-name.ts'
import { buildContent } from './build-content.ts'
import { decodeContent, encodeContent } from './content.ts'
import type { OutgoingContent } from './message-content.ts'
import { readContent } from './read-content.ts'

const alice = parseAccountId(vectors.accounts[0]!.account_id)
const bob = parseAccountId(vectors.accounts[1]!.account_id)
const timestamp = unixMillis(1735689601123)
const sentAt = unixMillis(1735689600123)
const target = { author: alice, sentAt }
const profile = { name: parseDisplayName('Alice'), updatedSeconds: 9 }
const image = { url: 'http://files/file/1', key: new Uint8Array(64), digest: new Uint8Array(32), isVoice: false }
const built = (draft: OutgoingContent) => buildContent(draft, { timestamp })

const ONE_OF_EACH: OutgoingContent[] = [
  {
    kind: 'visible',
    text: 'see https://a.example/',
    attachments: [
      { ...image, size: 3, contentType: 'image/png', fileName: 'a.png', width: 1, height: 2, caption: 'c' },
    ],
    quote: target,
    previews: [{ url: 'https://a.example/', title: 'A', image: { ...image, contentType: 'image/jpeg' } }],
  },
  { kind: 'visible', text: '', attachments: [{ ...image, contentType: 'audio/aac', isVoice: true }], previews: [] },
  { kind: 'visible', text: '', attachments: [], previews: [], invitation: { url: 'https://c.example/r', name: 'R' } },
  { kind: 'reaction', target, emoji: '👍', action: 'react' },
  { kind: 'reaction', target, emoji: '👍', action: 'remove' },
  { kind: 'timerChange' },
  { kind: 'readReceipt', timestamps: [sentAt, timestamp] },
  { kind: 'deliveryReceipt', timestamps: [sentAt] },
  { kind: 'typing', action: 'started' },
  { kind: 'typing', action: 'stopped' },
  { kind: 'unsend', target },
  { kind: 'requestResponse' },
  { kind: 'dataExtraction', what: 'mediaSaved', at: sentAt },
  { kind: 'dataExtraction', what: 'screenshot' },
]

test('what is built of each kind is read as the same', () => {
  for (const expiration of [
    undefined,
    { mode: 'afterRead', seconds: 300 },
    { mode: 'afterSend', seconds: 1 },
  ] as const) {
    for (const draft of ONE_OF_EACH) {
      const bytes = encodeContent(buildContent(draft, { timestamp, expiration }))
      const read = readContent(decodeContent(bytes), { sender: alice, self: bob })
      const expected = { ...draft, saysExpiration: true, ...(expiration ? { expiration } : {}) }
      expect(read).toEqual(draft.kind === 'visible' ? { attachments: [], previews: [], ...expected } : expected)
    }
  }
})

test('builds the known contents, with the timer beside them', () => {
  const names = ['read receipt', 'typing', 'unsend', 'reaction', 'reply', 'voice']
  const drafts: OutgoingContent[] = [
    { kind: 'readReceipt', timestamps: [sentAt, unixMillis(1735689600128)] },
    { kind: 'typing', action: 'started' },
    { kind: 'unsend', target },
    { kind: 'reaction', target, emoji: '👍', action: 'react' },
    { kind: 'visible', text: 'yes', quote: target },
    {
      kind: 'visible',
      attachments: [
        {
          url: 'http://filev2.getsession.org/file/123',
          key: Uint8Array.from({ length: 64 }, (_, i) => i),
          digest: Uint8Array.from({ length: 32 }, (_, i) => i),
          ...{ size: 12_345, contentType: 'audio/aac', isVoice: true },
        },
      ],
    },
  ]
  for (const [i, draft] of drafts.entries()) {
    const { content } = vectors.contents.find(({ name }) => name.startsWith(names[i]!))!
    // The vectors leave out a timer that is off: 60 00 68 00, before the time.
    expect(toHex(encodeContent(built(draft))).replace(/60006800(78e380a6f9c132)$/, '$1')).toBe(content)
  }
  const timers: [string, OutgoingContent, { mode: 'afterRead' | 'afterSend'; seconds: number }][] = [
    ['disappear', { kind: 'visible', text: 'gone soon' }, { mode: 'afterSend', seconds: 43_200 }],
    ['timer', { kind: 'timerChange' }, { mode: 'afterRead', seconds: 86_400 }],
  ]
  for (const [name, draft, expiration] of timers) {
    const { content } = vectors.contents.find((vector) => vector.name.startsWith(name))!
    expect(toHex(encodeContent(buildContent(draft, { timestamp, expiration })))).toBe(content)
  }
})

test('says that messages do not disappear', () => {
  for (const draft of ONE_OF_EACH) expect(built(draft)).toMatchObject({ expirationType: 0, expirationTimer: 0 })
})

test('our profile goes with what others see of us, whole', () => {
  const key = new Uint8Array(32).fill(4)
  const whole = { ...profile, picture: { url: 'http://files/file/9', key } }
  for (const draft of ONE_OF_EACH) {
    const content = decodeContent(encodeContent(buildContent(draft, { timestamp, profile: whole })))
    const carries = ['visible', 'reaction', 'timerChange', 'requestResponse'].includes(draft.kind)
    const read = readContent(content, { sender: alice, self: bob }).profile
    expect(read).toEqual(carries ? whole : undefined)
  }
})

test('a copy to oneself names the recipient and carries no profile', () => {
  const options = { timestamp, profile, syncTarget: alice }
  const content = decodeContent(encodeContent(buildContent({ kind: 'visible', text: 'hello' }, options)))
  expect(content.dataMessage).toEqual({ body: 'hello', syncTarget: alice })
  const unsend = buildContent({ kind: 'unsend', target }, options)
  expect(encodeContent(unsend)).toEqual(encodeContent(built({ kind: 'unsend', target })))
})

test('counts the length of a text in code points', () => {
  const longest = '👍'.repeat(2000)
  expect(built({ kind: 'visible', text: longest }).dataMessage?.body).toBe(longest)
  expect(() => built({ kind: 'visible', text: `${longest}!` })).toThrow(
    expect.objectContaining({ code: 'message_text', reason: 'too_long', length: 2001 }),
  )
})

test('refuses to build what everybody would drop', () => {
  const refused: [OutgoingContent, string][] = [
    [{ kind: 'visible', text: ' \n\t\u00a0' }, 'message_text'],
    [{ kind: 'visible', quote: target }, 'message_text'],
    [{ kind: 'visible', attachments: Array.from({ length: 33 }, () => image) }, 'attachment'],
    [{ kind: 'visible', text: 'x', previews: [{ url: 'https://a.example/' }] }, 'link_preview'],
    [{ kind: 'reaction', target, emoji: 'no', action: 'react' }, 'reaction'],
    [{ kind: 'readReceipt', timestamps: [] }, 'envelope'],
    [{ kind: 'deliveryReceipt', timestamps: Array.from({ length: 1001 }, () => sentAt) }, 'envelope'],
  ]
  for (const [draft, code] of refused) expect(() => built(draft)).toThrow(expect.objectContaining({ code }))
})
