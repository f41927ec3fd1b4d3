import type { History, HistorySnapshot, MessageId, MessageView } from '@starling/client'
import { createStore, type Snapshots } from '../state/store.ts'

const pageSize = 100
const windowSize = 600

/** A window over `messages`, opened at the first of the last `unread` ones. `onRead` is told of every `markRead`. */
export function createFakeHistory(
  messages: Snapshots<readonly MessageView[]>,
  unread: number,
  onRead: () => void,
): History {
  const count = messages.snapshot.length
  const firstUnread = unread > 0 ? incoming(messages.snapshot).at(-unread)?.id : undefined
  let unreadNow = unread
  let known = count
  let start = Math.max(0, count - unread - pageSize)
  let end = count

  const state = createStore(view())
  const stop = messages.subscribe((all) => {
    if (end === known || end > all.length) end = all.length
    const added = incoming(all.slice(known)).length
    unreadNow += added
    known = all.length
    state.set(view())
  })

  function view(): HistorySnapshot {
    return {
      messages: messages.snapshot.slice(start, end),
      hasOlder: start > 0,
      hasNewer: end < messages.snapshot.length,
      unread: unreadNow,
      ...(firstUnread === undefined ? {} : { firstUnread }),
    }
  }

  return {
    state,
    async loadOlder() {
      start = Math.max(0, start - pageSize)
      end = Math.min(end, start + windowSize)
      state.set(view())
    },
    async loadNewer() {
      end = Math.min(messages.snapshot.length, end + pageSize)
      start = Math.max(start, end - windowSize)
      state.set(view())
    },
    async jumpToLatest() {
      end = messages.snapshot.length
      start = Math.max(0, end - pageSize)
      state.set(view())
    },
    async jumpTo(message) {
      const at = messages.snapshot.findIndex(({ id }) => id === message)
      if (at >= 0 && (at < start || at >= end)) {
        start = Math.max(0, at - 30)
        end = Math.min(messages.snapshot.length, start + pageSize)
        state.set(view())
      }
      return at >= 0
    },
    async markRead(_upTo: MessageId) {
      unreadNow = 0
      state.set(view())
      onRead()
    },
    async [Symbol.asyncDispose]() {
      stop()
    },
  }
}

function incoming(messages: readonly MessageView[]): readonly MessageView[] {
  return messages.filter(({ direction }) => direction === 'incoming')
}
