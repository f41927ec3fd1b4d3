/** What an account signs when it asks its own swarm: the vectors of messages. */
import { test } from 'node:test'
import { expect } from 'expect'
import vectors from '../../vectors/messages.json' with { type: 'json' }
import { unixMillis } from '../brand.ts'
import { toBase64 } from '../bytes/base64.ts'
import { fromHex } from '../bytes/hex.ts'
import { fromUtf8 } from '../bytes/utf8.ts'
import { deriveAccountKeys, parseAccountSeed } from '../identity/account-seed.ts'
import { nobleCrypto } from '../testing.ts'
import { ownerSigner } from './authentication.ts'
import type { MessageHash } from './message-hash.ts'
import { NAMESPACES } from './namespace.ts'
import { METHODS } from './registry.ts'
import { signRequest } from './signing.ts'

const crypto = nobleCrypto()
const { seed32, ...known } = vectors.storage_signatures
const keys = deriveAccountKeys(crypto, parseAccountSeed(fromHex(seed32).slice(0, 16)))
const owner = keys.accountId
const timestamp = unixMillis(1735689600123)
const messages = ['hashA', 'hashB'] as MessageHash[]
const retrieve = { owner, lastHash: undefined, maxCount: undefined, maxSize: undefined, timestamp, wait: undefined }
const stored = { owner, expiry: timestamp, data: new Uint8Array(1), timestamp, signedAt: undefined }
const expire = { owner, messages, expiries: [timestamp] }

test('signs what the known requests sign, and gets their signatures', () => {
  const signed: { signed: string; signature: string }[] = []
  keys.signing.secretKey.use((secret) => {
    const own = ownerSigner(crypto, secret, { account: true })
    let text = ''
    const signer = {
      ...own,
      sign(bytes: Uint8Array) {
        text = fromUtf8(bytes)
        return own.sign(bytes)
      },
    }
    const requests = [
      () => signRequest(METHODS.retrieve, { ...retrieve, namespace: NAMESPACES.messages }, signer),
      () => signRequest(METHODS.retrieve, { ...retrieve, namespace: NAMESPACES.profile }, signer),
      () => signRequest(METHODS.store, { ...stored, namespace: NAMESPACES.contacts }, signer),
      () => signRequest(METHODS.delete, { owner, messages, required: false }, signer),
      () => signRequest(METHODS.expire, { ...expire, change: 'shorten' }, signer),
      () => signRequest(METHODS.expire, { ...expire, change: 'set' }, signer),
      () => signRequest(METHODS.get_expiries, { owner, messages, timestamp }, signer),
    ]
    for (const request of requests) {
      const { auth } = request() as { auth: { signature: Uint8Array } }
      signed.push({ signed: text, signature: toBase64(auth.signature) })
    }
  })
  const { confirmed_by: _, ...list } = known
  expect(signed).toEqual(
    Object.values(list).map(({ signed_text, signature_b64 }) => ({ signed: signed_text, signature: signature_b64 })),
  )
})
