import { test } from 'node:test'
import { expect } from 'expect'
import { FakeClient } from '../../testing/fake-client.ts'
import { sampleAccountId } from '../../testing/sample-data.ts'
import { createAddContact } from './add-contact.ts'

const OWN = sampleAccountId('You')
const ZOE = sampleAccountId('Zoe')

test('a pasted ID is found at once, and submitting opens its conversation', async () => {
  const client = new FakeClient()
  const model = createAddContact({ client, own: OWN })
  model.type(ZOE)
  expect(model.snapshot.state).toEqual({ kind: 'found', accountId: ZOE })
  expect(await model.submit()).toBe(ZOE)
  expect(client.conversations.snapshot.some(({ id }) => id === (ZOE as string))).toBe(true)
})

test('while somebody types nothing is called wrong; afterwards it is', () => {
  const model = createAddContact({ client: new FakeClient(), own: OWN })
  for (const text of ['0', '05', '05a']) model.type(text)
  expect(model.snapshot.state).toEqual({ kind: 'typing' })
  model.check()
  expect(model.snapshot.state).toEqual({ kind: 'wrong', problem: { kind: 'length', length: 3 } })
})

test('a wrong ID does not open anything', async () => {
  const client = new FakeClient()
  const before = client.conversations.snapshot
  const model = createAddContact({ client, own: OWN })
  model.type(`${ZOE}00`)
  expect(await model.submit()).toBeUndefined()
  expect(client.conversations.snapshot).toBe(before)
})

test('the own account is recognised and leads to Note to Self', async () => {
  const model = createAddContact({ client: new FakeClient(), own: OWN, initial: `starling:${OWN}` })
  expect(model.snapshot.state).toEqual({ kind: 'own', accountId: OWN })
  expect(await model.submit()).toBe(OWN)
})

test('a scan of something else is said and leaves the field alone', () => {
  const model = createAddContact({ client: new FakeClient(), own: OWN })
  model.type(ZOE)
  model.scanned('https://example.org/menu')
  expect(model.snapshot).toMatchObject({ text: ZOE, scanNote: 'scannedOther' })
  model.scanned(`starling:${OWN}`)
  expect(model.snapshot).toMatchObject({ state: { kind: 'own' }, scanNote: undefined })
})

test('a failure is said, and trying again is possible', async () => {
  const failing = new FakeClient({ failing: { startConversation: 'store_unavailable' } })
  const model = createAddContact({ client: failing, own: OWN, initial: ZOE })
  expect(await model.submit()).toBeUndefined()
  expect(model.snapshot).toMatchObject({ failed: true, busy: false, text: ZOE })
})
