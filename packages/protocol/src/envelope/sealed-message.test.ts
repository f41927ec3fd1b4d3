import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import vectors from '../../vectors/messages.json' with { type: 'json' }
import { concatBytes } from '../bytes/bytes.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { utf8 } from '../bytes/utf8.ts'
import type { Ed25519PublicKey, X25519PublicKey } from '../crypto/keys.ts'
import { encodeAccountId } from '../identity/account-id.ts'
import { type AccountKeys, deriveAccountKeys, parseAccountSeed } from '../identity/account-seed.ts'
import { fixedRandom, nobleCrypto, seededRandom } from '../testing.ts'
import { padContent } from './padding.ts'
import { openMessage, sealMessage } from './sealed-message.ts'

const crypto = nobleCrypto()
const random = seededRandom('sealed message')
const account = (seed: string) => deriveAccountKeys(crypto, parseAccountSeed(fromHex(seed)))
const alice = account(vectors.direct_message.sender_seed32)
const bob = account(vectors.direct_message.recipient_seed32)
const carol = account('39038c8988db02c1af44e8c847bd9713')
const openFailed = expect.objectContaining({ code: 'open_failed' })

test('seals the known contents, byte for byte, and opens them', () => {
  const { direct_message: direct, direct_message_sync_copy: copy } = vectors
  for (const { vector, recipient } of [
    { vector: direct, recipient: bob },
    { vector: copy, recipient: alice },
  ]) {
    const content = fromHex(vector.content)
    expect(toHex(padContent(content))).toBe(vector.padded)
    const sealed = seal({ content, recipient, ephemeral: fromHex(vector.ephemeral_private) })
    expect(toHex(sealed)).toBe(vector.sealed)
    const opened = openMessage({ crypto, sealed, recipient })
    expect(opened.content).toEqual(content)
    expect(opened.sender).toBe(direct.sender_account_id)
    expect(opened.senderSigningKey).toEqual(alice.signing.publicKey)
  }
})

test('opens a box that is not padded and whose ephemeral key comes from its content', () => {
  const vector = vectors.sealed_box_deterministic
  const message = utf8(vector.message_text)
  const recipientKey = fromHex(vector.recipient_x25519_public) as X25519PublicKey
  const seedInput = concatBytes(fromHex(vector.sender_seed32), recipientKey, message)
  const boxSeed = crypto.blake2b(32, seedInput, utf8('SessionBoxEphemeralHashKey'))
  expect(toHex(boxSeed)).toBe(vector.ephemeral_box_seed)
  const ephemeral = crypto.sha512(boxSeed).slice(0, 32)
  expect(toHex(ephemeral)).toBe(vector.ephemeral_private)
  const sealed = sealInner({ inner: sign(alice, message, recipientKey), recipientKey, ephemeral })
  expect(toHex(sealed)).toBe(vector.sealed)
  expect(openMessage({ crypto, sealed, recipient: bob })).toMatchObject({ content: message, sender: alice.accountId })
})

test('any content reaches its recipient alone', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (content) => {
      const sealed = seal({ content, recipient: bob })
      expect(openMessage({ crypto, sealed, recipient: bob }).content).toEqual(content)
      expect(() => openMessage({ crypto, sealed, recipient: carol })).toThrow(openFailed)
    }),
    { numRuns: 20 },
  )
})

test('a change of any bit and every truncation fails in the same way', () => {
  const sealed = seal({ content: utf8('hello'), recipient: bob })
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.nat(7), (at, bit) => {
      const changed = sealed.slice()
      changed[at]! ^= 1 << bit
      // The highest bit of an X25519 key counts for nothing, but it is part of the nonce.
      expect(() => openMessage({ crypto, sealed: changed, recipient: bob })).toThrow(openFailed)
      expect(() => openMessage({ crypto, sealed: sealed.slice(0, at), recipient: bob })).toThrow(openFailed)
    }),
    { numRuns: 60 },
  )
})

test('what was signed for one recipient cannot be sealed anew for another', () => {
  const inner = sign(alice, utf8('for Bob'), bob.encryption.publicKey)
  expect(openMessage({ crypto, sealed: sealFor(bob, inner), recipient: bob }).sender).toBe(alice.accountId)
  expect(() => openMessage({ crypto, sealed: sealFor(carol, inner), recipient: carol })).toThrow(openFailed)
})

test('nobody writes as somebody else', () => {
  const inner = sign(carol, utf8('I am Alice'), bob.encryption.publicKey)
  inner.set(alice.signing.publicKey, inner.length - 96)
  expect(() => openMessage({ crypto, sealed: sealFor(bob, inner), recipient: bob })).toThrow(openFailed)
})

test('a box without room for key and signature fails like any other', () => {
  for (const size of [0, 1, 64, 95]) {
    const sealed = sealFor(bob, new Uint8Array(size))
    expect(() => openMessage({ crypto, sealed, recipient: bob })).toThrow(openFailed)
  }
})

test('a signing key of low order is no sender', () => {
  // With the neutral element as key, R = s · B verifies for every message where nobody looks at the key.
  const neutral = new Uint8Array(32)
  neutral[0] = 1
  const scalar = crypto.ed25519ScalarReduce(random(64))
  const inner = concatBytes(utf8('hello'), neutral, crypto.ed25519ScalarMultBase(scalar), scalar)
  expect(() => openMessage({ crypto, sealed: sealFor(bob, inner), recipient: bob })).toThrow(openFailed)
  const lax = { ...crypto, ed25519Verify: () => true }
  expect(() => openMessage({ crypto: lax, sealed: sealFor(bob, inner), recipient: bob })).toThrow(openFailed)
})

test('does not seal to a key of low order', () => {
  const recipient = encodeAccountId(new Uint8Array(32) as Uint8Array as X25519PublicKey)
  const options = { crypto, random, content: utf8('hello'), sender: alice, recipient }
  expect(() => sealMessage(options)).toThrow(expect.objectContaining({ code: 'weak_public_key' }))
})

function seal(options: { content: Uint8Array; recipient: AccountKeys; ephemeral?: Uint8Array }): Uint8Array {
  return sealMessage({
    crypto,
    random: options.ephemeral ? fixedRandom(options.ephemeral) : random,
    content: options.content,
    sender: alice,
    recipient: options.recipient.accountId,
  })
}

function sign(sender: AccountKeys, message: Uint8Array, recipientKey: X25519PublicKey): Uint8Array {
  const publicKey: Ed25519PublicKey = sender.signing.publicKey
  const signed = concatBytes(message, publicKey, recipientKey)
  return concatBytes(
    message,
    publicKey,
    sender.signing.secretKey.use((key) => crypto.ed25519Sign(key, signed)),
  )
}

function sealFor(recipient: AccountKeys, inner: Uint8Array): Uint8Array {
  return sealInner({ inner, recipientKey: recipient.encryption.publicKey, ephemeral: random(32) })
}

function sealInner(options: { inner: Uint8Array; recipientKey: X25519PublicKey; ephemeral: Uint8Array }): Uint8Array {
  const { inner, recipientKey } = options
  const ephemeral = crypto.x25519KeyPair(options.ephemeral)
  const nonce = crypto.blake2b(24, concatBytes(ephemeral.publicKey, recipientKey))
  return concatBytes(ephemeral.publicKey, crypto.boxSeal(inner, nonce, recipientKey, ephemeral.secretKey))
}
