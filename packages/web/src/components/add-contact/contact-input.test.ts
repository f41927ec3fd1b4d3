import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { contactLink, readContactInput } from './contact-input.ts'

const ID = `05${'a1b2c3d4'.repeat(8)}`
const account = { kind: 'account', accountId: ID }
const problemOf = (text: string) => {
  const input = readContactInput(text)
  return input.kind === 'wrong' ? input.problem : input.kind
}

test('an account ID is read bare, in groups of four, in capitals, as starling: and as a link', () => {
  const grouped = ID.match(/.{1,4}/g)!.join(' ')
  for (const text of [
    ID,
    ` ${ID}\n`,
    grouped,
    ID.toUpperCase(),
    `starling:${ID}`,
    `web+starling:${ID}`,
    `web+starling://${ID}/`,
    `web%2Bstarling%3A${ID}`,
    `https://example.org/app/#/add/${ID}`,
  ]) {
    expect(readContactInput(text)).toEqual(account)
  }
})

test('the link that we make is read back', () => {
  const id = fc.stringMatching(/^05[0-9a-f]{64}$/)
  const property = fc.property(
    id,
    fc.constantFrom('https://a.example', 'http://127.0.0.1:8080/', 'https://a.example/x/#/settings'),
    (accountId, base) => {
      const [input] = [readContactInput(accountId)]
      if (input.kind !== 'account') throw new Error('not an account')
      expect(readContactInput(contactLink(base, input.accountId))).toEqual(input)
    },
  )
  fc.assert(property)
})

test('nothing typed is no mistake', () => {
  expect(readContactInput(' \n')).toEqual({ kind: 'empty' })
})

test('a wrong ID says what is wrong: its length, the first wrong character or the prefix', () => {
  expect(problemOf('0')).toEqual({ kind: 'length', length: 1 })
  expect(problemOf(ID.slice(0, -2))).toEqual({ kind: 'length', length: 64 })
  expect(problemOf(`${ID}00`)).toEqual({ kind: 'length', length: 68 })
  expect(problemOf(ID.replace('c3', 'g3'))).toEqual({ kind: 'alphabet', character: 'g' })
  expect(problemOf(ID.replace(/^05/, '15'))).toEqual({ kind: 'prefix' })
})

test('a link to something else is refused as a link', () => {
  for (const text of ['https://example.org/', `https://example.org/?id=${ID}`, 'https://example.org/#/chats']) {
    expect(problemOf(text)).toEqual({ kind: 'link' })
  }
})

test('whatever is pasted gives an answer', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 4000 }), (text) =>
      expect(readContactInput(text).kind).toMatch(/empty|account|wrong/),
    ),
  )
})
