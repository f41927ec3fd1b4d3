/** How much each retrieve of a batch may answer, so that all of them together fit one answer. docs/protocol/storage-rpc.md §8. */
import { LIMITS, messageCost, type RpcCall, retrieveBudget } from '@starling/protocol'

/** A retrieve answers at least one message, whatever its budget. */
const LARGEST_MESSAGE = messageCost(LIMITS.messageBytes)

/** Whether nothing has to be shared: everybody may take all that was asked for. */
export function fitTogether(calls: readonly RpcCall[]): boolean {
  const asked = calls.map((call) =>
    call.method === 'retrieve' ? Math.max(retrieveBudget(call.params), LARGEST_MESSAGE) : 0,
  )
  return asked.reduce((sum, size) => sum + size, 0) <= LIMITS.retrieveBytes
}

/** One answer's budget, given to its retrieves one after the other: each leaves room for one message of those that follow. */
export class BatchBudget {
  #left: number = LIMITS.retrieveBytes
  #waiting: number

  constructor(calls: readonly RpcCall[]) {
    this.#waiting = calls.filter(({ method }) => method === 'retrieve').length
  }

  /** Of the next retrieve. */
  next(): number {
    this.#waiting--
    return this.#left - this.#waiting * LARGEST_MESSAGE
  }

  spend(cost: number): void {
    this.#left -= cost
  }
}
