import { test } from 'node:test'
import { expect } from 'expect'
import { messageLength } from './message-limit.ts'

test('blank text is empty', () => {
  expect(messageLength(' \n\t ')).toEqual({ kind: 'empty' })
})

test('the count appears near the limit and the refusal above it', () => {
  expect(messageLength('a'.repeat(1799))).toEqual({ kind: 'fine' })
  expect(messageLength('a'.repeat(1800))).toEqual({ kind: 'near', left: 200 })
  expect(messageLength('a'.repeat(2000))).toEqual({ kind: 'near', left: 0 })
  expect(messageLength('a'.repeat(2001))).toEqual({ kind: 'over', by: 1 })
})

test('an emoji counts once, although it is two UTF-16 units', () => {
  expect(messageLength('🐦'.repeat(2000))).toEqual({ kind: 'near', left: 0 })
  expect(messageLength('🐦'.repeat(1000))).toEqual({ kind: 'fine' })
})

test('blank space around a text does not count', () => {
  expect(messageLength(`${'a'.repeat(2000)}\n\n`)).toEqual({ kind: 'near', left: 0 })
})
