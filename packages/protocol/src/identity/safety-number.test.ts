import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import type { X25519PublicKey } from '../crypto/keys.ts'
import { nobleCrypto } from '../testing.ts'
import { encodeAccountId, parseAccountId } from './account-id.ts'
import { safetyNumber } from './safety-number.ts'

const crypto = nobleCrypto()
const accounts = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((key) => encodeAccountId(key as Uint8Array<ArrayBuffer> as unknown as X25519PublicKey))

test('both sides get the same 60 digits, and with anybody else others', () => {
  const property = fc.property(accounts, accounts, accounts, (alice, bob, mallory) => {
    fc.pre(bob !== mallory)
    const number = safetyNumber(crypto, alice, bob)
    expect(number).toMatch(/^[0-9]{60}$/)
    expect(safetyNumber(crypto, bob, alice)).toBe(number)
    expect(safetyNumber(crypto, alice, mallory)).not.toBe(number)
  })
  fc.assert(property)
})

test('one digit of an account ID changes nearly all of the number', () => {
  const [alice, bob] = [parseAccountId(`05${'a'.repeat(64)}`), parseAccountId(`05${'b'.repeat(64)}`)]
  const other = parseAccountId(`05${'b'.repeat(63)}c`)
  const [number, changed] = [safetyNumber(crypto, alice, bob), safetyNumber(crypto, alice, other)]
  expect([...number].filter((digit, index) => digit === changed[index]).length).toBeLessThan(20)
})

test('the number never changes from version to version', () => {
  const [alice, bob] = [parseAccountId(`05${'a'.repeat(64)}`), parseAccountId(`05${'b'.repeat(64)}`)]
  expect(safetyNumber(crypto, alice, bob)).toBe('379907374080915086534306518046579395977976043567113296332418')
})
