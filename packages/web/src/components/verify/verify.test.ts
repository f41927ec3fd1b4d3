import { test } from 'node:test'
import type { ConversationId } from '@starling/client'
import { expect } from 'expect'
import { FakeClient } from '../../testing/fake-client.ts'
import { sampleAccountId } from '../../testing/sample-data.ts'
import { createVerify, digitGroups, verifyCode } from './verify.ts'

const idOf = (name: string) => sampleAccountId(name) as string as ConversationId
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('the number is shown in twelve groups of five', async () => {
  const verify = createVerify(new FakeClient(), idOf('Wendy'))
  expect(verify.snapshot.number).toBeUndefined()
  await settled()
  const groups = digitGroups(verify.snapshot.number ?? '')
  expect(groups).toHaveLength(12)
  expect(groups.join('')).toBe(verify.snapshot.number)
})

test('a scanned code is the same, another one, or no safety number at all', async () => {
  const verify = createVerify(new FakeClient(), idOf('Wendy'))
  await settled()
  const number = verify.snapshot.number ?? ''
  verify.scan(verifyCode(number))
  expect(verify.snapshot.scanned).toBe('same')
  verify.scan(verifyCode(`${number.slice(0, -1)}${(Number(number.at(-1)) + 1) % 10}`))
  expect(verify.snapshot.scanned).toBe('different')
  for (const text of ['', number, 'starling:05', verifyCode(number.slice(1)), `${verifyCode(number)}0`]) {
    verify.scan(text)
    expect({ text, scanned: verify.snapshot.scanned }).toEqual({ text, scanned: 'other' })
  }
})

test('a number that cannot be computed can be asked for again', async () => {
  const verify = createVerify(new FakeClient({ failing: { safetyNumber: 'no_account' } }), idOf('Wendy'))
  await settled()
  expect(verify.snapshot).toMatchObject({ number: undefined, failed: true })
  verify.scan('starling-verify:')
  expect(verify.snapshot.scanned).toBeUndefined()
})
