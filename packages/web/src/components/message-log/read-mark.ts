import type { MessageId } from '@starling/client'
import type { LogItem } from './log-items.ts'

/** Down to where somebody has read: told once for each step down, never back up. */
export type ReadMark = {
  /** `bottom`: index of the lowest row in view. */
  seen(rows: readonly LogItem[], bottom: number): void
}

export function createReadMark(onread: (upTo: MessageId) => void): ReadMark {
  let last: MessageId | undefined
  const placeOf = (rows: readonly LogItem[], key: string) => rows.findIndex((row) => row.key === key)
  return {
    seen(rows, bottom) {
      const lowest = rows.slice(0, bottom + 1).findLast((row) => row.kind === 'message')
      if (lowest === undefined || lowest.key === last) return
      if (last !== undefined && placeOf(rows, lowest.key) < placeOf(rows, last)) return
      last = lowest.key
      onread(last)
    },
  }
}
