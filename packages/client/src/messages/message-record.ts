/** A message as this device keeps it. */
import type { AccountId, Expiration, Invitation, MessageHash, MessageRef, UnixMillis } from '@starling/protocol'
import * as z from 'zod/mini'
import type { MessageBody } from '../api.ts'
import type { SealedChange } from '../store/sealed-store.ts'
import { type AttachmentRecord, attachmentSchema, type PreviewRecord, previewSchema } from './attachment-record.ts'
import { type DeliveryRecord, deliverySchema } from './delivery-record.ts'
import { type MessagePlace, messageName, placeOf } from './message-place.ts'
import { type ReactionRecord, reactionSchema } from './reaction-record.ts'
import { accountIdSchema, bodySchema, directionSchema, hashSchema, refSchema, timeSchema } from './record-fields.ts'
import { versionedRecord } from './versioned-record.ts'

/** Of one message: more are copies that somebody sealed anew, and the swarm forgets them by itself. */
const MAX_HASHES = 8

export type ExpiryRecord = Expiration & {
  /** Network time. Absent: it has not been read yet, or not been stored. */
  readonly deadline?: UnixMillis | undefined
}

export type MessageRecord = {
  readonly author: AccountId
  readonly direction: 'incoming' | 'outgoing'
  readonly body: MessageBody
  readonly sentAt: UnixMillis
  readonly delivery?: DeliveryRecord | undefined
  /** Under which the own swarm has it: for deleting it, and for shortening its life. */
  readonly hashes?: readonly MessageHash[] | undefined
  /** A placeholder: nothing of what was said is left. */
  readonly deleted?: true | undefined
  readonly quote?: MessageRef | undefined
  readonly reactions?: readonly ReactionRecord[] | undefined
  readonly attachments?: readonly AttachmentRecord[] | undefined
  readonly previews?: readonly PreviewRecord[] | undefined
  readonly invitation?: Invitation | undefined
  readonly expiry?: ExpiryRecord | undefined
}

export const messageRecord = versionedRecord<MessageRecord>(
  2,
  z.object({
    author: accountIdSchema,
    direction: directionSchema,
    body: bodySchema,
    sentAt: timeSchema,
    delivery: z.optional(deliverySchema),
    hashes: z.optional(z.array(hashSchema)),
    deleted: z.optional(z.literal(true)),
    quote: z.optional(refSchema),
    reactions: z.optional(z.array(reactionSchema)),
    attachments: z.optional(z.array(attachmentSchema)),
    previews: z.optional(z.array(previewSchema)),
    invitation: z.optional(z.object({ url: z.string(), name: z.string() })),
    expiry: z.optional(
      z.object({
        mode: z.enum(['afterRead', 'afterSend']),
        seconds: z.number(),
        deadline: z.optional(timeSchema),
      }),
    ),
  }),
)

export function putMessage(conversation: MessagePlace['conversation'], message: MessageRecord): SealedChange {
  return { kind: 'put', name: messageName(placeOf(conversation, message)), value: messageRecord.encode(message) }
}

/** What is left of a message that was taken back. */
export function placeholderOf(message: MessageRecord): MessageRecord {
  const { author, direction, sentAt, delivery, hashes } = message
  return { author, direction, sentAt, delivery, hashes, body: { kind: 'text', text: '' }, deleted: true }
}

export function withHash(message: MessageRecord, hash: MessageHash): MessageRecord {
  const { hashes = [] } = message
  if (hashes.includes(hash) || hashes.length >= MAX_HASHES) return message
  return { ...message, hashes: [...hashes, hash] }
}

export function withDeadline(message: MessageRecord, deadline: UnixMillis): MessageRecord {
  const { expiry } = message
  if (expiry === undefined || (expiry.deadline !== undefined && expiry.deadline <= deadline)) return message
  return { ...message, expiry: { ...expiry, deadline } }
}
