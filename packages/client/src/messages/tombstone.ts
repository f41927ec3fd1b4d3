/** What is left of a message that was deleted here. docs/protocol/conversations.md §2. */
import { days, unixMillis } from '@starling/protocol'
import type { SealedChange } from '../store/sealed-store.ts'
import type { BookCore } from './book-core.ts'
import type { MessageRecord } from './message-record.ts'

/** A deleted message can come again for as long as swarms keep messages, and a while more. */
const TOMBSTONE_LIFE = days(30)

/** So that it is not filed again. */
export function tombstone(core: BookCore, { author, sentAt }: MessageRecord): SealedChange[] {
  const now = core.now()
  return core.options.seen.mark(`${author} ${sentAt}`, unixMillis(now + TOMBSTONE_LIFE), now)
}
