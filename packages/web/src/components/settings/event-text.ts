/** The log of events in words, and as text for who looks for a fault. */
import type { EventLog, LoggedEvent } from '@starling/client'
import { t } from '../../text/t.ts'

/** What kind of thing it was. The log names many more kinds than a person tells apart. */
export function eventText({ kind }: Pick<LoggedEvent, 'kind'>): string {
  return t(`devices.event.${groupOf(kind)}`)
}

/** Those of other devices, or all; the latest first. */
export function shownEvents(log: EventLog, all: boolean): EventLog {
  return log.filter(({ source }) => all || source === 'otherDevice').toReversed()
}

/** One line for each, oldest first: time (UTC), source, kind, count. */
export function eventLines(log: EventLog): string {
  return log.map(({ at, source, kind, count }) => `${new Date(at).toISOString()} ${source} ${kind} ${count}`).join('\n')
}

type Group =
  | 'state'
  | 'profile'
  | 'contacts'
  | 'read'
  | 'message'
  | 'reaction'
  | 'deleted'
  | 'receipt'
  | 'expired'
  | 'ignored'
  | 'other'

const groups: readonly (readonly [kinds: RegExp, group: Group])[] = [
  [/^config\./, 'state'],
  [/^profile\./, 'profile'],
  [/^contact\./, 'contacts'],
  [/^conversation\.read$/, 'read'],
  [/^message\.(filed|queued)$/, 'message'],
  [/^(effect\.reaction|reaction\..*)$/, 'reaction'],
  [/^(effect\.unsend.*|message\.deleted_.*)$/, 'deleted'],
  [/^(effect\.receipt|receipt\..*)$/, 'receipt'],
  [/^message\.expired$/, 'expired'],
  [/^(message\.(ignored|of_deleted_conversation|nothing_to_show)|stranger\..*)$/, 'ignored'],
]

function groupOf(kind: string): Group {
  return groups.find(([kinds]) => kinds.test(kind))?.[1] ?? 'other'
}
