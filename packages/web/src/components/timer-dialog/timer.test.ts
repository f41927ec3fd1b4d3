import { test } from 'node:test'
import { expect } from 'expect'
import { expirationOf, expirationText, timerModes, timerSeconds } from './timer.ts'

const DAY = 86_400

test('times are offered for each mode, and the one that another client chose', () => {
  expect(timerSeconds('afterSend', undefined)).toEqual([DAY / 2, DAY, 7 * DAY, 14 * DAY])
  expect(timerSeconds('afterSend', { mode: 'afterSend', seconds: 30 })).toEqual([30, DAY / 2, DAY, 7 * DAY, 14 * DAY])
  expect(timerSeconds('afterRead', { mode: 'afterSend', seconds: 30 })[0]).toBe(300)
})

test('a note cannot disappear after reading', () => {
  expect(timerModes(true)).toEqual(['never', 'afterSend'])
  expect(timerModes(false)).toEqual(['never', 'afterRead', 'afterSend'])
})

test('a time that a mode does not offer becomes its usual one', () => {
  expect(expirationOf('never', 300, undefined)).toBeUndefined()
  expect(expirationOf('afterRead', 300, undefined)).toEqual({ mode: 'afterRead', seconds: 300 })
  expect(expirationOf('afterSend', 300, undefined)).toEqual({ mode: 'afterSend', seconds: DAY })
})

test('the setting is a sentence', () => {
  expect(expirationText(undefined)).toBeUndefined()
  expect(expirationText({ mode: 'afterRead', seconds: 300 })).toBe('Yours disappear 5 minutes after reading')
})
