import type { AccountId, HistorySnapshot, MessageId, MessageView, UnixMillis } from '@starling/client'

/** What the log shows, one virtual row each, top to bottom. Keys are unique and stay with their row across windows. */
export type LogItem =
  | { readonly kind: 'day'; readonly key: string; readonly at: UnixMillis }
  | { readonly kind: 'new'; readonly key: 'new' }
  | { readonly kind: 'message'; readonly key: MessageId; readonly message: MessageView; readonly place: Place }

/** Where a message stands in a run of its author's messages: the last one has the bubble's tail and the space below. */
export type Place = { readonly first: boolean; readonly last: boolean }

/** A pause that ends a run. */
const RUN_PAUSE = 5 * 60_000

const PLACES: readonly Place[] = [
  { first: false, last: false },
  { first: false, last: true },
  { first: true, last: false },
  { first: true, last: true },
]
/** The row that a message had last: as long as it is the same, it is not drawn anew. */
const rowsBefore = new WeakMap<MessageView, LogItem & { kind: 'message' }>()

/**
 * Lays out one window of history.
 *
 * The topmost message carries no date while older ones can be loaded: whether its day begins there is not known, and a
 * row that moved away later would make the log jump.
 */
export function logItems(snapshot: Pick<HistorySnapshot, 'messages' | 'hasOlder' | 'firstUnread'>): readonly LogItem[] {
  const { messages, firstUnread } = snapshot
  const items: LogItem[] = []
  // Calendars are slow: each pair of neighbours is compared once.
  const days = messages.map(({ sentAt }, index) => index > 0 && isSameDay(messages[index - 1]!.sentAt, sentAt))
  const continues = (index: number): boolean => {
    const [previous, message] = [messages[index - 1], messages[index]]
    if (previous === undefined || message === undefined || !days[index]) return false
    return continuesRun(previous, message, firstUnread)
  }
  let first = true
  for (const [index, message] of messages.entries()) {
    const startsDay = index === 0 ? !snapshot.hasOlder : !days[index]
    if (startsDay) items.push({ kind: 'day', key: `day:${message.id}`, at: message.sentAt })
    if (message.id === firstUnread) items.push({ kind: 'new', key: 'new' })
    const last = !continues(index + 1)
    items.push(messageRow(message, PLACES[(first ? 2 : 0) + (last ? 1 : 0)]!))
    first = last
  }
  return items
}

function messageRow(message: MessageView, place: Place): LogItem {
  const before = rowsBefore.get(message)
  if (before?.place === place) return before
  const row = { kind: 'message', key: message.id, message, place } as const
  rowsBefore.set(message, row)
  return row
}

/** Of two messages of one day. */
function continuesRun(one: MessageView, next: MessageView, firstUnread: MessageId | undefined): boolean {
  return one.author === next.author && next.id !== firstUnread && next.sentAt - one.sentAt < RUN_PAUSE
}

/** By the calendar of this device. */
export function isSameDay(one: UnixMillis, other: UnixMillis): boolean {
  const [a, b] = [new Date(one), new Date(other)]
  return a.getDate() === b.getDate() && a.getMonth() === b.getMonth() && a.getFullYear() === b.getFullYear()
}

/** Messages that appeared below `previous` in `next` and that somebody else wrote: what a screen reader announces. */
export function arrivedSince(previous: HistorySnapshot, next: HistorySnapshot, own: AccountId): readonly MessageView[] {
  const last = previous.messages.at(-1)
  if (previous.hasNewer || next.hasNewer) return []
  const from = last === undefined ? 0 : next.messages.findIndex((message) => message.id === last.id) + 1
  if (last !== undefined && from === 0) return []
  return next.messages.slice(from).filter((message) => message.author !== own && message.direction === 'incoming')
}
