/**
 * The composers of all chats, for as long as the page is open: a chat that is left with files in it, or on their way out, has
 * them still when it is opened again. All others begin anew, from the draft that was saved.
 */
import type { ConversationId } from '@starling/client'
import { createStore, type Snapshots } from '../../state/store.ts'
import { type ComposerModel, type ComposerOptions, createComposer } from './composer.ts'

export interface Composers {
  /** Chats to which files could not be sent after they were left, until they are opened. */
  readonly unsent: Snapshots<readonly ConversationId[]>
  /** Of a chat that is opened. What it saves and sends goes by these options from then on. */
  open(chat: ConversationId, options: ComposerOptions): ComposerModel
  /** Of a chat that is left. */
  leave(chat: ConversationId, model: ComposerModel): void
}

type Entry = { readonly model: ComposerModel; options: ComposerOptions; seenBy: number }

export function createComposers(): Composers {
  const entries = new Map<ConversationId, Entry>()
  const unsent = createStore<readonly ConversationId[]>([])

  const create = (chat: ConversationId, options: ComposerOptions): Entry => {
    const entry: Entry = {
      options,
      seenBy: 0,
      model: createComposer({
        ...options,
        save: (draft) => entry.options.save(draft),
        send: (written) => entry.options.send(written),
        isSeen: () => entry.seenBy > 0,
      }),
    }
    entry.model.subscribe(() => {
      const isNews = entry.model.snapshot.isUnsent && entry.seenBy === 0 && !unsent.snapshot.includes(chat)
      if (isNews) unsent.set([...unsent.snapshot, chat])
    })
    return entry
  }

  return {
    unsent,
    open(chat, options) {
      const known = entries.get(chat)
      const entry = known !== undefined && isBusy(known.model) ? known : create(chat, options)
      if (entry === known) {
        entry.options = options
        entry.model.setDraft(options.draft)
      }
      entry.seenBy++
      entries.set(chat, entry)
      if (unsent.snapshot.includes(chat)) unsent.set(unsent.snapshot.filter((other) => other !== chat))
      return entry.model
    },
    leave(chat, model) {
      const entry = entries.get(chat)
      if (entry?.model !== model) return
      entry.seenBy--
      if (entry.seenBy === 0 && !isBusy(model)) entries.delete(chat)
    },
  }
}

function isBusy({ snapshot: { sending, staged } }: ComposerModel): boolean {
  return sending !== undefined || staged.files.length > 0
}
