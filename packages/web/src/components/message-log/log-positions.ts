import type { ConversationId, MessageId } from '@starling/client'
import type { LogItem } from './log-items.ts'
import type { LogGoal, LogScroller } from './log-scroller.ts'

/** Where the reader was: the message at the top edge, and how far it was above that edge, in pixels. */
export type LogPosition = { readonly anchor: MessageId; readonly offset: number }

/** In memory only: what somebody read when is nobody's business after the tab is closed. */
export type LogPositions = {
  get(conversation: ConversationId): LogPosition | undefined
  /** `undefined`: the reader was at the end. */
  set(conversation: ConversationId, position: LogPosition | undefined): void
}

export function createLogPositions(): LogPositions {
  const positions = new Map<ConversationId, LogPosition>()
  return {
    get: (conversation) => positions.get(conversation),
    set(conversation, position) {
      if (position === undefined) positions.delete(conversation)
      else positions.set(conversation, position)
    },
  }
}

/** The divider does not stick to the very top: what was read last stays in view above it. Pixels. */
const ABOVE_DIVIDER = 72

/** Where to begin: the first unread message, else where the reader was, else the end. */
export function startOf(rows: readonly LogItem[], position: LogPosition | undefined): LogGoal {
  if (rows.some(({ kind }) => kind === 'new')) return { kind: 'row', key: 'new', at: ABOVE_DIVIDER }
  const anchor = rows.find(({ key }) => key === position?.anchor)
  if (anchor === undefined || position === undefined) return { kind: 'end' }
  return { kind: 'row', key: anchor.key, at: -position.offset }
}

/** Where the reader is now. */
export function positionIn(
  rows: readonly LogItem[],
  scroller: Pick<LogScroller, 'view' | 'aboveView'>,
): LogPosition | undefined {
  const { start } = scroller.view()
  const index = rows.findIndex(({ kind }, at) => at >= start && kind === 'message')
  const row = rows[index]
  return row?.kind === 'message' ? { anchor: row.key, offset: scroller.aboveView(index) } : undefined
}
