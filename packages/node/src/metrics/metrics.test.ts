import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { FrameKind, millis } from '@starling/protocol'
import { silentLogger } from '@starling/runtime'
import { VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import type { LinkPeer, NodeSurfaces } from '../ports.ts'
import type { RpcRouterOptions } from '../rpc/rpc-router.ts'
import { openSqliteStore } from '../store-sqlite/sqlite-store.ts'
import { measured, observed } from './measured.ts'
import { NodeMetrics } from './node-metrics.ts'
import { MetricsRegistry } from './registry.ts'

test('what was counted is exposed in the form that Prometheus reads', () => {
  const registry = new MetricsRegistry()
  registry.counter('c_total', 'Counted.', { kind: 'a' }).add()
  registry.counter('c_total', 'Counted.', { kind: 'a' }).add(2)
  registry.counter('c_total', 'Counted.', { kind: 'say "\\"\n' }).add()
  registry.gauge('g', 'Now.').set(1.5)
  registry.gauge('nothing', 'Not known.')
  const histogram = registry.histogram('h_seconds', 'Times.', { x: 'y' }, [0.1, 1])
  for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(value)
  expect(registry.expose()).toBe(
    `# HELP c_total Counted.
# TYPE c_total counter
c_total{kind="a"} 3
c_total{kind="say \\"\\\\\\"\\n"} 1
# HELP g Now.
# TYPE g gauge
g 1.5
# HELP h_seconds Times.
# TYPE h_seconds histogram
h_seconds_bucket{x="y",le="0.1"} 2
h_seconds_bucket{x="y",le="1"} 3
h_seconds_bucket{x="y",le="+Inf"} 4
h_seconds_sum{x="y"} 7.65
h_seconds_count{x="y"} 4
`,
  )
})

test('requests of every surface are counted with their time, also those that fail', async () => {
  const clock = new VirtualClock()
  const metrics = new NodeMetrics()
  const peers: unknown[] = []
  const link = { push: () => true, ended: new AbortController().signal } as unknown as LinkPeer
  const surfaces: NodeSurfaces = {
    answer: async () => {
      await clock.sleep(millis(20), { signal: new AbortController().signal })
      return { status: 200, contentType: 'text/plain', body: new Uint8Array() }
    },
    answerLink: async (...[, , , peer]) => {
      peers.push(peer)
      return { status: 503, body: new Uint8Array() }
    },
    answerPeer: async () => {
      throw new Error('a bug')
    },
  }
  const counted = measured(surfaces, metrics, clock)
  const { signal } = new AbortController()
  const answer = counted.answer({ kind: 'health' }, signal)
  await clock.advance(millis(20))
  await answer
  await counted.answerLink(FrameKind.onion, new Uint8Array(), signal, link)
  await counted.answerLink(250, new Uint8Array(), signal)
  await expect(counted.answerPeer('00' as never, FrameKind.relay, new Uint8Array(), signal)).rejects.toThrow('a bug')
  expect(peers).toEqual([link, undefined])
  const text = metrics.registry.expose()
  expect(text).toContain('starling_requests_total{surface="http",kind="health",status="2xx"} 1\n')
  expect(text).toContain('starling_requests_total{surface="link",kind="onion",status="5xx"} 1\n')
  expect(text).toContain('starling_requests_total{surface="link",kind="unknown",status="5xx"} 1\n')
  expect(text).toContain('starling_requests_total{surface="peer",kind="relay",status="none"} 1\n')
  expect(text).toContain('starling_request_seconds_bucket{surface="http",kind="health",le="0.01"} 0\n')
  expect(text).toContain('starling_request_seconds_bucket{surface="http",kind="health",le="0.025"} 1\n')
  expect(metrics.totals).toEqual({ requests: 4, errors: 3 })
})

test('a method that somebody invents makes no series of its own', () => {
  const metrics = new NodeMetrics()
  for (const method of ['store', 'toString', 'x'.repeat(100), '05'.padEnd(66, 'a')]) metrics.rpc(method, 200, 1)
  const text = metrics.registry.expose()
  expect(text).toContain('starling_rpc_total{method="store",status="2xx"} 1\n')
  expect(text).toContain('starling_rpc_total{method="unknown",status="2xx"} 3\n')
  expect(text).not.toMatch(/toString|xxx|05aa/)
})

test('a store tells of each transaction, and storage of each method', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'starling-metrics-'))
  const metrics = new NodeMetrics()
  const tuning = { maxBytes: 0, maxOwnerBytes: 0, maxOwnerMessages: 0, groupDelay: millis(0) }
  const store = await openSqliteStore({
    path: join(folder, 'm.sqlite'),
    logger: silentLogger,
    tuning,
    observer: metrics,
  })
  await Promise.all([store.setValue('a', new Uint8Array(1)), store.setValue('b', new Uint8Array(1))])
  await store[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
  expect(metrics.registry.expose()).toContain('starling_store_group_writes_sum 2\n')
  const storage = {
    state: {},
    answer: async () => ({ status: 421, body: '' }),
  } as unknown as RpcRouterOptions['storage']
  const call = { method: 'store', params: {} } as never
  await observed(storage, metrics, new VirtualClock()).answer(call, {} as never)
  expect(metrics.registry.expose()).toContain('starling_rpc_total{method="store",status="4xx"} 1\n')
})
