/** What a message from the swarm amounts to for our conversations. Pure. docs/protocol/envelope.md §6. */
import {
  type AccountId,
  MalformedInputError,
  type OpenedMessage,
  parseAccountId,
  type ReadTextContent,
  type UnsupportedKind,
} from '@starling/protocol'
import type { MessageBody } from '../api.ts'
import type { SealedChange } from '../store/sealed-store.ts'
import type { Arrival } from './message-book.ts'
import type { DeliveryRecord } from './message-record.ts'

/** What a person would miss. Receipts, typing and the like are not worth a line. */
const VISIBLE: readonly UnsupportedKind[] = ['attachments', 'invitation', 'call']

export type ArrivalContext = {
  readonly self: AccountId
  readonly swarmSize: number
  readonly marks: readonly SealedChange[]
}

/** `undefined`: nothing to show. */
export function arrivalOf(
  opened: OpenedMessage,
  content: ReadTextContent,
  context: ArrivalContext,
): Arrival | undefined {
  const { sender, timestamp } = opened
  const body = bodyOf(content)
  if (body === undefined) return undefined
  const base = { author: sender, body, sentAt: timestamp, isQuiet: body.kind === 'unsupported' }
  if (sender === context.self) {
    const target = content.kind === 'text' ? content.syncTarget : syncTargetOf(opened)
    return target && fromOwnDevice(target, base, context)
  }
  const { isQuiet, ...message } = base
  return {
    account: sender,
    message: { ...message, direction: 'incoming' },
    isQuiet,
    marks: context.marks,
    ...(content.kind === 'text' && content.profileName !== undefined
      ? { profile: { name: content.profileName, updatedSeconds: content.profileUpdatedSeconds ?? 0 } }
      : {}),
  }
}

/** A copy is stored after the message itself was: on one member at least, as far as we can know. */
function fromOwnDevice(
  target: AccountId,
  { isQuiet, ...message }: Omit<Arrival['message'], 'direction' | 'delivery'> & { isQuiet: boolean },
  { swarmSize, marks }: ArrivalContext,
): Arrival {
  const delivery: DeliveryRecord = { kind: 'stored', on: 1, of: swarmSize }
  return { account: target, message: { ...message, direction: 'outgoing', delivery }, isQuiet, marks }
}

function bodyOf(content: ReadTextContent): MessageBody | undefined {
  switch (content.kind) {
    case 'text':
      return { kind: 'text', text: content.body }
    case 'unsupported':
      return VISIBLE.includes(content.what) ? { kind: 'unsupported' } : undefined
    case 'invalid':
      return undefined
  }
}

function syncTargetOf({ content }: OpenedMessage): AccountId | undefined {
  try {
    return parseAccountId(content.dataMessage?.syncTarget ?? '')
  } catch (error) {
    if (error instanceof MalformedInputError) return undefined
    throw error
  }
}
