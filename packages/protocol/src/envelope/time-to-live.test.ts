import { test } from 'node:test'
import { expect } from 'expect'
import { days, minutes, seconds } from '../brand.ts'
import type { Expiration } from './message-content.ts'
import { isSynced, type MessageKind, timeToLive } from './time-to-live.ts'

const KINDS: MessageKind[] = [
  ...(['visible', 'reaction', 'timerChange', 'readReceipt', 'deliveryReceipt', 'typing', 'unsend'] as const),
  ...(['requestResponse', 'dataExtraction', 'call'] as const),
]
const afterSend: Expiration = { mode: 'afterSend', seconds: 3600 }
const afterRead: Expiration = { mode: 'afterRead', seconds: 3600 }
const kindsWith = (expiration: Expiration | undefined, copy: 'recipient' | 'self', ttl: number) =>
  KINDS.filter((kind) => timeToLive(kind, expiration, copy) === ttl)

test('messages wait for 14 days, calls for minutes and typing for seconds', () => {
  expect(timeToLive('typing', undefined, 'recipient')).toBe(seconds(20))
  expect(timeToLive('call', afterSend, 'self')).toBe(minutes(5))
  expect(kindsWith(undefined, 'recipient', days(14))).toHaveLength(KINDS.length - 2)
})

test('what disappears after sending lives for the timer, in both swarms', () => {
  const expiring = ['visible', 'reaction', 'timerChange', 'dataExtraction']
  expect(kindsWith(afterSend, 'recipient', 3_600_000)).toEqual(expiring)
  expect(kindsWith(afterSend, 'self', 3_600_000)).toEqual(expiring)
})

test('what disappears after reading waits for its reader; the own copy is read already', () => {
  expect(kindsWith(afterRead, 'recipient', 3_600_000)).toEqual([])
  expect(timeToLive('visible', afterRead, 'self')).toBe(3_600_000)
})

test('never asks for a life that nodes refuse', () => {
  expect(timeToLive('visible', { mode: 'afterSend', seconds: 1 }, 'recipient')).toBe(seconds(10))
  expect(timeToLive('visible', { mode: 'afterSend', seconds: 2 ** 32 - 1 }, 'self')).toBe(days(14))
})

test('our other devices get a copy of what was said and taken back, and of nothing else', () => {
  expect(KINDS.filter(isSynced)).toEqual(['visible', 'reaction', 'timerChange', 'unsend'])
})
