import { test } from 'node:test'
import {
  type AccountId,
  buildContent,
  type Content,
  days,
  deriveAccountKeys,
  type MessageHash,
  type OpenedMessage,
  type OutgoingContent,
  parseAccountSeed,
  readContent,
  unixMillis,
} from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { expect } from 'expect'
import { understand } from './arrival.ts'

const crypto = createNativeCrypto()
const keysOf = (byte: number) => deriveAccountKeys(crypto, parseAccountSeed(new Uint8Array(16).fill(byte)))
const [self, bob, carol] = [1, 2, 3].map((byte) => keysOf(byte).accountId) as [AccountId, AccountId, AccountId]
const NOW = unixMillis(1_767_225_600_000)
const SENT = unixMillis(NOW - 60_000)

type Options = {
  sender?: AccountId
  syncTarget?: AccountId
  expiration?: Parameters<typeof buildContent>[1]['expiration']
  expiry?: number
}

function understood(
  content: OutgoingContent | Content,
  { sender = bob, syncTarget, expiration, expiry }: Options = {},
) {
  const built = 'kind' in content ? buildContent(content, { timestamp: SENT, syncTarget, expiration }) : content
  const opened: OpenedMessage = {
    sender,
    senderSigningKey: keysOf(2).signing.publicKey,
    timestamp: SENT,
    content: built,
    hasForeignParts: false,
  }
  const hash = 'A'.repeat(43) as MessageHash
  const item = { timestamp: SENT, expiry: unixMillis(expiry ?? SENT + days(14)) }
  return understand(opened, readContent(built, { ...opened, self }), {
    self,
    swarmSize: 3,
    now: NOW,
    hash,
    item,
    marks: [],
  })
}

const text = { kind: 'visible', text: 'hello' } as const
const place = { conversation: bob, sentAt: 5, direction: 'outgoing' }

test('what they send is theirs, and what another device of ours sent is ours, wherever it went', () => {
  expect(understood(text)).toMatchObject({
    kind: 'message',
    account: bob,
    message: { direction: 'incoming', author: bob },
  })
  expect(understood(text, { sender: self, syncTarget: carol })).toMatchObject({
    kind: 'message',
    account: carol,
    message: { direction: 'outgoing', author: self, delivery: { kind: 'stored', on: 1, of: 3 } },
  })
  expect(understood(text, { sender: self })).toEqual({ kind: 'nothing' })
})

test('reactions and receipts name messages of this conversation only', () => {
  const react = (author: AccountId) =>
    understood({ kind: 'reaction', target: { author, sentAt: unixMillis(5) }, emoji: '👍', action: 'react' })
  expect(react(self)).toMatchObject({ kind: 'effect', effect: { kind: 'reaction', place } })
  expect(react(carol)).toEqual({ kind: 'nothing' })
  const times = [SENT, NOW + days(2), NOW - days(40)].map(unixMillis)
  expect(understood({ kind: 'readReceipt', timestamps: times })).toMatchObject({
    effect: { kind: 'receipt', state: 'read', places: [{ sentAt: SENT, direction: 'outgoing' }] },
  })
})

test('authors take back what they wrote; our devices also what others wrote to us', () => {
  const unsend = (author: AccountId, sender: AccountId) =>
    understood({ kind: 'unsend', target: { author, sentAt: unixMillis(5) } }, { sender })
  expect(unsend(bob, bob)).toMatchObject({
    effect: { kind: 'unsend', how: 'placeholder', place: { ...place, direction: 'incoming' } },
  })
  expect(unsend(self, bob)).toEqual({ kind: 'nothing' })
  expect(unsend(self, self)).toMatchObject({ effect: { kind: 'unsendOwn', sentAt: 5 } })
  expect(unsend(bob, self)).toMatchObject({ account: bob, effect: { kind: 'unsend', how: 'removed' } })
})

test('timers begin when sent, when read here, or when read elsewhere, and never later than the swarm forgets', () => {
  const expiryOf = (options: Options) => {
    const found = understood(text, options)
    return found.kind === 'message' ? found.message.expiry : undefined
  }
  const afterSend = { mode: 'afterSend', seconds: 3600 } as const
  const afterRead = { mode: 'afterRead', seconds: 3600 } as const
  expect(expiryOf({ expiration: afterSend })).toEqual({ ...afterSend, deadline: SENT + 3_600_000 })
  expect(expiryOf({ expiration: afterRead })).toEqual(afterRead)
  const soon = NOW + 1_800_000
  expect(expiryOf({ expiration: afterRead, expiry: soon })).toEqual({ ...afterRead, deadline: soon })
  expect(expiryOf({ expiration: afterRead, expiry: NOW + days(1) })).toEqual({
    ...afterRead,
    deadline: NOW + 3_600_000,
  })
  const own = { sender: self, syncTarget: bob, expiration: afterRead }
  expect(expiryOf(own)).toEqual({ ...afterRead, deadline: NOW + 3_600_000 })
  expect(expiryOf({})).toBeUndefined()
})

test('what cannot be shown and would be missed is a quiet line; the rest is nothing', () => {
  const call = { callMessage: { type: 6, uuid: 'x' } } as unknown as Content
  expect(understood(call)).toMatchObject({ isQuiet: true, message: { body: { kind: 'unsupported', what: 'call' } } })
  expect(understood({ sharedConfigMessage: {} } as Content)).toEqual({ kind: 'nothing' })
  expect(understood({})).toEqual({ kind: 'nothing' })
  const invitation = { kind: 'visible', invitation: { url: 'https://x.test/room', name: 'Room' } } as const
  expect(understood(invitation)).toMatchObject({
    isQuiet: false,
    message: { body: { kind: 'unsupported', what: 'invitation' }, invitation: { name: 'Room' } },
  })
})
