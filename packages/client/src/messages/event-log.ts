/** What this and other devices did, for finding faults: kinds and counts, nobody's name. */
import { MutableObservable, type Observable } from '@starling/runtime'
import type { EventSource, LoggedEvent } from '../api.ts'
import type { NetworkTime } from '../network-time.ts'

const MAX_EVENTS = 500

export class EventLog {
  readonly #time: Pick<NetworkTime, 'now'>
  readonly #list: MutableObservable<readonly LoggedEvent[]>

  /** `list` is what is published: it outlives the account. */
  constructor(time: Pick<NetworkTime, 'now'>, list = new MutableObservable<readonly LoggedEvent[]>([])) {
    this.#time = time
    this.#list = list
  }

  get list(): Observable<readonly LoggedEvent[]> {
    return this.#list
  }

  /** `kind` is a constant. The same again only counts. */
  note(source: EventSource, kind: string, count = 1): void {
    if (count === 0) return
    this.#list.update((list) => {
      const last = list.at(-1)
      const at = this.#time.now()
      if (last?.source === source && last.kind === kind) {
        return list.with(-1, { at, source, kind, count: last.count + count })
      }
      return [...list.slice(-(MAX_EVENTS - 1)), { at, source, kind, count }]
    })
  }
}
