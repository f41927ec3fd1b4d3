/** The conversations without those of strangers, where a person wants to see none. */
import type { ConversationList } from '@starling/client'
import type { Strangers } from '../../state/preferences.ts'
import { createStore, type Snapshots } from '../../state/store.ts'

export function knownPeople(
  conversations: Snapshots<ConversationList>,
  strangers: Snapshots<Strangers>,
): Snapshots<ConversationList> & Disposable {
  const view = (): ConversationList =>
    strangers.snapshot === 'shown'
      ? conversations.snapshot
      : conversations.snapshot.filter(({ kind }) => kind !== 'request')
  const store = createStore(view())
  const stops = [conversations, strangers].map((source) => source.subscribe(() => store.set(view())))
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    [Symbol.dispose]() {
      for (const stop of stops) stop()
    },
  }
}
