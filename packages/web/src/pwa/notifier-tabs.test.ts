import { test } from 'node:test'
import { expect } from 'expect'
import { NotifierTabs } from './notifier-tabs.ts'

/** What was asked of the locks has been granted. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5))
let scopes = 0
const newScope = () => `test-${++scopes}`
const tab = () => new NotifierTabs(navigator.locks)

test('of several tabs one tells, and when it goes the next one', async () => {
  const scope = newScope()
  const [first, second, third] = [tab(), tab(), tab()]
  const leave = [first, second, third].map((each) => each.join(scope))
  await settled()
  const tell = () => Promise.all([first, second, third].map((each) => each.shallTell('Bob')))
  expect(await tell()).toEqual([true, false, false])
  leave[1]?.()
  leave[0]?.()
  await settled()
  expect(await tell()).toEqual([false, false, true])
  leave[2]?.()
})

test('nobody tells of what is looked at in any tab, until they look away', async () => {
  const scope = newScope()
  const [first, second] = [tab(), tab()]
  const leave = [first, second].map((each) => each.join(scope))
  second.watch('Bob')
  await settled()
  expect(await first.shallTell('Bob')).toBe(false)
  expect(await first.shallTell('Carol')).toBe(true)
  first.watch('Bob')
  second.watch('Carol')
  await settled()
  expect(await first.shallTell('Bob')).toBe(false)
  expect(await first.shallTell('Carol')).toBe(false)
  first.watch(undefined)
  leave[1]?.()
  await settled()
  expect(await first.shallTell('Bob')).toBe(true)
  expect(await first.shallTell('Carol')).toBe(true)
  leave[0]?.()
})

test('tabs of other accounts have nothing to do with each other', async () => {
  const [first, second] = [tab(), tab()]
  const leave = [first.join(newScope()), second.join(newScope())]
  second.watch('Bob')
  await settled()
  expect(await first.shallTell('Bob')).toBe(true)
  expect(await second.shallTell('Carol')).toBe(true)
  for (const each of leave) each()
})

test('where there are no locks, each tab tells by itself', async () => {
  const alone = new NotifierTabs(undefined)
  const leave = alone.join(newScope())
  alone.watch('Bob')
  expect(await alone.shallTell('Carol')).toBe(true)
  leave()
})
