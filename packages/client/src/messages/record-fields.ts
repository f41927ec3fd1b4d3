/** Fields that several records share. What is read from JSON has no property that is `undefined`: hence the casts. */
import {
  type AccountId,
  type Expiration,
  isMessageHash,
  type MessageHash,
  type MessageRef,
  parseAccountId,
  type UnixMillis,
} from '@starling/protocol'
import * as z from 'zod/mini'
import type { MessageBody } from '../api.ts'

export const accountIdSchema = z.pipe(
  z.string(),
  z.transform((text): AccountId => parseAccountId(text)),
)
export const timeSchema = z.pipe(
  z.int().check(z.nonnegative()),
  z.transform((value) => value as UnixMillis),
)
export const hashSchema = z.pipe(
  z.string().check(z.refine(isMessageHash)),
  z.transform((value) => value as MessageHash),
)
export const directionSchema = z.enum(['incoming', 'outgoing'])
export const refSchema: z.ZodMiniType<MessageRef> = z.object({ author: accountIdSchema, sentAt: timeSchema })
export const expirationSchema: z.ZodMiniType<Expiration> = z.object({
  mode: z.enum(['afterRead', 'afterSend']),
  seconds: z.number(),
})

const noticeSchema = z.union([
  z.object({ kind: z.literal('timerChanged'), expiration: z.optional(expirationSchema) }),
  z.object({ kind: z.literal('requestAccepted') }),
  z.object({ kind: z.literal('screenshot') }),
  z.object({ kind: z.literal('mediaSaved'), savedAt: z.optional(timeSchema) }),
])

export const bodySchema = z.union([
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({
    kind: z.literal('unsupported'),
    what: z.optional(z.enum(['call', 'groupInvitation', 'groupUpdate', 'sharedConfig', 'unknown', 'invitation'])),
  }),
  z.object({ kind: z.literal('notice'), notice: noticeSchema }),
]) as unknown as z.ZodMiniType<MessageBody>
