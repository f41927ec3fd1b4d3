import { test } from 'node:test'
import { toHex } from '@starling/protocol'
import { expect } from 'expect'
import { describeCrypto } from '../crypto.suite.ts'
import { createNativeCrypto } from './native-crypto.ts'

describeCrypto('crypto by native code', createNativeCrypto)

test('a converted key is the same however often it is asked for, and whoever got it before changed his copy', () => {
  const crypto = createNativeCrypto()
  const keyOf = (number: number) => {
    const seed = new Uint8Array(32)
    new DataView(seed.buffer).setUint32(0, number)
    return crypto.ed25519KeyPair(seed).publicKey
  }
  const first = toHex(crypto.ed25519ToX25519(keyOf(0)))
  for (let round = 0; round < 2; round++) {
    crypto.ed25519ToX25519(keyOf(0)).fill(0)
    // More than are remembered.
    for (let number = 1; number <= 4200; number++) crypto.ed25519ToX25519(keyOf(number)).fill(0)
    expect(toHex(crypto.ed25519ToX25519(keyOf(0)))).toBe(first)
    expect(crypto.ed25519ToX25519(keyOf(4200))).toEqual(createNativeCrypto().ed25519ToX25519(keyOf(4200)))
  }
})
