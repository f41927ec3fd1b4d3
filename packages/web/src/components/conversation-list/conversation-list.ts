/** View model of the list: which conversations are shown, and what can be done with one. */
import type {
  AccountId,
  Client,
  ConversationChange,
  ConversationId,
  ConversationList,
  ConversationSummary,
} from '@starling/client'
import { createStore, type Snapshots } from '../../state/store.ts'
import { nameOfAccount } from '../conversation/names.ts'
import { conversationName } from '../conversation/status-text.ts'
import { fold } from '../quick-switcher/fuzzy.ts'

export type ListSection = 'chats' | 'requests'

export type ListView = {
  readonly section: ListSection
  readonly query: string
  /** In the client's order: pinned first, then by last activity. */
  readonly shown: ConversationList
  /** Requests that wait. */
  readonly requests: number
  /** Unread messages of conversations that are not muted. */
  readonly unread: number
  /** Whether there is any conversation in this section, query aside. */
  readonly empty: boolean
  /** Nobody to write to yet: no conversation but Note to Self. */
  readonly alone: boolean
  /** Note to Self was begun, and not deleted. */
  readonly hasNote: boolean
  /** The last action failed; until the next one. */
  readonly actionFailed: boolean
}

export type ChatAction =
  | 'accept'
  | 'pin'
  | 'unpin'
  | 'mute'
  | 'unmute'
  | 'markUnread'
  | 'markRead'
  | 'block'
  | 'unblock'
  | 'delete'

export interface ConversationListModel extends Snapshots<ListView> {
  /** What an account is called, in one line. */
  nameOf(account: AccountId): string
  setSection(section: ListSection): void
  setQuery(query: string): void
  /** Resolves to false, with `actionFailed`, if it did not work. */
  act(id: ConversationId, action: ChatAction): Promise<boolean>
  /** The same for a change that has to be asked for first. */
  change(id: ConversationId, change: ConversationChange): Promise<boolean>
  /** Opens or makes the conversation with the own account; `undefined`, with `actionFailed`, if it did not work. */
  startNote(own: AccountId): Promise<ConversationId | undefined>
}

export type ListClient = Pick<
  Client,
  'session' | 'conversations' | 'history' | 'startConversation' | 'updateConversation' | 'deleteConversation'
>

export function createConversationList(client: ListClient): ConversationListModel {
  let state = { section: 'chats' as ListSection, query: '', actionFailed: false }
  const store = createStore(viewOf(client.conversations.snapshot, state))
  const refresh = (): void => store.set(viewOf(client.conversations.snapshot, state))
  const change = (changes: Partial<typeof state>): void => {
    state = { ...state, ...changes }
    refresh()
  }
  const attempt = async (work: () => Promise<void>): Promise<boolean> => {
    change({ actionFailed: false })
    try {
      await work()
      return true
    } catch {
      // The list shows what holds; the reader is told that it did not work.
      change({ actionFailed: true })
      return false
    }
  }
  client.conversations.subscribe(refresh)
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    nameOf: (account) => nameOfAccount(client, account),
    setSection: (section) => change({ section, query: '' }),
    setQuery: (query) => change({ query }),
    act: (id, action) => attempt(() => perform(client, id, action)),
    change: (id, to) => attempt(() => client.updateConversation(id, to)),
    async startNote(own) {
      change({ actionFailed: false })
      try {
        return await client.startConversation(own)
      } catch {
        // As with every action.
        change({ actionFailed: true })
        return undefined
      }
    },
  }
}

/** What can be done with a conversation, in the order of its menu. */
export function chatActions(summary: ConversationSummary): readonly ChatAction[] {
  const { kind, pinned, muted, blocked, unread, markedUnread } = summary
  const read: ChatAction = unread > 0 || markedUnread ? 'markRead' : 'markUnread'
  switch (kind) {
    case 'request':
      return ['accept', 'block', 'delete']
    case 'noteToSelf':
      return [pinned ? 'unpin' : 'pin', read, 'delete']
    case 'contact':
      return [pinned ? 'unpin' : 'pin', muted ? 'unmute' : 'mute', read, blocked ? 'unblock' : 'block', 'delete']
  }
}

function viewOf(
  all: ConversationList,
  { section, query, actionFailed }: { section: ListSection; query: string; actionFailed: boolean },
): ListView {
  const requests = all.filter(({ kind, blocked }) => kind === 'request' && !blocked)
  const chats = all.filter(({ kind }) => kind !== 'request')
  const candidates = section === 'requests' ? requests : chats
  const wanted = fold(query)
  const shown = wanted === '' ? candidates : candidates.filter((summary) => matches(summary, wanted))
  const unread = chats.reduce((sum, chat) => sum + (chat.muted || chat.blocked ? 0 : chat.unread), 0)
  return {
    section,
    query,
    shown,
    requests: requests.length,
    unread,
    empty: candidates.length === 0,
    alone: all.every(({ kind }) => kind === 'noteToSelf'),
    hasNote: all.some(({ kind }) => kind === 'noteToSelf'),
    actionFailed,
  }
}

function matches(summary: ConversationSummary, wanted: string): boolean {
  return [conversationName(summary), summary.profileName, summary.nickname].some(
    (name) => name !== undefined && fold(name).includes(wanted),
  )
}

async function perform(client: ListClient, id: ConversationId, action: ChatAction): Promise<void> {
  switch (action) {
    case 'accept':
      return client.updateConversation(id, { accepted: true })
    case 'pin':
    case 'unpin':
      return client.updateConversation(id, { pinned: action === 'pin' })
    case 'mute':
    case 'unmute':
      return client.updateConversation(id, { muted: action === 'mute' })
    case 'markUnread':
      return client.updateConversation(id, { markedUnread: true })
    case 'markRead':
      await client.updateConversation(id, { markedUnread: false })
      return markAllRead(client, id)
    case 'block':
    case 'unblock':
      return client.updateConversation(id, { blocked: action === 'block' })
    case 'delete':
      return client.deleteConversation(id)
  }
}

async function markAllRead(client: ListClient, id: ConversationId): Promise<void> {
  await using history = await client.history(id)
  await history.jumpToLatest()
  const newest = history.state.snapshot.messages.at(-1)
  if (newest !== undefined) await history.markRead(newest.id)
}
