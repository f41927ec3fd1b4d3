import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import vectors from '../../vectors/messages.json' with { type: 'json' }
import { fromHex, toHex } from '../bytes/hex.ts'
import { padContent, unpadContent } from './padding.ts'

const { lengths, example, unpad } = vectors.padding_160

test('pads to the known lengths', () => {
  for (const { content, padded } of lengths) expect(padContent(new Uint8Array(content))).toHaveLength(padded)
  expect(toHex(padContent(fromHex(example.content)))).toBe(example.padded)
})

test('takes off what is padding, and leaves what is not', () => {
  for (const { input, output } of unpad) expect(toHex(unpadContent(fromHex(input)))).toBe(output)
  for (const unpadded of ['', '00', '000000', '0100', '800100']) {
    expect(toHex(unpadContent(fromHex(unpadded)))).toBe(unpadded)
  }
})

test('any content survives padding, whose length tells blocks of 160 only', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1000 }), (content) => {
      const padded = padContent(content)
      expect(padded.length % 160).toBe(0)
      expect(padded.length - content.length).toBeLessThanOrEqual(161)
      expect(unpadContent(padded)).toEqual(content)
    }),
  )
})
