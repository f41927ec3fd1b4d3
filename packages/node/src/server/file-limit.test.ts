import { test } from 'node:test'
import { expect } from 'expect'
import { withinFiles } from './file-limit.ts'
import { DEFAULT_LIMITS } from './limits.ts'

test('connections and links keep to three quarters of the files, and to what is configured', () => {
  expect(withinFiles(DEFAULT_LIMITS, 65_536)).toEqual(DEFAULT_LIMITS)
  expect(withinFiles(DEFAULT_LIMITS, Number.POSITIVE_INFINITY)).toEqual(DEFAULT_LIMITS)
  expect(withinFiles(DEFAULT_LIMITS, 13_334)).toEqual(DEFAULT_LIMITS)
  expect(withinFiles(DEFAULT_LIMITS, 8_000)).toEqual({ ...DEFAULT_LIMITS, connections: 6_000 })
  expect(withinFiles(DEFAULT_LIMITS, 1_024)).toEqual({ ...DEFAULT_LIMITS, connections: 768, links: 768 })
  expect(withinFiles(DEFAULT_LIMITS, 0)).toMatchObject({ connections: 1 })
})
