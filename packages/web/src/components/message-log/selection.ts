/** Messages that somebody picked out, to do something with all of them. */
import type { MessageId, MessageView } from '@starling/client'
import { createStore, type Snapshots } from '../../state/store.ts'

/** In the order in which they were picked. `undefined`: nothing is being selected. */
export type Selected = ReadonlyMap<MessageId, MessageView> | undefined

export interface Selection extends Snapshots<Selected> {
  /** Begins, with this message or with none. */
  begin(first?: MessageView): void
  toggle(message: MessageView): void
  /** From the message that was toggled last to this one, in the order of `messages`. */
  extendTo(message: MessageView, messages: readonly MessageView[]): void
  end(): void
}

export function createSelection(): Selection {
  const store = createStore<Selected>(undefined)
  let anchor: MessageId | undefined
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    begin(first) {
      anchor = first?.id
      store.set(new Map(first === undefined ? [] : [[first.id, first]]))
    },
    toggle(message) {
      const next = new Map(store.snapshot)
      if (!next.delete(message.id)) next.set(message.id, message)
      anchor = message.id
      store.set(next)
    },
    extendTo(message, messages) {
      const places = [anchor ?? message.id, message.id].map((id) => messages.findIndex((each) => each.id === id))
      const [from, to] = [Math.min(...places), Math.max(...places)]
      const between = from < 0 ? [message] : messages.slice(from, to + 1)
      store.set(new Map([...(store.snapshot ?? []), ...between.map((each) => [each.id, each] as const)]))
    },
    end() {
      anchor = undefined
      store.set(undefined)
    },
  }
}

/** What is selected as one text, oldest first: a line with the name before each, if there are several. */
export function selectedText(selected: Selected, nameOf: (message: MessageView) => string): string {
  const texts = [...(selected?.values() ?? [])]
    .sort((a, b) => a.sentAt - b.sentAt)
    .flatMap((message) =>
      message.body.kind === 'text' && message.body.text !== '' ? { message, text: message.body.text } : [],
    )
  if (texts.length === 1) return texts[0]?.text ?? ''
  return texts.map(({ message, text }) => `${nameOf(message)}:\n${text}`).join('\n\n')
}
