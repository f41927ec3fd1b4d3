/** What a message from the swarm amounts to for our conversations. Pure. docs/protocol/envelope.md §6. */
import type { AccountId, OpenedMessage, ReadContent } from '@starling/protocol'
import type { MessageBody } from '../api.ts'
import type { SealedChange } from '../store/sealed-store.ts'
import type { Arrival } from './message-book.ts'
import type { DeliveryRecord } from './message-record.ts'

export type ArrivalContext = {
  readonly self: AccountId
  readonly swarmSize: number
  readonly marks: readonly SealedChange[]
}

/** `undefined`: nothing to show. */
export function arrivalOf(opened: OpenedMessage, content: ReadContent, context: ArrivalContext): Arrival | undefined {
  const { sender, timestamp } = opened
  const body = bodyOf(content)
  if (body === undefined) return undefined
  const base = { author: sender, body, sentAt: timestamp, isQuiet: body.kind === 'unsupported' }
  if (sender === context.self) {
    return content.syncTarget && fromOwnDevice(content.syncTarget, base, context)
  }
  const { isQuiet, ...message } = base
  return {
    account: sender,
    message: { ...message, direction: 'incoming' },
    isQuiet,
    marks: context.marks,
    ...(content.profile?.name === undefined
      ? {}
      : { profile: { name: content.profile.name, updatedSeconds: content.profile.updatedSeconds } }),
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

function bodyOf(content: ReadContent): MessageBody | undefined {
  switch (content.kind) {
    case 'visible':
      return content.text === '' ? { kind: 'unsupported' } : { kind: 'text', text: content.text }
    case 'unsupported':
      return content.isVisible ? { kind: 'unsupported' } : undefined
    default:
      return undefined
  }
}
