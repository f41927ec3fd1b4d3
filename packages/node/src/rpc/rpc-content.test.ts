import { test } from 'node:test'
import { decodeBencode } from '@starling/protocol'
import { expect } from 'expect'
import { encodeContent, joinContents, type RpcContent, wrapContent } from './rpc-content.ts'

const large = (size: number): RpcContent => ({ status: 200, body: { text: 'x'.repeat(size) } })
const small: RpcContent = { status: 200, body: { a: 1, b: true } }
const text: RpcContent = { status: 406, body: 'late' }
const bytes: RpcContent = { status: 200, body: Uint8Array.of(1, 2, 3) }
const LARGE = { status: 500, contentType: 'text/plain', body: 'answer too large' }

test('an object becomes JSON or a bt dict, text stays text, bytes stay bytes', () => {
  expect(encodeContent(small, 'json')).toEqual({
    status: 200,
    contentType: 'application/json',
    body: '{"a":1,"b":true}',
  })
  const { contentType, body } = encodeContent(small, 'bt')
  expect(contentType).toBe('application/octet-stream')
  expect(decodeBencode(body as Uint8Array)).toEqual(
    new Map([
      ['a', 1],
      ['b', 1],
    ]),
  )
  for (const encoding of ['json', 'bt'] as const) {
    expect(encodeContent(text, encoding)).toEqual({ status: 406, contentType: 'text/plain', body: 'late' })
    expect(encodeContent(bytes, encoding)).toMatchObject({ contentType: 'application/octet-stream', body: bytes.body })
  }
})

test('answers stand in an answer with their codes, text as text and bytes as base64', () => {
  const { body } = encodeContent(joinContents([small, text, bytes], 'json'), 'json')
  expect(JSON.parse(body as string)).toEqual({
    results: [
      { code: 200, body: { a: 1, b: true } },
      { code: 406, body: 'late' },
      { code: 200, body: 'AQID' },
    ],
  })
  const inBt = encodeContent(joinContents([text, bytes], 'bt'), 'bt').body as Uint8Array
  expect(Buffer.from(inBt).toString('latin1')).toBe(
    'd7:resultsld4:body4:late4:codei406eed4:body3:\u0001\u0002\u00034:codei200eeee',
  )
})

test('an answer in an answer in an answer is written once', () => {
  const inner = joinContents([small], 'json')
  const { body } = encodeContent(wrapContent({ condition: true }, inner, 'json'), 'json')
  expect(JSON.parse(body as string)).toEqual({
    condition: true,
    result: { code: 200, body: { results: [{ code: 200, body: { a: 1, b: true } }] } },
  })
  expect(encodeContent(wrapContent({ condition: false }, undefined, 'json'), 'json').body).toBe('{"condition":false}')
})

test('of answers that do not fit together, those that are too much say so and the others stay', () => {
  for (const encoding of ['json', 'bt'] as const) {
    const joined = joinContents([large(5_000_000), large(5_000_000), small, large(2_000_000)], encoding)
    const { body } = encodeContent(joined, encoding)
    expect(body.length).toBeLessThan(7_860_000)
    const codes = String(typeof body === 'string' ? body : Buffer.from(body).toString('latin1'))
    const pattern = encoding === 'json' ? /"code":(\d+)/g : /4:codei(\d+)e/g
    expect([...codes.matchAll(pattern)].map(([, code]) => code)).toEqual(['200', '500', '200', '200'])
  }
})

test('a single answer that no transport takes is one that says so', () => {
  expect(encodeContent(large(7_900_000), 'json')).toEqual(LARGE)
  expect(encodeContent(large(7_900_000), 'bt')).toEqual(LARGE)
  expect(encodeContent(large(7_800_000), 'json').status).toBe(200)
  // Quotes count twice: in an onion request the answer stands in a string.
  const quotes: RpcContent = { status: 200, body: { list: Array(1_400_000).fill('ab') } }
  expect(encodeContent(quotes, 'json')).toEqual(LARGE)
})
