/** How an own message fares, without what only holds at the moment. It only ever gets further. */
import * as z from 'zod/mini'
import type { Delivery, DeliveryFailure } from '../api.ts'

type Counted<Kind> = { readonly kind: Kind; readonly on: number; readonly of: number }

export type DeliveryRecord =
  | { readonly kind: 'queued' }
  | Counted<'stored'>
  | Counted<'delivered'>
  | Counted<'read'>
  | { readonly kind: 'failed'; readonly reason: DeliveryFailure }

/** What a receipt says of a message of ours. */
export type ReceiptState = 'delivered' | 'read'

export const deliverySchema = z.union([
  z.object({ kind: z.literal('queued') }),
  z.object({ kind: z.enum(['stored', 'delivered', 'read']), on: z.int(), of: z.int() }),
  z.object({
    kind: z.literal('failed'),
    reason: z.enum(['refused', 'expired', 'clock_skew', 'too_large', 'unreachable']),
  }),
]) as unknown as z.ZodMiniType<DeliveryRecord>

/** Without counts of members the receipt stands for one: somewhere it was, or nobody would have it. */
export function withReceipt(before: DeliveryRecord | undefined, state: ReceiptState): DeliveryRecord {
  switch (before?.kind) {
    case 'read':
      return before
    case 'delivered':
      return state === 'delivered' ? before : { ...before, kind: state }
    case 'stored':
      return { ...before, kind: state }
    default:
      return { kind: state, on: 1, of: 1 }
  }
}

/** What the outbox says: it does not take back what a receipt said. */
export function withDelivery(before: DeliveryRecord | undefined, next: DeliveryRecord): DeliveryRecord {
  if (before?.kind !== 'delivered' && before?.kind !== 'read') return next
  return next.kind === 'stored' ? { ...next, kind: before.kind } : before
}

export function laterOf(a: ReceiptState | undefined, b: ReceiptState): ReceiptState {
  return a === 'read' ? a : b
}

export function deliveryView(delivery: DeliveryRecord | undefined, queued: () => Delivery): { delivery?: Delivery } {
  if (delivery === undefined) return {}
  return { delivery: delivery.kind === 'queued' ? queued() : delivery }
}
