import { test } from 'node:test'
import { expect } from 'expect'
import { forwardedAddress, isLoopback } from './forwarded-address.ts'

test('only the last address counts, which the proxy next to us has written', () => {
  expect(forwardedAddress('192.0.2.1')).toBe('192.0.2.1')
  expect(forwardedAddress('10.0.0.1, 192.0.2.1')).toBe('192.0.2.1')
  expect(forwardedAddress(['10.0.0.1', 'x, 2001:db8::1 '])).toBe('2001:db8::1')
  for (const nothing of [undefined, '', ',', '192.0.2.1,', 'unknown', '192.0.2.1:80', '192.0.2.1, evil']) {
    expect(forwardedAddress(nothing)).toBeUndefined()
  }
})

test('loopback is recognised in every form that a socket gives', () => {
  expect(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'].every(isLoopback)).toBe(true)
  expect(['128.0.0.1', '::2', '::ffff:128.0.0.1', undefined].some(isLoopback)).toBe(false)
})
