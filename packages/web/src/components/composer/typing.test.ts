import { test } from 'node:test'
import { expect } from 'expect'
import { createTyping } from './typing.ts'

function setUp() {
  const said: boolean[] = []
  return { said, typing: createTyping((isTyping) => said.push(isTyping)) }
}

test('that somebody types is said with the first key, and again only after a while', () => {
  const { said, typing } = setUp()
  for (let key = 0; key < 100; key++) typing(true, key * 60)
  expect(said).toEqual([true, true])
})

test('the end is said at once, and only if there was a beginning', () => {
  const { said, typing } = setUp()
  typing(false, 0)
  typing(true, 10)
  typing(false, 20)
  typing(false, 30)
  typing(true, 40)
  expect(said).toEqual([true, false, true])
})
