/** A client without a network: holds one conversation per account, and what a test puts into it. */
import type {
  Client,
  ConversationChange,
  ConversationId,
  ConversationList,
  ConversationSummary,
  DeletionScope,
  Delivery,
  EventLog,
  ExportedFile,
  FileCalls,
  History,
  HistorySnapshot,
  ImportSummary,
  MessageDraft,
  MessageId,
  MessageView,
  NetworkView,
  ReadableOptions,
  SearchHit,
  SessionState,
  Settings,
} from '@starling/client'
import { PassphraseError, withoutFiles } from '@starling/client'
import { type AccountId, parseAccountId, unixMillis } from '@starling/protocol'
import { MutableObservable } from '@starling/runtime'

export const ALICE = parseAccountId(`05${'a'.repeat(64)}`)
export const BOB = parseAccountId(`05${'b'.repeat(64)}`)
export const PHRASE = 'one two three'

const PLAIN = { reactions: [], mentions: [], attachments: [], previews: [] }

export class FakeClient implements Client {
  readonly session: MutableObservable<SessionState>
  readonly conversations = new MutableObservable<ConversationList>([])
  readonly network = new MutableObservable<NetworkView>({
    connection: { kind: 'connected', since: unixMillis(0) },
    networkName: 'Test',
    swarm: [],
  })
  readonly settings = new MutableObservable<Settings>({
    readReceipts: false,
    typing: false,
    deliveryReceipts: true,
    linkPreviews: false,
  })
  readonly events = new MutableObservable<EventLog>([])
  /** What becomes of the next message that is sent; `undefined`: it stays queued. */
  delivery: Delivery | undefined = { kind: 'stored', on: 3, of: 3 }
  restored: string | undefined
  afterRestore: SessionState | undefined
  isDisposed = false
  /** Of all conversations. */
  kind: ConversationSummary['kind'] = 'contact'
  /** Calls that change something, with their arguments. */
  readonly calls: (readonly unknown[])[] = []
  passphrase: string | undefined
  readonly #messages = new Map<ConversationId, MutableObservable<readonly MessageView[]>>()
  readonly #read = new Set<MessageId>()
  #count = 0

  constructor(state: SessionState = ready('Alice')) {
    this.session = new MutableObservable(state)
  }

  /** A message comes in. */
  receive(from: AccountId, text: string, previews: MessageView['previews'] = []): void {
    this.#add(from as string as ConversationId, { author: from, direction: 'incoming', text, previews })
  }

  unread(): number {
    return this.conversations.snapshot.reduce((sum, { unread }) => sum + unread, 0)
  }

