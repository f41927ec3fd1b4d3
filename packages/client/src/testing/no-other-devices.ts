/** What a message book needs of the rest of a client, for tests without a network. */
import type { BookHooks, BookMirror } from '../messages/book-core.ts'
import type { BookPolicy } from '../messages/message-book.ts'
import type { OutboxItem } from '../messages/outbox-record.ts'

export function noOtherDevices(): { hooks: BookHooks; mirror: BookMirror; policy: BookPolicy; items: OutboxItem[] } {
  const items: OutboxItem[] = []
  return {
    items,
    hooks: { onDue: () => {}, onQueued: (item) => items.push(item), onOwed: () => {}, onDropped: () => {} },
    mirror: { writes: () => [], begin: (record) => record },
    policy: {
      sendsDelivered: () => true,
      sendsRead: () => true,
      readUpTo: () => undefined,
      readWrites: () => [],
      makeJob: (job) => ({
        order: items.length,
        kind: 'swarm',
        conversation: '' as OutboxItem['conversation'],
        sentAt: 0 as OutboxItem['sentAt'],
        owner: '' as OutboxItem['owner'],
        data: new Uint8Array(),
        queuedAt: 0 as OutboxItem['queuedAt'],
        job,
      }),
    },
  }
}
