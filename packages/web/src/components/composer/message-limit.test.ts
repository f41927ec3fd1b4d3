import { test } from 'node:test'
import { expect } from 'expect'
import { messageLength } from './message-limit.ts'

test('blank text is empty', () => {
  expect(messageLength(' \n\t ')).toEqual({ kind: 'empty' })
})

test('a text that goes as several messages says so, and the count appears near the limit', () => {
  expect(messageLength('a'.repeat(2000))).toEqual({ kind: 'fine' })
  expect(messageLength('a'.repeat(2001))).toEqual({ kind: 'several' })
  expect(messageLength('a'.repeat(19_801))).toEqual({ kind: 'near', left: 199 })
  expect(messageLength('a'.repeat(20_000))).toEqual({ kind: 'near', left: 0 })
  expect(messageLength('a'.repeat(20_001))).toEqual({ kind: 'over', by: 1 })
})

test('an emoji counts once, although it is two UTF-16 units', () => {
  expect(messageLength('🐦'.repeat(2000))).toEqual({ kind: 'fine' })
  expect(messageLength('🐦'.repeat(2001))).toEqual({ kind: 'several' })
})

test('blank space around a text does not count', () => {
  expect(messageLength(`${'a'.repeat(2000)}\n\n`)).toEqual({ kind: 'fine' })
})
