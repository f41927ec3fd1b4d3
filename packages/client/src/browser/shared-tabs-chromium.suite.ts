/** Runs in Chromium, with real documents beside this one. */
import './shared-tabs.suite.ts'
import { test } from 'node:test'
import { expect } from 'expect'
import { untilValue } from '../until-value.ts'
import { SharedTabs } from './shared-tabs.ts'

test('a document that is torn down while it leads leaves the lead to this one', async () => {
  const frame = document.createElement('iframe')
  frame.src = '/other'
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }))
  document.body.append(frame)
  await loaded
  const held = Promise.withResolvers<void>()
  void frame.contentWindow!.navigator.locks.request('torn', () => {
    held.resolve()
    return new Promise(() => {})
  })
  await held.promise
  const service = { serve: () => undefined, gone: () => undefined, [Symbol.asyncDispose]: async () => undefined }
  await using tabs = SharedTabs.start({ name: 'torn', lead: () => service })
  const { signal } = new AbortController()
  await untilValue(tabs.role, (role) => (role === 'following' ? role : undefined), signal)
  expect(tabs.port.snapshot).toBeUndefined()
  frame.remove()
  await untilValue(tabs.role, (role) => (role === 'leading' ? role : undefined), signal)
})
