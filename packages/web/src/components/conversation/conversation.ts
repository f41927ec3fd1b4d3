/** View model of one open conversation. Invariant: one `History` is open from `createConversation` until disposal. */
import type {
  AccountView,
  Client,
  ConversationChange,
  ConversationId,
  ConversationSummary,
  History,
  HistorySnapshot,
  MessageId,
} from '@starling/client'
import { createStore, type Snapshots } from '../../state/store.ts'
import { failureCode } from '../failure/failure-text.ts'
import type { LogPosition, LogPositions } from '../message-log/log-positions.ts'

export type ConversationView =
  | { readonly kind: 'loading'; readonly summary: ConversationSummary | undefined }
  | { readonly kind: 'failed'; readonly code: string }
  /** Deleted, here or on another device. */
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'ready'
      readonly summary: ConversationSummary
      readonly account: AccountView
      readonly history: HistorySnapshot
      /** What went wrong last, until it is dismissed. */
      readonly notice: ConversationNotice | undefined
    }

export type ConversationNotice = 'sendFailed' | 'actionFailed'

export interface ConversationModel extends Snapshots<ConversationView>, AsyncDisposable {
  readonly id: ConversationId
  /** Where the reader was when this conversation was last open. */
  readonly position: LogPosition | undefined
  keepPosition(position: LogPosition | undefined): void
  /** False, with a notice, if the message is not durable: its text is still the caller's. */
  send(text: string): Promise<boolean>
  retry(message: MessageId): Promise<void>
  deleteForMe(message: MessageId): Promise<void>
  /** False, with a notice, if it could not be kept. */
  change(change: ConversationChange): Promise<boolean>
  deleteConversation(): Promise<void>
  loadOlder(): Promise<void>
  loadNewer(): Promise<void>
  jumpToLatest(): Promise<void>
  markRead(upTo: MessageId): Promise<void>
  dismissNotice(): void
  /** Opens it again after `failed`. */
  reopen(): Promise<void>
}

export type ConversationClient = Pick<
  Client,
  | 'session'
  | 'conversations'
  | 'history'
  | 'send'
  | 'retry'
  | 'deleteForMe'
  | 'updateConversation'
  | 'deleteConversation'
>

/** Pages that are loaded at most to find the place where the reader was: beyond, opening would take too long. */
const MOST_PAGES_BACK = 24

export function createConversation(options: {
  readonly client: ConversationClient
  readonly id: ConversationId
  readonly positions: LogPositions
}): ConversationModel {
  const { client, id, positions } = options
  const store = createStore<ConversationView>({ kind: 'loading', summary: summaryOf(client, id) })
  const stops: (() => void)[] = []
  let history: History | undefined
  let failure: string | undefined
  let notice: ConversationNotice | undefined
  let closed = false

  const refresh = () => {
    if (!closed) store.set(viewOf(client, { id, history, failure, notice }))
  }

  const open = async () => {
    failure = undefined
    refresh()
    try {
      const opened = await client.history(id)
      if (closed) return await opened[Symbol.asyncDispose]()
      await goBackTo(opened, positions.get(id)?.anchor)
      history = opened
      stops.push(opened.state.subscribe(refresh))
    } catch (error) {
      failure = failureCode(error)
      refresh()
    }
  }

  const act = async (told: ConversationNotice, action: () => Promise<unknown>): Promise<boolean> => {
    try {
      await action()
      return true
    } catch {
      // The reader is told, and the state of the client shows what holds.
      notice = told
      refresh()
      return false
    }
  }
  const actOn = async (action: () => Promise<unknown> | undefined): Promise<void> => {
    await act('actionFailed', async () => action())
  }

  stops.push(client.conversations.subscribe(refresh), client.session.subscribe(refresh))
  let opening = open()

  return {
    id,
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    get position() {
      return positions.get(id)
    },
    keepPosition: (position) => positions.set(id, position),
    send: (text) => act('sendFailed', () => client.send(id, text)),
    retry: (message) => actOn(() => client.retry(message)),
    deleteForMe: (message) => actOn(() => client.deleteForMe(message)),
    change: (change) => act('actionFailed', () => client.updateConversation(id, change)),
    deleteConversation: () => actOn(() => client.deleteConversation(id)),
    loadOlder: () => actOn(() => history?.loadOlder()),
    loadNewer: () => actOn(() => history?.loadNewer()),
    jumpToLatest: () => actOn(() => history?.jumpToLatest()),
    markRead: (upTo) => actOn(() => history?.markRead(upTo)),
    dismissNotice() {
      notice = undefined
      refresh()
    },
    reopen() {
      opening = open()
      return opening
    },
    async [Symbol.asyncDispose]() {
      closed = true
      for (const stop of stops) stop()
      await opening
      await history?.[Symbol.asyncDispose]()
    },
  }
}

/** Unread messages come first; else older pages are loaded until the reader's place is among them. */
async function goBackTo(history: History, anchor: MessageId | undefined): Promise<void> {
  if (anchor === undefined || history.state.snapshot.firstUnread !== undefined) return
  const isMissing = () => !history.state.snapshot.messages.some((message) => message.id === anchor)
  for (let page = 0; page < MOST_PAGES_BACK && isMissing() && history.state.snapshot.hasOlder; page++) {
    await history.loadOlder()
  }
  // Deleted meanwhile, or too far back: the end is the better place then.
  if (isMissing()) await history.jumpToLatest()
}

function viewOf(
  client: ConversationClient,
  state: {
    readonly id: ConversationId
    readonly history: History | undefined
    readonly failure: string | undefined
    readonly notice: ConversationNotice | undefined
  },
): ConversationView {
  if (state.failure !== undefined) return { kind: 'failed', code: state.failure }
  const summary = summaryOf(client, state.id)
  const session = client.session.snapshot
  if (state.history === undefined || session.kind !== 'ready') return { kind: 'loading', summary }
  if (summary === undefined) return { kind: 'gone' }
  const { account } = session
  return { kind: 'ready', summary, account, history: state.history.state.snapshot, notice: state.notice }
}

function summaryOf(client: ConversationClient, id: ConversationId): ConversationSummary | undefined {
  return client.conversations.snapshot.find((conversation) => conversation.id === id)
}
