/** How long swarms keep a message, and which messages our other devices get a copy of. docs/protocol/envelope.md §8. */
import { days, type Millis, millis, minutes, seconds } from '../brand.ts'
import type { Expiration, OutgoingContent } from './message-content.ts'

export type MessageKind = OutgoingContent['kind'] | 'call'

const MESSAGE_TTL = days(14)
const TYPING_TTL = seconds(20)
const CALL_TTL = minutes(5)
/** What nodes accept at least. docs/protocol/storage-rpc.md §3. */
const MIN_TTL = seconds(10)
/** Their lifetime follows the timer of the conversation. */
const EXPIRING: readonly MessageKind[] = ['visible', 'reaction', 'timerChange', 'dataExtraction']
const SYNCED: readonly MessageKind[] = ['visible', 'reaction', 'timerChange', 'unsend']

/**
 * From 10 seconds to 14 days. A message that disappears after reading waits the whole time for its recipient; the own copy
 * counts as read at once.
 */
export function timeToLive(kind: MessageKind, expiration: Expiration | undefined, copy: 'recipient' | 'self'): Millis {
  if (kind === 'typing') return TYPING_TTL
  if (kind === 'call') return CALL_TTL
  if (expiration === undefined || !EXPIRING.includes(kind)) return MESSAGE_TTL
  if (expiration.mode === 'afterRead' && copy === 'recipient') return MESSAGE_TTL
  return millis(Math.min(Math.max(seconds(expiration.seconds), MIN_TTL), MESSAGE_TTL))
}

/** Whether our other devices get a copy, stored in the own swarm after the message itself was stored. */
export function isSynced(kind: MessageKind): boolean {
  return SYNCED.includes(kind)
}
