import { test } from 'node:test'
import { minutes, type NodeId, seconds } from '@starling/protocol'
import { VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { NodeHealth } from './node-health.ts'

const node = 'a'.repeat(64) as NodeId

test('a node that a typed error names is suspect for a while, longer each time, and forgiven when it answers', async () => {
  const clock = new VirtualClock()
  const health = new NodeHealth(clock)
  expect([health.isSuspect(node), health.isAnswering(node)]).toEqual([false, true])
  health.failed(node, 1)
  expect([health.isSuspect(node), health.isAnswering(node)]).toEqual([true, false])
  await clock.advance(seconds(30))
  expect(health.isSuspect(node)).toBe(false)
  health.failed(node, 1)
  await clock.advance(seconds(55))
  expect(health.isSuspect(node)).toBe(true)
  for (let i = 0; i < 20; i++) health.failed(node, 1)
  await clock.advance(minutes(10))
  expect(health.isSuspect(node)).toBe(false)
  health.failed(node, 1)
  health.succeeded(node)
  expect([health.isSuspect(node), health.isAnswering(node)]).toEqual([false, true])
})

test('one of several that may have failed is suspect when it is among them three times', () => {
  const health = new NodeHealth(new VirtualClock())
  for (const expected of [false, false, true]) {
    health.failed(node, 0.34)
    expect(health.isSuspect(node)).toBe(expected)
  }
})

test('old failures count less and less', async () => {
  const clock = new VirtualClock()
  const health = new NodeHealth(clock)
  for (let i = 0; i < 2; i++) health.failed(node, 0.34)
  await clock.advance(minutes(40))
  health.failed(node, 0.34)
  expect(health.isSuspect(node)).toBe(false)
  for (let i = 0; i < 3; i++) health.failed(node, 0.34)
  expect(health.isSuspect(node)).toBe(true)
})

test('a lesser failure does not shorten the time that a node is suspect', async () => {
  const clock = new VirtualClock()
  const health = new NodeHealth(clock)
  for (let i = 0; i < 4; i++) health.failed(node, 1)
  await clock.advance(minutes(2))
  health.failed(node, 0.01)
  await clock.advance(minutes(1))
  expect(health.isSuspect(node)).toBe(true)
})
