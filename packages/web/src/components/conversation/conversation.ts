/** View model of one open conversation. Invariant: one `History` is open from `createConversation` until disposal. */
import type {
  AccountId,
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
import { byTimer } from '../composer/draft.ts'
import { failureCode } from '../failure/failure-text.ts'
import { imagePorts } from '../image-grid/image-ports.ts'
import { createMedia, type ImagePorts, type Media } from '../image-grid/media.ts'
import { createDraftPreview, type DraftPreview } from '../link-preview/draft-preview.ts'
import type { LogPosition, LogPositions } from '../message-log/log-positions.ts'
import { type Act, createMessageDeeds, type DeedsClient, type MessageDeeds } from './message-deeds.ts'
import { nameOfAccount } from './names.ts'
import { createReply, type ReplyModel } from './reply.ts'

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

export type ConversationNotice =
  | 'sendFailed'
  | 'actionFailed'
  | 'tooManyReactions'
  | 'originalGone'
  | 'filesNotYet'
  | 'uploadFailed'
  | 'imageUnreadable'

export interface ConversationModel extends Snapshots<ConversationView>, MessageDeeds, AsyncDisposable {
  readonly id: ConversationId
  /** Its files. */
  readonly media: Media
  readonly reply: ReplyModel
  /** Of the message that is being written. */
  readonly preview: DraftPreview
  /** Where the reader was when this conversation was last open. */
  readonly position: LogPosition | undefined
  keepPosition(position: LogPosition | undefined): void
  /** False, with a notice, if it could not be kept. */
  change(change: ConversationChange): Promise<boolean>
  deleteConversation(): Promise<void>
  loadOlder(): Promise<void>
  loadNewer(): Promise<void>
  jumpToLatest(): Promise<void>
  /** The message is in the history now. False, with a notice: it is gone. */
  jumpTo(message: MessageId): Promise<boolean>
  /** What an account is called here, in one line. */
  nameOf(account: AccountId): string
  markRead(upTo: MessageId): Promise<void>
  dismissNotice(): void
  /** Opens it again after `failed`. */
  reopen(): Promise<void>
}

export type ConversationClient = DeedsClient &
  Pick<Client, 'session' | 'conversations' | 'updateConversation' | 'deleteConversation' | 'reportMediaSaved'> &
  Pick<Client, 'settings' | 'network'>

/** Pages that are loaded at most to find the place where the reader was: beyond, opening would take too long. */
const MOST_PAGES_BACK = 24

export function createConversation(options: {
  readonly client: ConversationClient
  readonly id: ConversationId
  readonly positions: LogPositions
  readonly ports?: ImagePorts
}): ConversationModel {
  const { client, id, positions, ports = imagePorts } = options
  const isStranger = () => summaryOf(client, id)?.kind === 'request'
  const media = createMedia({ client, isStranger, ports })
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
      void actOn(() => reply.restore(opened))
      stops.push(
        opened.state.subscribe(({ messages, hasOlder }) => {
          media.retain(messages)
          // All that was in the window is gone: what is older comes into it.
          if (messages.length === 0 && hasOlder) void actOn(() => opened.loadOlder())
          refresh()
        }),
      )
    } catch (error) {
      failure = failureCode(error)
      refresh()
    }
  }

  const tell = (told: ConversationNotice): false => {
    notice = told
    refresh()
    return false
  }

  const act: Act = async (told, action) => {
    try {
      await action()
      return true
    } catch (error) {
      // The reader is told, and the state of the client shows what holds.
      const notice = typeof told === 'function' ? told(failureCode(error)) : told
      return notice === undefined ? false : tell(notice)
    }
  }
  const actOn = async (action: () => Promise<unknown> | undefined): Promise<void> => {
    await act('actionFailed', async () => action())
  }

  const change = (to: ConversationChange) => act('actionFailed', () => client.updateConversation(id, to))
  const reply = createReply({ client, id, keep: (draftQuote) => change({ draftQuote }) })
  const preview = createDraftPreview({ client, schedule: byTimer })

  stops.push(client.conversations.subscribe(refresh), client.session.subscribe(refresh))
  let opening = open()

  return {
    id,
    reply,
    preview,
    media,
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    get position() {
      return positions.get(id)
    },
    keepPosition: (position) => positions.set(id, position),
    ...createMessageDeeds(client, id, { act, media }),
    change,
    deleteConversation: () => actOn(() => client.deleteConversation(id)),
    loadOlder: () => actOn(() => history?.loadOlder()),
    loadNewer: () => actOn(() => history?.loadNewer()),
    jumpToLatest: () => actOn(() => history?.jumpToLatest()),
    async jumpTo(message) {
      let isThere = false
      const asked = await act('actionFailed', async () => {
        isThere = (await history?.jumpTo(message)) === true
      })
      return asked && (isThere || tell('originalGone'))
    },
    nameOf: (account) => nameOfAccount(client, account),
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
      media[Symbol.dispose]()
      preview[Symbol.dispose]()
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
