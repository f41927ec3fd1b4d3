/** A window into a conversation that follows it. Invariant: at most 600 messages, without a gap, oldest first. */
import { MutableObservable, type Observable } from '@starling/runtime'
import type { CallOptions, ConversationId, History, HistorySnapshot, MessageId, MessageView } from '../api.ts'
import type { MessageEvent } from './book-core.ts'
import type { MessageBook } from './message-book.ts'
import { comparePlaces, type MessagePlace, messageId, parseMessageId } from './message-place.ts'

const WINDOW = 600
const PAGE = 100
/** What stands above the first unread message when the window opens there. */
const CONTEXT = 30

const EMPTY: HistorySnapshot = { messages: [], hasOlder: false, hasNewer: false, unread: 0 }

export class MessageHistory implements History {
  readonly #book: MessageBook
  readonly #id: ConversationId
  readonly #state = new MutableObservable<HistorySnapshot>(EMPTY)
  readonly #onRead: (place: MessagePlace) => Promise<unknown>
  #stop: () => void = () => {}

  private constructor(book: MessageBook, id: ConversationId, onRead: (place: MessagePlace) => Promise<unknown>) {
    this.#book = book
    this.#id = id
    this.#onRead = onRead
  }

  /** Opens at the first unread message, else at the latest. `onRead`: what marking as read does. */
  static open(
    book: MessageBook,
    id: ConversationId,
    onRead: (place: MessagePlace) => Promise<unknown> = (place) => book.markRead(place),
  ): Promise<MessageHistory> {
    const history = new MessageHistory(book, id, onRead)
    return book.exclusively(async () => {
      await history.#load()
      history.#stop = book.listen(id, (event) => history.#apply(event))
      return history
    })
  }

  get state(): Observable<HistorySnapshot> {
    return this.#state
  }

