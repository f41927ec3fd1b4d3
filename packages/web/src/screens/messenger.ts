/**
 * View model of the messenger: which chat is open, what stands beside it, and what somebody is asked. Invariant: a
 * conversation is open exactly while the chat of the route is among the client's.
 */
import type { AccountId, Client, ConversationId, ConversationSummary, MessageId, SearchHit } from '@starling/client'
import { type Composers, createComposers } from '../components/composer/composers.ts'
import { type ConversationModel, createConversation } from '../components/conversation/conversation.ts'
import {
  type ChatAction,
  type ConversationListModel,
  createConversationList,
} from '../components/conversation-list/conversation-list.ts'
import type { DeviceLock } from '../components/lock/device-lock.ts'
import { createLogPositions } from '../components/message-log/log-positions.ts'
import { createSearch, type SearchModel } from '../components/search/search.ts'
import type { Route, Router } from '../state/route.ts'
import { createStore, type Snapshots } from '../state/store.ts'

export type MessengerView = {
  /** What is shown, or is under the *Add a contact* dialog. */
  readonly beneath: Exclude<Route, { kind: 'new' }>
  /** The chat of the route. Without a `conversation` it is gone. */
  readonly open: ConversationId | undefined
  readonly conversation: ConversationModel | undefined
  readonly detailsOpen: boolean
  /** `hidden`: where there is room for one column, what was found is shown instead. */
  readonly searching: 'no' | 'shown' | 'hidden'
  /** What a search found. Each object counts once. */
  readonly sought: { readonly message: MessageId } | undefined
  /** Asked before it is done. */
  readonly asked: { readonly action: 'delete' | 'block'; readonly summary: ConversationSummary } | undefined
  readonly muting: ConversationSummary | undefined
}

export interface MessengerModel extends Snapshots<MessengerView>, Disposable {
  readonly list: ConversationListModel
  readonly search: SearchModel
  readonly composers: Composers
  /** Back to the list that the open chat is in; which one it was. */
  leaveChat(): ConversationId | undefined
  showDetails(detailsOpen: boolean): void
  /** In one conversation, or everywhere. */
  startSearch(within?: ConversationId): void
  endSearch(): void
  showHit(hit: SearchHit): void
  /** Does it, or asks first. */
  ask(action: ChatAction, about: ConversationSummary): void
  /** What was asked is wanted. */
  confirm(): void
  /** Whatever was asked is asked no more. */
  cancel(): void
  startNote(own: AccountId): Promise<void>
  /** Where there is a passphrase; else the settings say how to get one. */
  lockNow(): Promise<void>
}

export type MessengerOptions = {
  readonly client: Client
  /** The conversations that a person wants to see. */
  readonly people: Client['conversations']
  readonly router: Router
  readonly lock: Pick<DeviceLock, 'lock'>
  readonly detailsOpen?: boolean
}

export function createMessenger({ client, people, router, lock, ...start }: MessengerOptions): MessengerModel {
  const list = createConversationList(listClient(client, people))
  const search = createSearch(client)
  const positions = createLogPositions()
  const store = createStore<MessengerView>({
    beneath: { kind: 'chats' },
    open: undefined,
    conversation: undefined,
    detailsOpen: start.detailsOpen ?? false,
    searching: 'no',
    sought: undefined,
    asked: undefined,
    muting: undefined,
  })
  const change = (changes: Partial<MessengerView>) => store.set({ ...store.snapshot, ...changes })

  let openKind: ConversationSummary['kind'] | undefined
  const openChat = (): void => {
    const { open, conversation } = store.snapshot
    const kind = client.conversations.snapshot.find(({ id }) => id === open)?.kind
    // A request that was accepted has left the requests, and the list goes with it.
    const section = kind === 'request' ? 'requests' : 'chats'
    if (kind !== undefined && kind !== openKind && section !== list.snapshot.section) list.setSection(section)
    openKind = kind
    const wanted = kind === undefined ? undefined : open
    if (conversation?.id === wanted) return
    change({ conversation: wanted === undefined ? undefined : createConversation({ client, id: wanted, positions }) })
    void conversation?.[Symbol.asyncDispose]()
  }
  const stops = [
    router.subscribe((route) => {
      if (route.kind === 'new') return
      if (route.kind === 'chats' || route.kind === 'requests') list.setSection(route.kind)
      const open = route.kind === 'chat' ? route.id : undefined
      if (open !== store.snapshot.open) openKind = undefined
      change({ beneath: route, open })
      openChat()
    }),
    client.conversations.subscribe(openChat),
  ]

  const leaveChat = (): ConversationId | undefined => {
    const { open, searching } = store.snapshot
    // Back to what was found, where it gave way to the chat.
    change({ detailsOpen: false, searching: searching === 'hidden' ? 'shown' : searching })
    router.go({ kind: list.snapshot.section })
    return open
  }
  const act = async (id: ConversationId, action: ChatAction): Promise<void> => {
    const done = await list.act(id, action)
    if (done && action === 'delete' && id === store.snapshot.open) leaveChat()
    if (done && action === 'accept') router.go({ kind: 'chat', id })
  }

  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    list,
    search,
    composers: createComposers(),
    leaveChat,
    showDetails: (detailsOpen) => change({ detailsOpen }),
    startSearch(within) {
      change({ searching: 'shown' })
      if (search.snapshot.within !== within) void search.setWithin(within)
    },
    endSearch() {
      change({ searching: 'no' })
      void search.setQuery('')
    },
    showHit({ message }) {
      change({ sought: { message: message.id }, searching: 'hidden' })
      if (message.conversation !== store.snapshot.open) router.go({ kind: 'chat', id: message.conversation })
    },
    ask(action, about) {
      if (action === 'mute') change({ muting: about })
      else if (action === 'delete' || action === 'block') change({ asked: { action, summary: about } })
      else void act(about.id, action)
    },
    confirm() {
      const { asked } = store.snapshot
      change({ asked: undefined })
      if (asked !== undefined) void act(asked.summary.id, asked.action)
    },
    cancel: () => change({ asked: undefined, muting: undefined }),
    async startNote(own) {
      const id = await list.startNote(own)
      if (id !== undefined) router.go({ kind: 'chat', id })
    },
    async lockNow() {
      if (!(await lock.lock())) router.go({ kind: 'settings', page: 'privacy' })
    },
    [Symbol.dispose]() {
      for (const stop of stops) stop()
      void store.snapshot.conversation?.[Symbol.asyncDispose]()
    },
  }
}

/** The client as the list needs it: its methods, bound, over the conversations that are to be seen. */
function listClient(
  client: Client,
  conversations: Client['conversations'],
): Parameters<typeof createConversationList>[0] {
  return {
    session: client.session,
    conversations,
    history: (id) => client.history(id),
    startConversation: (accountId) => client.startConversation(accountId),
    updateConversation: (id, change) => client.updateConversation(id, change),
    deleteConversation: (id) => client.deleteConversation(id),
  }
}
