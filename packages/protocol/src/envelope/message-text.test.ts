import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { splitText } from './message-text.ts'

test('a long text becomes several messages, cut where a reader would', () => {
  expect(splitText('hello')).toEqual(['hello'])
  expect(splitText(' \n ')).toEqual([])
  const paragraph = `${'word '.repeat(299)}end.`
  expect(splitText(`${paragraph}\n\n${paragraph}`)).toEqual([paragraph, paragraph])
  const words = splitText('word '.repeat(1000))
  expect(words.map((part) => part.endsWith('word'))).toEqual([true, true, true])
  expect(splitText('👍'.repeat(4001)).map((part) => [...part].length)).toEqual([2000, 2000, 1])
})

test('no part is too long or empty, and nothing but white space is lost', () => {
  const texts = fc.string({ unit: fc.constantFrom(' ', '\n', 'a', '👍', 'é'), maxLength: 6000 })
  const strip = (text: string) => text.replaceAll(/\s/g, '')
  fc.assert(
    fc.property(texts, (text) => {
      const parts = splitText(text)
      for (const part of parts) {
        expect([...part].length).toBeLessThanOrEqual(2000)
        expect(part.trim()).not.toBe('')
      }
      expect(strip(parts.join(''))).toBe(strip(text))
    }),
    { numRuns: 50 },
  )
})
