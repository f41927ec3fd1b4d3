import type { ConversationId, MessageId } from '@starling/client'

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
