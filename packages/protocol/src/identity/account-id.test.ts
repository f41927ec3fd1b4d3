import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { toHex } from '../bytes/hex.ts'
import type { X25519PublicKey } from '../crypto/keys.ts'
import { accountIdKey, encodeAccountId, ownerBytes, parseAccountId, parseOwner } from './account-id.ts'

const KEY = 'd2ad010eeb72d72e561d9de7bd7b6989af77dcabffa03a5111a6c859ae5c3a72'

test('an account ID names its encryption key, and the key its account ID', () => {
  const keys = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(keys, (key) => {
      const accountId = encodeAccountId(key as Uint8Array as X25519PublicKey)
      expect(parseAccountId(accountId)).toBe(`05${toHex(key)}`)
      expect(accountIdKey(accountId)).toEqual(key)
    }),
  )
})

test('tells what is wrong with an account ID', () => {
  const refusals: [string, string][] = [
    ['', 'length'],
    [`05${KEY.slice(1)}`, 'length'],
    [`05${KEY}0`, 'length'],
    [` 05${KEY.slice(1)}`, 'alphabet'],
    [`05${KEY.toUpperCase()}`, 'alphabet'],
    [`05${KEY.slice(0, 63)}g`, 'alphabet'],
    [`03${KEY}`, 'prefix'],
  ]
  for (const [text, reason] of refusals) {
    expect(() => parseAccountId(text)).toThrow(expect.objectContaining({ code: 'account_id', reason }))
  }
})

test('an error about an account ID does not repeat it', () => {
  expect(() => parseAccountId(`03${KEY}`)).toThrow(/^malformed account_id: prefix, 66 characters$/)
})

test('an owner has any prefix, and is lowered', () => {
  expect(parseOwner(`03${KEY}`.toUpperCase())).toBe(`03${KEY}`)
  expect(ownerBytes(parseOwner(`ff${KEY}`))).toHaveLength(33)
  expect(ownerBytes(parseAccountId(`05${KEY}`))[0]).toBe(5)
})

test('refuses an owner of another length or alphabet', () => {
  for (const text of ['', KEY, `05${KEY}00`, `zz${KEY}`, `05${KEY.slice(1)}\n`]) {
    expect(() => parseOwner(text)).toThrow(expect.objectContaining({ code: 'owner' }))
  }
})
