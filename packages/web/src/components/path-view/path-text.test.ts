import { test } from 'node:test'
import type { UnixMillis } from '@starling/client'
import { expect } from 'expect'
import { sampleNow } from '../../testing/sample-data.ts'
import { sampleNetwork } from '../../testing/sample-network.ts'
import { connectionText, pathDots } from './path-text.ts'

test('the way leads from this device over guard, relay and last hop to every swarm member', () => {
  const dots = pathDots(sampleNetwork.connected(sampleNow), sampleNow)
  expect(dots.slice(0, 4).map((dot) => dot.role)).toEqual(['you', 'guard', 'relay', 'lastHop'])
  expect(dots.slice(4).map((dot) => dot.answering)).toEqual([true, true, true, true, true, false, true])
})

test('a hop says who runs it and since when it is used', () => {
  const guard = pathDots(sampleNetwork.connected(sampleNow), sampleNow).find((dot) => dot.role === 'guard')
  expect(guard?.facts[0]).toBe('Run by larch, since Wednesday 11 November')
})

test('without a path there is this device alone', () => {
  expect(pathDots(sampleNetwork.connecting(), sampleNow).map((dot) => dot.role)).toEqual(['you'])
})

test('while there is no connection nobody is said to answer', () => {
  const members = pathDots(
    { ...sampleNetwork.connected(sampleNow), connection: { kind: 'connecting' } },
    sampleNow,
  ).filter((dot) => dot.role === 'member')
  expect(members).toHaveLength(7)
  for (const { answering, facts } of members)
    expect([answering, facts.join()]).toEqual([false, expect.not.stringMatching(/answer/)])
})

test('being offline gives its reason and the last contact in words', () => {
  const contact = (sampleNow - 60_000) as UnixMillis
  const { connection } = sampleNetwork.offline('no_network', contact)
  expect(connectionText(connection, sampleNow).reason).toMatch(
    /^This device has no network\. Last contact \d\d:\d\d\.$/,
  )
  const never = sampleNetwork.offline('directory_stale').connection
  expect(connectionText(never, sampleNow).reason).toMatch(/out of date.*No contact yet/)
})
