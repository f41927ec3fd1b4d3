import { test } from 'node:test'
import type { Millis, UnixMillis } from '@starling/client'
import { expect } from 'expect'
import { sampleNow } from '../../testing/sample-data.ts'
import { sampleNetwork } from '../../testing/sample-network.ts'
import { connectionLight, connectionNotices } from './connection-text.ts'

test('a connected network has nothing to say', () => {
  expect(connectionNotices(sampleNetwork.connected(sampleNow), sampleNow)).toEqual([])
  expect(connectionLight(sampleNetwork.connected(sampleNow))).toEqual({ tone: 'ok', label: 'Connected' })
  expect(connectionNotices(sampleNetwork.connecting(), sampleNow)).toEqual([])
})

test('offline says why, when contact was last, and what happens to messages', () => {
  const offline = sampleNetwork.offline('no_node_reachable', (sampleNow - 300_000) as UnixMillis)
  const [notice] = connectionNotices(offline, sampleNow)
  expect(notice?.title).toBe('Offline. No node of the network answers.')
  expect(notice?.text).toContain('Last contact 5 minutes ago.')
  expect(notice?.text).toContain('waits here')
  expect(connectionNotices(sampleNetwork.offline('no_network'), sampleNow)[0]?.text).toContain('No contact yet')
})

test('a clock that is off is said with its direction', () => {
  const notice = (skew: number) =>
    connectionNotices(sampleNetwork.skewed(sampleNow, skew as Millis), sampleNow)[0]?.title
  expect(notice(3_600_000)).toBe('Your clock is 60 minutes ahead')
  expect(notice(-20_000)).toBe('Your clock is 20 seconds behind')
})
