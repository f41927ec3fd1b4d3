import type { ConversationId, ConversationList } from '@starling/client'

/** The chat before (`-1`) or after (`1`) the open one, round the ends; with `unread`, the next one that has something unread. */
export function neighbourOf(
  chats: ConversationList,
  open: ConversationId | undefined,
  { by, unread }: { readonly by: 1 | -1; readonly unread: boolean },
): ConversationId | undefined {
  const count = chats.length
  const from = chats.findIndex(({ id }) => id === open)
  // Where none is open, both ways begin at their end of the list.
  const start = from >= 0 ? from : by > 0 ? -1 : 0
  for (let step = 1; step <= count; step++) {
    const chat = chats[(((start + step * by) % count) + count) % count]
    if (chat === undefined || chat.id === open) continue
    if (!unread || ((chat.unread > 0 || chat.markedUnread) && !chat.blocked)) return chat.id
  }
  return undefined
}
