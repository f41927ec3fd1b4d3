/** The surfaces and the storage of a node, with every request counted and timed. */
import type { Clock, LinkReply } from '@starling/runtime'
import type { NodeSurfaces, PublicAnswer } from '../ports.ts'
import type { RpcRouterOptions } from '../rpc/rpc-router.ts'
import type { NodeMetrics } from './node-metrics.ts'
import type { NodeObserver } from './observer.ts'

type Storage = RpcRouterOptions['storage']

export function measured(surfaces: NodeSurfaces, metrics: NodeMetrics, clock: Clock): NodeSurfaces {
  const time = async <Answer extends PublicAnswer | LinkReply>(
    work: () => Promise<Answer>,
    count: (status: number, milliseconds: number) => void,
  ): Promise<Answer> => {
    const started = clock.monotonic()
    let status = 0
    try {
      const answer = await work()
      status = answer.status
      return answer
    } finally {
      count(status, clock.monotonic() - started)
    }
  }
  return {
    answer: (request, signal) =>
      time(
        () => surfaces.answer(request, signal),
        (status, milliseconds) => metrics.request('http', request.kind, status, milliseconds),
      ),
    answerLink: (kind, payload, signal, peer) =>
      time(
        () => surfaces.answerLink(kind, payload, signal, peer),
        (status, milliseconds) => metrics.frame('link', kind, status, milliseconds),
      ),
    answerPeer: (from, kind, payload, signal) =>
      time(
        () => surfaces.answerPeer(from, kind, payload, signal),
        (status, milliseconds) => metrics.frame('peer', kind, status, milliseconds),
      ),
  }
}

/** A storage whose answers `observer` hears of. */
export function observed(storage: Storage, observer: NodeObserver, clock: Clock): Storage {
  return {
    get state() {
      return storage.state
    },
    async answer(call, context) {
      const started = clock.monotonic()
      let status = 0
      try {
        const answer = await storage.answer(call, context)
        status = answer.status
        return answer
      } finally {
        observer.rpc(call.method, status, clock.monotonic() - started)
      }
    },
  }
}
