import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { fromBase64, toBase64, toBase64Unpadded } from './base64.ts'
import { fromHex, toHex } from './hex.ts'
import { fromUtf8, utf8 } from './utf8.ts'

const malformed = (code: string) => expect.objectContaining({ name: 'MalformedInputError', code })
const bytes = fc.uint8Array({ maxLength: 300 })
/** What engines have of their own, taken away while `work` runs: what older ones do must be the same. */
function withoutEngine(work: () => void): void {
  const own = { toHex: Uint8Array.prototype, toBase64: Uint8Array.prototype, fromBase64: Uint8Array }
  const kept = Object.entries(own).map(([name, place]) => {
    const descriptor = Object.getOwnPropertyDescriptor(place, name)!
    Reflect.deleteProperty(place, name)
    return () => Object.defineProperty(place, name, descriptor)
  })
  try {
    work()
  } finally {
    for (const restore of kept) restore()
  }
}

test('hex, base64 and UTF-8 say the same as the platform, with and without the engine’s own functions', () => {
  const property = fc.property(bytes, fc.string({ unit: 'binary', maxLength: 200 }), (value, text) => {
    const buffer = Buffer.from(value)
    expect(toHex(value)).toBe(buffer.toString('hex'))
    expect(fromHex(toHex(value))).toEqual(value)
    expect(fromHex(toHex(value).toUpperCase())).toEqual(value)
    expect(toBase64(value)).toBe(buffer.toString('base64'))
    expect(toBase64Unpadded(value)).toBe(buffer.toString('base64').replace(/=+$/, ''))
    expect(fromBase64(toBase64(value))).toEqual(value)
    expect(fromBase64(toBase64Unpadded(value))).toEqual(value)
    expect(utf8(text)).toEqual(new Uint8Array(Buffer.from(text)))
    expect(fromUtf8(utf8(text))).toBe(text.toWellFormed())
  })
  fc.assert(property)
  withoutEngine(() => fc.assert(property))
})

test('text of any length comes through, also where it is made in pieces', () => {
  for (const character of ['a', 'é', '語', '🦜']) {
    for (const count of [4095, 4096, 4097, 10_000]) {
      const text = character.repeat(count)
      expect(fromUtf8(utf8(text)) === text).toBe(true)
      expect(fromUtf8(utf8(`x${text}y`)) === `x${text}y`).toBe(true)
    }
  }
})

test('a lone surrogate becomes U+FFFD', () => {
  expect(utf8('\ud800x')).toEqual(utf8('\ufffdx'))
  expect(utf8('x\udc00')).toEqual(utf8('x\ufffd'))
})

test('what is no hex is refused', () => {
  for (const text of ['0', 'abc', '0g', 'g0', ' 0', '0x', '+1', '-1', '1e1 ', 'ab\u0130c', '٠١', '\u0161\u0161'])
    expect(() => fromHex(text)).toThrow(malformed('hex'))
})

test('what is no base64 is refused: other characters, white space, wrong padding, impossible lengths', () => {
  const wrong = [
    'A',
    'AAAAA',
    'AA=',
    'AAA==',
    'A===',
    '====',
    '=',
    'AA==AA==',
    'AA==A',
    'AA-_',
    'AA!A',
    'AAÄA',
    'A\u0141',
  ]
  const blank = [
    ' ',
    '\n',
    'AA AA',
    'AAAA ',
    ' AAAA',
    'AA= =',
    ' AA==',
    'AA\t==',
    'A A',
    'AAA A',
    'AAAA\n',
    'AAAAA AAA',
  ]
  const check = () => {
    for (const text of [...wrong, ...blank]) expect(() => fromBase64(text)).toThrow(malformed('base64'))
  }
  check()
  withoutEngine(check)
})

test('what is no UTF-8 is refused: overlong forms, surrogates, truncation, stray bytes, beyond U+10FFFF', () => {
  const wrong = [
    'c080',
    'c1bf',
    'e08080',
    'f0808080',
    'eda080',
    'edbfbf',
    'c3',
    'e8aa',
    'f09fa6',
    '80',
    'bf61',
    'f4908080',
    'ff',
    'c361',
  ]
  for (const hex of wrong) {
    expect(() => fromUtf8(fromHex(hex))).toThrow(malformed('utf8'))
    expect(() => fromUtf8(fromHex(`61${hex}`))).toThrow(malformed('utf8'))
  }
})

test('text is taken for UTF-8 exactly where the platform takes it', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const like = (decode: (value: Uint8Array) => string, value: Uint8Array) => {
    try {
      return decode(value)
    } catch {
      return undefined
    }
  }
  fc.assert(
    fc.property(bytes, (value) => {
      expect(like(fromUtf8, value)).toBe(like((input) => strict.decode(input), value))
    }),
    { numRuns: 500 },
  )
})
