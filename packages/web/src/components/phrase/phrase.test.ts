import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { FakeClient, type FakeClientOptions, fakePhrase } from '../../testing/fake-client.ts'
import { createPhrase } from './phrase.ts'

const words = fakePhrase.split(' ')

function setUp(options: FakeClientOptions = {}, random = () => 0.5) {
  const client = new FakeClient({ phraseConfirmed: false, ...options })
  return { client, model: createPhrase({ client, random }) }
}

test('the phrase is shown, two of its words confirm it, and it is forgotten', async () => {
  const { client, model } = setUp()
  await model.open()
  expect(model.snapshot).toEqual({ kind: 'shown', words, confirmed: false })
  model.next()
  if (model.snapshot.kind !== 'confirming') throw new Error('not confirming')
  const [first, second] = model.snapshot.positions
  await model.confirm([words[second]!, words[first]!])
  expect(model.snapshot).toMatchObject({ kind: 'confirming', wrong: true, busy: false })
  await model.confirm([` ${words[first]?.toUpperCase()} `, words[second]!])
  expect(model.snapshot).toEqual({ kind: 'closed' })
  expect(client.session.snapshot).toMatchObject({ account: { phraseConfirmed: true } })
})

test('the two words that are asked for are different, in order and never the checksum', () => {
  const property = fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (value) => {
    const { model } = setUp({}, () => value)
    model.next()
    const view = model.snapshot
    if (view.kind !== 'confirming') throw new Error('not confirming')
    const [first, second] = view.positions
    expect(first).toBeLessThan(second)
    expect(first).toBeGreaterThanOrEqual(0)
    expect(second).toBeLessThan(12)
  })
  fc.assert(property)
})

test('a phrase that cannot be shown is a state, and closing while it loads shows nothing', async () => {
  const failing = setUp({ failing: { revealPhrase: 'store_unavailable' } })
  await failing.model.open()
  expect(failing.model.snapshot).toEqual({ kind: 'failed' })

  const { model } = setUp()
  const opening = model.open()
  model.close()
  await opening
  expect(model.snapshot).toEqual({ kind: 'closed' })
})
