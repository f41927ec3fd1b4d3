import { test } from 'node:test'
import { expect } from 'expect'
import { groupId } from './group-id.ts'

test('an ID is shown in groups of four, the rest at the end', () => {
  expect(groupId('05a17c3d9')).toBe('05a1 7c3d 9')
  expect(groupId('')).toBe('')
})
