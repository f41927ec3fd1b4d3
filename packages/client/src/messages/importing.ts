/** Adding what an archive has: what is here stays, and what was deleted here does not come back. */
import type { ImportSummary } from '../api.ts'
import { type BookCore, type Commit, idOf } from './book-core.ts'
import type { ConversationRecord } from './conversation-record.ts'
import { placeOf } from './message-place.ts'
import type { MessageRecord } from './message-record.ts'

/** Only inside `exclusively`. */
export async function importMessages(
  core: BookCore,
  archived: ConversationRecord,
  messages: readonly MessageRecord[],
): Promise<ImportSummary> {
  const known = core.conversation(idOf(archived))
  const put: MessageRecord[] = []
  for (const message of messages) if (await isMissing(core, archived, message)) put.push(message)
  if (known !== undefined && put.length === 0) return { conversations: 0, messages: 0 }
  // Nobody waits for receipts any more, and whoever made the archive had seen it all.
  const record = known ?? { ...archived, unread: 0, markedUnread: false, owed: undefined, last: undefined }
  const due = put.flatMap((message): NonNullable<Commit['due']> => {
    const { deadline } = message.expiry ?? {}
    return deadline === undefined ? [] : [{ at: deadline, kind: 'expire', place: placeOf(idOf(archived), message) }]
  })
  await core.commit({ record, put, due })
  return { conversations: Number(known === undefined), messages: put.length }
}

async function isMissing(core: BookCore, archived: ConversationRecord, message: MessageRecord): Promise<boolean> {
  const { deadline = Number.POSITIVE_INFINITY } = message.expiry ?? {}
  if (deadline <= core.now() || (await core.get(placeOf(idOf(archived), message))) !== undefined) return false
  return !(await core.options.seen.has(`${message.author} ${message.sentAt}`))
}
