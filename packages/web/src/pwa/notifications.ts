/**
 * Which notifications stand, by what the list of conversations says. Pure: a browser shows them in `notifier.ts`.
 * Invariants: one for each conversation at most; none for the one that is looked at; nothing of a muted or blocked one;
 * a stranger's name and text never show.
 */
import type { ConversationId, ConversationList, ConversationSummary } from '@starling/client'
import { plainLine } from '../format/hostile-text.ts'

/** How much a notification tells. `off`: there are none. */
export type NotificationContent = 'off' | 'nothing' | 'name' | 'nameAndText'

/** What a person looks at: nothing, if the page is out of sight or another window has the focus. */
export type Attention = { readonly watching: boolean; readonly open: ConversationId | undefined }

export type PlannedNotification = {
  /** Another one of the same conversation takes its place. */
  readonly conversation: ConversationId
  readonly title: string
  readonly body: string
}

export type NotificationPlan = {
  readonly show: readonly PlannedNotification[]
  readonly close: readonly ConversationId[]
}

/** The words of a notification that are not the other side's own. */
export type NotificationWords = {
  readonly app: string
  readonly newMessage: string
  readonly newRequest: string
  /** What stands for a message that is no text; `undefined`: it is one. */
  readonly instead: (last: NonNullable<ConversationSummary['last']>) => string | undefined
}

/** In UTF-16 units; systems cut where they like. */
const LONGEST_BODY = 200

/** What to do after the list went from `before` to `after`. `before` is `undefined` at the start: nothing is news then. */
export function planNotifications(options: {
  readonly before: ConversationList | undefined
  readonly after: ConversationList
  readonly attention: Attention
  readonly content: NotificationContent
  readonly words: NotificationWords
}): NotificationPlan {
  const { before, after, attention, content, words } = options
  if (before === undefined) return { show: [], close: [] }
  const known = new Map(before.map((summary) => [summary.id, summary]))
  const show: PlannedNotification[] = []
  const close: ConversationId[] = []
  for (const summary of after) {
    const last = known.get(summary.id)
    known.delete(summary.id)
    const isWatched = attention.watching && attention.open === summary.id
    if (content === 'off' || isWatched || summary.unread === 0) {
      if (last !== undefined && (last.unread > 0 || isWatched)) close.push(summary.id)
    } else if (isNews(summary, last)) show.push(notificationOf(summary, content, words))
  }
  // Deleted, here or on another device.
  return { show, close: [...close, ...known.keys()] }
}

/** Unread messages, as the title and the badge count them. */
export function unreadCount(conversations: ConversationList): number {
  return conversations.reduce(
    (sum, { kind, muted, blocked, unread }) => sum + (kind === 'request' || muted || blocked ? 0 : unread),
    0,
  )
}

function isNews(summary: ConversationSummary, last: ConversationSummary | undefined): boolean {
  if (summary.muted || summary.blocked || summary.kind === 'noteToSelf') return false
  // A stranger says that they are there once; further messages wait with the first.
  if (summary.kind === 'request') return last === undefined
  return summary.last?.direction === 'incoming' && summary.unread > (last?.unread ?? 0)
}

function notificationOf(
  { id, kind, title, last }: ConversationSummary,
  content: Exclude<NotificationContent, 'off'>,
  words: NotificationWords,
): PlannedNotification {
  if (kind === 'request') return { conversation: id, title: words.app, body: words.newRequest }
  if (content === 'nothing') return { conversation: id, title: words.app, body: words.newMessage }
  const name = plainLine(title)
  if (content === 'name' || last === undefined) return { conversation: id, title: name, body: words.newMessage }
  const text = words.instead(last) ?? (last.body.kind === 'text' ? plainLine(last.body.text) : words.newMessage)
  return { conversation: id, title: name, body: text.slice(0, LONGEST_BODY) }
}