  async createAccount({ displayName }: { displayName: string }): Promise<void> {
    this.session.set(ready(displayName))
  }
  async restoreAccount({ phrase }: { phrase: string }): Promise<void> {
    this.restored = phrase
    this.session.set(this.afterRestore ?? ready('Alice'))
  }
  async setDisplayName(displayName: string): Promise<void> {
    this.session.set(ready(displayName))
  }
  async revealPhrase(): Promise<string> {
    return PHRASE
  }
  async safetyNumber(): Promise<string> {
    return '12345'.repeat(12)
  }
  async startConversation(accountId: string): Promise<ConversationId> {
    return accountId as ConversationId
  }
  async send(conversation: ConversationId, draft: string | MessageDraft): Promise<MessageId> {
    const { text = '', preview } = typeof draft === 'string' ? { text: draft } : draft
    const delivery = this.delivery ?? { kind: 'queued', waitingForNetwork: true, of: 3 }
    const previews = preview === undefined ? [] : [{ url: preview.url, ...(preview.title && { title: preview.title }) }]
    return this.#add(conversation, { author: ALICE, direction: 'outgoing', text, delivery, previews })
  }
  async history(conversation: ConversationId): Promise<History> {
    const messages = this.#of(conversation)
    const unread = messages.snapshot.filter((message) => this.#isUnread(message))
    const snapshot = (): HistorySnapshot => ({
      messages: messages.snapshot,
      hasOlder: false,
      hasNewer: false,
      unread: unread.length,
      ...(unread[0] && { firstUnread: unread[0].id }),
    })
    const state = new MutableObservable(snapshot())
    const unsubscribe = messages.subscribe(() => state.set(snapshot()))
    return {
      state,
      loadOlder: async () => {},
      loadNewer: async () => {},
      jumpToLatest: async () => {},
      jumpTo: async (message) => messages.snapshot.some(({ id }) => id === message),
      markRead: async (upTo) => {
        for (const { id } of messages.snapshot) {
          this.#read.add(id)
          if (id === upTo) break
        }
        this.#list()
      },
      [Symbol.asyncDispose]: async () => unsubscribe(),
    }
  }
  async confirmPhrase(): Promise<boolean> {
    return false
  }
  async eraseDevice(): Promise<void> {}
  async retry(): Promise<void> {}
  async deleteForMe(): Promise<void> {}
  async deleteMessages(messages: readonly MessageId[], scope: DeletionScope): Promise<void> {
    this.calls.push(['deleteMessages', messages, scope])
  }
  async react(message: MessageId, emoji: string): Promise<void> {
    this.calls.push(['react', message, emoji])
  }
  async removeReaction(message: MessageId, emoji: string): Promise<void> {
    this.calls.push(['removeReaction', message, emoji])
  }
  async setExpiration(): Promise<void> {}
  async setTyping(): Promise<void> {}
  /** What `flush` waits for. */
  flushed: Promise<void> = Promise.resolve()
  flush(): Promise<void> {
    return this.flushed
  }
  async reportMediaSaved(): Promise<void> {}
  /** From here on the network file lists a service for previews, which says this of a text. */
  listPreviews(preview: FileCalls['preview']): void {
    this.network.update((view) => ({ ...view, previewServices: 1 }))
    this.files = { ...this.files, preview }
  }
  files: FileCalls = withoutFiles()
  async setProfilePicture(): Promise<void> {}
  async changeSettings(change: Partial<Settings>): Promise<void> {
    this.settings.update((settings) => ({ ...settings, ...change }))
  }
  async updateConversation(conversation: ConversationId, change: ConversationChange): Promise<void> {
    this.calls.push(['updateConversation', conversation, change])
  }
  async deleteConversation(conversation: ConversationId): Promise<void> {
    this.calls.push(['deleteConversation', conversation])
  }
  async search(query: string): Promise<readonly SearchHit[]> {
    const found = [...this.#messages.values()].flatMap(({ snapshot }) => snapshot)
    return found
      .filter(({ body }) => body.kind === 'text' && body.text.includes(query))
      .map((message) => ({ message, snippet: message.body.kind === 'text' ? message.body.text : '', matches: [] }))
  }
  async hasPassphrase(): Promise<boolean> {
    return this.passphrase !== undefined
  }
  async setPassphrase({ old, next }: { old?: string; next?: string }): Promise<void> {
    if (old !== this.passphrase) throw new PassphraseError('wrong')
    this.passphrase = next
  }
  async lock(): Promise<void> {}
  async unlock(passphrase: string): Promise<void> {
    if (passphrase !== this.passphrase) throw new PassphraseError('wrong')
    this.session.set(ready('Alice'))
  }
  /** What `exportArchive` gives; a failure in the end, if there is one. */
  archive: readonly string[] = ['sealed ', 'pieces']
  archiveFailure: Error | undefined
  async *exportArchive(): AsyncGenerator<Uint8Array> {
    for (const piece of this.archive) yield new TextEncoder().encode(piece)
    if (this.archiveFailure) throw this.archiveFailure
  }
  async *exportReadable({ media = false }: ReadableOptions = {}): AsyncGenerator<ExportedFile> {
    for (const path of media ? ['conversations/0001/0001.jpg', 'account.json'] : ['account.json']) {
      yield { path, content: this.exportArchive() }
    }
  }
  async importArchive(): Promise<ImportSummary> {
    return { conversations: 0, messages: 0 }
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true
  }

  #add(
    conversation: ConversationId,
    message: Pick<MessageView, 'author' | 'direction' | 'delivery' | 'previews'> & { readonly text: string },
  ): MessageId {
    const { text, ...fields } = message
    const id = `m${++this.#count}` as MessageId
    const sentAt = unixMillis(1_767_225_600_000 + this.#count)
    this.#of(conversation).update((all) => [
      ...all,
      { id, conversation, sentAt, body: { kind: 'text', text }, ...PLAIN, ...fields },
    ])
    this.#list()
    return id
  }

  #of(conversation: ConversationId): MutableObservable<readonly MessageView[]> {
    const known = this.#messages.get(conversation) ?? new MutableObservable<readonly MessageView[]>([])
    this.#messages.set(conversation, known)
    return known
  }

  #isUnread({ id, direction }: MessageView): boolean {
    return direction === 'incoming' && !this.#read.has(id)
  }

  #list(): void {
    this.conversations.set(
      [...this.#messages].map(([id, { snapshot }]): ConversationSummary => {
        const unread = snapshot.filter((message) => this.#isUnread(message)).length
        const flags = {
          pinned: false,
          muted: false,
          blocked: false,
          markedUnread: false,
          typing: false,
          approvedMe: true,
        }
        return { id, kind: this.kind, title: 'Bob', ...flags, unread, draft: '', lastActivity: unixMillis(0) }
      }),
    )
  }
}

function ready(displayName: string): SessionState {
  return { kind: 'ready', account: { accountId: ALICE, displayName, phraseConfirmed: false } }
}