  loadOlder({ signal }: CallOptions = {}): Promise<void> {
    return this.#read(signal, async () => {
      const { messages, hasOlder } = this.#state.snapshot
      const first = messages[0]
      if (first === undefined || !hasOlder) return hasOlder ? this.#loadLatest(signal) : undefined
      const page = await this.#book.page(this.#id, { before: parseMessageId(first.id), limit: PAGE })
      signal?.throwIfAborted()
      const all = [...page.messages, ...messages]
      this.#set({ messages: all.slice(0, WINDOW), hasOlder: !page.isLast }, { hasNewer: all.length > WINDOW })
    })
  }

  loadNewer({ signal }: CallOptions = {}): Promise<void> {
    return this.#read(signal, async () => {
      const { messages, hasNewer } = this.#state.snapshot
      const last = messages.at(-1)
      if (last === undefined || !hasNewer) return
      const page = await this.#book.page(this.#id, { after: parseMessageId(last.id), limit: PAGE })
      signal?.throwIfAborted()
      const all = [...messages, ...page.messages]
      this.#set({ messages: all.slice(-WINDOW), hasNewer: !page.isLast }, { hasOlder: all.length > WINDOW })
    })
  }

  jumpToLatest({ signal }: CallOptions = {}): Promise<void> {
    return this.#read(signal, () => this.#loadLatest(signal))
  }

  async jumpTo(message: MessageId, { signal }: CallOptions = {}): Promise<boolean> {
    signal?.throwIfAborted()
    const place = parseMessageId(message)
    if (place.conversation !== this.#id) return false
    return this.#read(signal, async () => {
      if (this.#state.snapshot.messages.some(({ id }) => id === message)) return true
      if ((await this.#book.get(place)) === undefined) return false
      const window = await this.#around(place)
      signal?.throwIfAborted()
      this.#state.update((state) => ({ ...state, ...window }))
      return true
    })
  }

  async markRead(upTo: MessageId, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    const place = parseMessageId(upTo)
    if (place.conversation === this.#id) await this.#onRead(place)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop()
  }

  /** In turn with what changes the book; not begun, if `signal` aborts before. */
  #read<T>(signal: AbortSignal | undefined, read: () => Promise<T>): Promise<T> {
    return this.#book.exclusively(async () => {
      signal?.throwIfAborted()
      return read()
    })
  }

  async #loadLatest(signal?: AbortSignal): Promise<void> {
    const page = await this.#book.page(this.#id, { limit: PAGE })
    signal?.throwIfAborted()
    this.#state.update((state) => ({ ...state, messages: page.messages, hasOlder: !page.isLast, hasNewer: false }))
  }

  async #load(): Promise<void> {
    const unread = this.#book.conversation(this.#id)?.unread ?? 0
    const first = unread > 0 ? await this.#book.firstUnread(this.#id) : undefined
    const latest = await this.#book.page(this.#id, { limit: PAGE })
    const newest = { messages: latest.messages, hasOlder: !latest.isLast, hasNewer: false, unread }
    if (first === undefined) {
      this.#state.set(newest)
      return
    }
    const firstUnread = messageId(first)
    const isInside = latest.messages.slice(latest.isLast ? 0 : CONTEXT).some(({ id }) => id === firstUnread)
    this.#state.set({ ...(isInside ? newest : { ...(await this.#around(first)), unread }), firstUnread })
  }

  async #around(first: MessagePlace): Promise<Pick<HistorySnapshot, 'messages' | 'hasOlder' | 'hasNewer'>> {
    const older = await this.#book.page(this.#id, { before: first, limit: CONTEXT })
    const lastRead = older.messages.at(-1)
    const after =
      lastRead === undefined
        ? { ...first, sentAt: Math.max(0, first.sentAt - 1) as typeof first.sentAt }
        : parseMessageId(lastRead.id)
    const newer = await this.#book.page(this.#id, { after, limit: PAGE })
    return { messages: [...older.messages, ...newer.messages], hasOlder: !older.isLast, hasNewer: !newer.isLast }
  }

  #apply(event: MessageEvent): void {
    switch (event.kind) {
      case 'put':
        this.#put(event.view, event.unread)
        return
      case 'deleted': {
        const id = messageId(event.place)
        const messages = this.#state.snapshot.messages.filter((message) => message.id !== id)
        this.#state.update((state) => ({ ...state, messages, unread: event.unread }))
        return
      }
      case 'read':
        this.#state.update((state) => ({ ...state, unread: event.unread }))
        return
      case 'gone':
        this.#state.set(EMPTY)
    }
  }

  /** Replaces it, inserts it, or only remembers that there is more outside of the window. */
  #put(view: MessageView, unread: number): void {
    const state = this.#state.snapshot
    const { messages } = state
    const at = placeFor(messages, view)
    if (messages[at]?.id === view.id) {
      this.#state.set({ ...state, messages: messages.with(at, view), unread })
    } else if ((at === messages.length && state.hasNewer) || (at === 0 && state.hasOlder)) {
      this.#state.set({ ...state, unread })
    } else {
      const all = [...messages.slice(0, at), view, ...messages.slice(at)]
      const isFull = all.length > WINDOW
      this.#state.set({ ...state, messages: isFull ? all.slice(1) : all, hasOlder: state.hasOlder || isFull, unread })
    }
  }

  #set(
    change: Pick<HistorySnapshot, 'messages'> & Partial<HistorySnapshot>,
    cut: Partial<Pick<HistorySnapshot, 'hasOlder' | 'hasNewer'>>,
  ): void {
    const state = this.#state.snapshot
    const hasOlder = change.hasOlder ?? (state.hasOlder || cut.hasOlder === true)
    const hasNewer = change.hasNewer ?? (state.hasNewer || cut.hasNewer === true)
    this.#state.set({ ...state, ...change, hasOlder, hasNewer })
  }
}

/** Where `view` stands or belongs. */
function placeFor(messages: readonly MessageView[], view: MessageView): number {
  let low = 0
  let high = messages.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (comparePlaces(messages[middle]!, view) < 0) low = middle + 1
    else high = middle
  }
  return low
}
