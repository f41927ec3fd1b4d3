import { test } from 'node:test'
import { utf8 } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import { openKeys, sealKeys } from './key-backup.ts'

const crypto = createNativeCrypto()
/** As little as Argon2 allows: these tests are about the file. */
const cost = { memoryKib: 8, passes: 1 }
const files = [
  { name: 'node.key', content: utf8('a secret\n') },
  { name: 'https.key.pem', content: new Uint8Array(3000).fill(7) },
]
const seal = (passphrase = 'open sesame, please') =>
  sealKeys(files, passphrase, { crypto, random: seededRandom(1), cost })

test('what was sealed is opened with the same passphrase, also if it was typed on another keyboard', async () => {
  expect(await openKeys(await seal(), 'open sesame, please', crypto)).toEqual(files)
  expect(
    await openKeys(await seal('caf\u00e9 caf\u00e9 caf\u00e9'), 'cafe\u0301 cafe\u0301 cafe\u0301', crypto),
  ).toEqual(files)
})

test('the real cost opens as well, and no secret is in the file', async () => {
  const sealed = await sealKeys(files, 'open sesame, please', { crypto, random: seededRandom(2) })
  expect(Buffer.from(sealed).includes('a secret')).toBe(false)
  expect(Buffer.from(sealed).includes('node.key')).toBe(false)
  expect(await openKeys(sealed, 'open sesame, please', crypto)).toEqual(files)
})

test('another passphrase and every changed byte are refused', async () => {
  const sealed = await seal()
  const refused = expect.objectContaining({ code: 'key_backup' })
  await expect(openKeys(sealed, 'open sesame, pleasf', crypto)).rejects.toEqual(refused)
  // The costs are bytes 5 to 12: a change there would only make the test slow, and the next test has them.
  for (const at of [0, 4, 13, 28, 29, 52, 53, sealed.length - 1]) {
    const changed = sealed.slice()
    changed[at]! ^= 1
    await expect(openKeys(changed, 'open sesame, please', crypto)).rejects.toEqual(refused)
  }
  for (const cut of [0, 10, 53, 60, sealed.length - 1]) {
    await expect(openKeys(sealed.slice(0, cut), 'open sesame, please', crypto)).rejects.toEqual(refused)
  }
})

test('a file cannot ask for more work than an honest one does, nor for none', async () => {
  const refused = expect.objectContaining({ code: 'key_backup' })
  const withCost = async (memoryKib: number, passes: number) => {
    const changed = await seal()
    new DataView(changed.buffer).setUint32(5, memoryKib)
    new DataView(changed.buffer).setUint32(9, passes)
    return openKeys(changed, 'open sesame, please', crypto)
  }
  for (const [memoryKib, passes] of [
    [0xffffffff, 1],
    [8, 0xffffffff],
    [0, 1],
    [8, 0],
  ]) {
    await expect(withCost(memoryKib!, passes!)).rejects.toEqual(refused)
  }
})
