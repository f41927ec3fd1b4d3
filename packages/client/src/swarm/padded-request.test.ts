import { test } from 'node:test'
import { fromUtf8, parseJsonObject, parseRpcRequest } from '@starling/protocol'
import { expect } from 'expect'
import fc from 'fast-check'
import { padRequest } from './padded-request.ts'

test('every request has a size of whole kilobytes, the least that fits, and says what it said', () => {
  const property = fc.property(
    fc.dictionary(fc.stringMatching(/^[a-o]{1,8}$/), fc.string({ maxLength: 900 })),
    (params) => {
      const padded = padRequest({ method: 'info', params })
      const bare = JSON.stringify({ method: 'info', params })
      expect(padded.length % 1024).toBe(0)
      expect(padded.length - new TextEncoder().encode(bare).length).toBeLessThan(1024 + 20)
      const { padding: _, ...rest } = parseJsonObject(padded)!['params'] as Record<string, unknown>
      expect(rest).toEqual({ ...params })
    },
  )
  fc.assert(property)
})

test('nodes ignore the padding', () => {
  expect(parseRpcRequest(fromUtf8(padRequest({ method: 'info', params: {} })))).toMatchObject({ kind: 'call' })
})
