import { test } from 'node:test'
import { expect } from 'expect'
import { labels } from './labels.ts'

test('every label is versioned and none is a prefix of another', () => {
  const all: string[] = Object.values(labels)
  for (const label of all) expect(label).toMatch(/^starling\/[a-z-]+(\/[a-z-]+)*\/v[0-9]+$/)
  for (const [i, label] of all.entries()) {
    for (const [k, other] of all.entries()) if (i !== k) expect(other.startsWith(label)).toBe(false)
  }
})
