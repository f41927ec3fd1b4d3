import { test } from 'node:test'
import { expect } from 'expect'
import vectors from '../../vectors/messages.json' with { type: 'json' }
import { fromHex, toHex } from '../bytes/hex.ts'
import { fixedRandom, nobleCrypto } from '../testing.ts'
import { createAccountSeed, deriveAccountKeys, parseAccountSeed } from './account-seed.ts'

const crypto = nobleCrypto()

test('derives the keys and IDs of all known accounts', () => {
  const known = [
    ...vectors.accounts.map((account) => ({ ...account, seed: account.seed16 })),
    ...vectors.accounts_from_full_seed.map((account) => ({ ...account, seed: account.seed32 })),
  ]
  for (const account of known) {
    const keys = deriveAccountKeys(crypto, parseAccountSeed(fromHex(account.seed)))
    expect(keys.accountId).toBe(account.account_id)
    expect(toHex(keys.signing.publicKey)).toBe(account.ed25519_public)
    expect(keys.signing.secretKey.use(toHex)).toBe(`${account.seed32}${account.ed25519_public}`)
    expect(toHex(keys.encryption.publicKey)).toBe(account.x25519_public)
    expect(keys.encryption.secretKey.use(toHex)).toBe(account.x25519_private)
  }
})

test('a new seed is one draw of 16 bytes', () => {
  const drawn = fromHex('000102030405060708090a0b0c0d0e0f')
  expect(createAccountSeed(fixedRandom(drawn))).toEqual(drawn)
})

test('deriving keys leaves the seed as it is', () => {
  const seed = parseAccountSeed(fromHex(vectors.accounts[0]!.seed16))
  deriveAccountKeys(crypto, seed)
  expect(toHex(seed)).toBe(vectors.accounts[0]!.seed16)
})

test('refuses a seed of another size', () => {
  for (const size of [0, 15, 17, 31, 33, 64]) {
    expect(() => parseAccountSeed(new Uint8Array(size))).toThrow(expect.objectContaining({ code: 'account_seed' }))
  }
})
