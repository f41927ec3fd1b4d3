/**
 * What is counted in a node, by name: docs/operating.md lists it. Labels are surfaces, methods and kinds of ours; nothing
 * names an account, an address or a node.
 */
import { FrameKind, METHODS } from '@starling/protocol'
import type { NodeObserver } from './observer.ts'
import { type Counter, type Histogram, MetricsRegistry } from './registry.ts'

/** Where a request came in: HTTP(S), a client's link, another node's link. */
export type Surface = 'http' | 'link' | 'peer'

/** Seconds; most of it is the fsync. */
const GROUP_BOUNDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5]
const SIZE_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
const FRAME_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(FrameKind).map(([name, kind]) => [kind, name]))

export class NodeMetrics implements NodeObserver {
  readonly registry = new MetricsRegistry()
  readonly #requests = new Map<string, Counter[]>()
  readonly #durations = new Map<string, Histogram>()
  readonly #rpcs = new Map<string, { readonly duration: Histogram; readonly statuses: Counter[] }>()
  readonly #groupDuration = this.registry.histogram(
    'starling_store_group_seconds',
    'Time of one transaction with its fsync.',
    {},
    GROUP_BOUNDS,
  )
  readonly #groupSize = this.registry.histogram(
    'starling_store_group_writes',
    'Writes that shared one transaction and fsync.',
    {},
    SIZE_BOUNDS,
  )
  #answered = 0
  #failed = 0

  /** Requests of all surfaces, and those among them that were answered with a status from 500 on. */
  get totals(): { readonly requests: number; readonly errors: number } {
    return { requests: this.#answered, errors: this.#failed }
  }

  /** `status` 0: the answer was never given. */
  request(surface: Surface, kind: string, status: number, milliseconds: number): void {
    this.#answered++
    if (status >= 500 || status === 0) this.#failed++
    const key = `${surface} ${kind}`
    let counters = this.#requests.get(key)
    if (!counters) {
      counters = []
      this.#requests.set(key, counters)
    }
    const at = Math.floor(status / 100)
    counters[at] ??= this.registry.counter('starling_requests_total', 'Requests answered, by surface, kind, status.', {
      surface,
      kind,
      status: statusClass(at),
    })
    counters[at].add()
    let duration = this.#durations.get(key)
    if (!duration) {
      duration = this.registry.histogram(
        'starling_request_seconds',
        'Time from a request to its answer; held retrievals count with the time that they were held.',
        { surface, kind },
      )
      this.#durations.set(key, duration)
    }
    duration.observe(milliseconds / 1000)
  }

  /** A request over a link; kinds that we do not know are one. */
  frame(surface: 'link' | 'peer', kind: number, status: number, milliseconds: number): void {
    this.request(surface, FRAME_NAMES.get(kind) ?? 'unknown', status, milliseconds)
  }

  rpc(method: string, status: number, milliseconds: number): void {
    const name = Object.hasOwn(METHODS, method) ? method : 'unknown'
    let rpc = this.#rpcs.get(name)
    if (!rpc) {
      const duration = this.registry.histogram(
        'starling_rpc_seconds',
        'Time of a storage method, without the time that a retrieval was held.',
        { method: name },
      )
      rpc = { duration, statuses: [] }
      this.#rpcs.set(name, rpc)
    }
    const at = Math.floor(status / 100)
    rpc.statuses[at] ??= this.registry.counter(
      'starling_rpc_total',
      'Storage methods answered, by method and status.',
      {
        method: name,
        status: statusClass(at),
      },
    )
    rpc.statuses[at].add()
    rpc.duration.observe(milliseconds / 1000)
  }

  group(writes: number, milliseconds: number): void {
    this.#groupDuration.observe(milliseconds / 1000)
    this.#groupSize.observe(writes)
  }
}

function statusClass(hundreds: number): string {
  return hundreds === 0 ? 'none' : `${hundreds}xx`
}
