/** What becomes of a message that was understood: filed, applied to others, shown for a moment, or nothing. */
import type { AccountId, UnixMillis } from '@starling/protocol'
import type { ConversationId } from '../api.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import type { Understood } from './arrival.ts'
import type { EventLog } from './event-log.ts'
import type { MessageBook } from './message-book.ts'
import type { TypingContacts } from './typing-contacts.ts'

export type ArrivalsOptions = {
  readonly store: SealedStore
  readonly book: MessageBook
  readonly typing: TypingContacts
  readonly events: EventLog
  readonly self: AccountId
  /** The conversation was deleted after this was sent: it must not come back. */
  readonly isDeleted: (account: AccountId, sentAt: UnixMillis, isOwn: boolean) => boolean
}

export class Arrivals {
  readonly #options: ArrivalsOptions

  constructor(options: ArrivalsOptions) {
    this.#options = options
  }

  /** `marks`: that it was seen; written with whatever it changes. */
  async take(understood: Understood, marks: readonly SealedChange[]): Promise<void> {
    const { book, store, events, isDeleted } = this.#options
    switch (understood.kind) {
      case 'message': {
        const { account, message } = understood
        const source = message.direction === 'outgoing' ? 'otherDevice' : 'contact'
        if (isDeleted(account, message.sentAt, source === 'otherDevice')) {
          await store.write(marks, { durability: 'relaxed' })
          events.note(source, 'message.of_deleted_conversation')
          return
        }
        if (source === 'contact') this.#options.typing.clear(idOf(account), message.sentAt)
        events.note(source, `message.${await book.file(understood)}`)
        return
      }
      case 'effect': {
        const { account, effect, sentAt, profile } = understood
        const isIncoming = this.#isIncoming(understood)
        await book.apply({ conversation: idOf(account), effect, isIncoming, sentAt, profile, marks })
        events.note(isIncoming ? 'contact' : 'otherDevice', `effect.${effect.kind}`)
        return
      }
      case 'typing':
        await store.write(marks, { durability: 'relaxed' })
        this.#options.typing.note(understood)
        return
      case 'nothing':
        await store.write(marks, { durability: 'relaxed' })
        events.note('contact', 'message.nothing_to_show')
    }
  }

  #isIncoming({ effect }: Extract<Understood, { kind: 'effect' }>): boolean {
    switch (effect.kind) {
      case 'reaction':
        return effect.reaction.author !== this.#options.self
      case 'unsend':
        return effect.how === 'placeholder'
      case 'unsendOwn':
        return false
      case 'receipt':
        return true
    }
  }
}

function idOf(account: AccountId): ConversationId {
  return account as string as ConversationId
}
