/** A client without keys and network: the same interface, deterministic samples, and a hand on every state. */
import {
  type AccountId,
  type AccountView,
  type AttachmentView,
  type Client,
  type ConversationChange,
  type ConversationId,
  type ConversationList,
  type ConversationSummary,
  type DeletionScope,
  type Delivery,
  type EventLog,
  type Expiration,
  type ExportedFile,
  type FileCalls,
  type History,
  type ImportSummary,
  type LinkPreviewView,
  type MessageDraft,
  type MessageId,
  type MessageView,
  type NetworkView,
  type OutgoingAttachment,
  type OutgoingPreview,
  PassphraseError,
  type ProfilePicture,
  parseAccountId,
  parseDisplayName,
  type SearchHit,
  type SearchOptions,
  type SessionState,
  type Settings,
  type UnixMillis,
  unixMillis,
  withoutFiles,
} from '@starling/client'
import { createStore, type Store } from '../state/store.ts'
import { createFakeHistory } from './fake-history.ts'
import {
  plainMessage,
  type SampleConversation,
  sampleAccountId,
  sampleConversations,
  sampleMessages,
  sampleNow,
} from './sample-data.ts'
import { sampleNetwork } from './sample-network.ts'

export type FakeClientOptions = {
  readonly session?: SessionState
  readonly conversations?: readonly SampleConversation[]
  readonly network?: NetworkView
  readonly phraseConfirmed?: boolean
  readonly passphrase?: string
  /** What `Date.now` is to the samples. */
  readonly now?: UnixMillis
  /** Makes these methods fail with an error of this code. */
  readonly failing?: Readonly<Record<string, string>>
  readonly events?: EventLog
  readonly settings?: Partial<Settings>
  /** The place for files; none, unless told. */
  readonly files?: FileCalls
}

type ConversationStart = Pick<ConversationSummary, 'kind' | 'title'> & Partial<ConversationSummary>
type Kept = { readonly summary: ConversationSummary; readonly messages: Store<readonly MessageView[]> }

/** A valid phrase, of an account that nobody uses. */
export const fakePhrase = 'fizzle fancy joyous biweekly hairy rumble vats jogger agreed ruthless mesh fully rumble'

export class FakeClient implements Client {
  #passphrase: string | undefined
  #wrongAttempts = 0
  #unlocked: SessionState | undefined
  readonly session: Store<SessionState>
  readonly conversations: Store<ConversationList>
  readonly network: Store<NetworkView>
  readonly settings: Store<Settings>
  readonly events
  readonly #conversations = new Map<ConversationId, Kept>()
  readonly #failing: Readonly<Record<string, string>>
  readonly #now: UnixMillis
  readonly #own = sampleAccountId('You')
  #nextMessage = 1
  #phraseConfirmed: boolean

  constructor(options: FakeClientOptions = {}) {
    this.#now = options.now ?? sampleNow
    this.#failing = options.failing ?? {}
    this.events = createStore<EventLog>(options.events ?? [])
    this.files = options.files ?? withoutFiles()
    const settings = { readReceipts: false, typing: false, deliveryReceipts: true, linkPreviews: false }
    this.settings = createStore<Settings>({ ...settings, ...options.settings })
    this.#phraseConfirmed = options.phraseConfirmed ?? true
    this.#passphrase = options.passphrase
    for (const sample of options.conversations ?? sampleConversations) this.#add(sample)
    this.session = createStore<SessionState>(options.session ?? { kind: 'ready', account: this.#account('Alice') })
    this.conversations = createStore<ConversationList>([])
    this.network = createStore(options.network ?? sampleNetwork.connected(this.#now))
    this.#publish()
  }

  async createAccount({ displayName }: { displayName: string }): Promise<void> {
    this.#failIfTold('createAccount')
    this.#phraseConfirmed = false
    this.session.set({ kind: 'ready', account: this.#account(parseDisplayName(displayName)) })
  }

  async restoreAccount(_options: { phrase: string }): Promise<void> {
    this.#failIfTold('restoreAccount')
    this.#phraseConfirmed = true
    this.session.set({ kind: 'restoring', step: 'connecting' })
    await Promise.resolve()
    this.session.set({ kind: 'needsName' })
  }

  async setDisplayName(displayName: string): Promise<void> {
    this.#failIfTold('setDisplayName')
    this.session.set({ kind: 'ready', account: this.#account(parseDisplayName(displayName)) })
  }

  async revealPhrase(): Promise<string> {
    this.#failIfTold('revealPhrase')
    return fakePhrase
  }

  async confirmPhrase(words: readonly { index: number; word: string }[]): Promise<boolean> {
    const phrase = fakePhrase.split(' ')
    const right = words.every(({ index, word }) => phrase[index] === word)
    if (right) {
      this.#phraseConfirmed = true
      const session = this.session.snapshot
      if (session.kind === 'ready')
        this.session.set({ kind: 'ready', account: { ...session.account, phraseConfirmed: true } })
    }
    return right
  }

  async eraseDevice(): Promise<void> {
    this.#failIfTold('eraseDevice')
    this.#conversations.clear()
    this.#publish()
    this.session.set({ kind: 'noAccount' })
  }

  async startConversation(accountId: string): Promise<ConversationId> {
    this.#failIfTold('startConversation')
    const id = parseAccountId(accountId) as string as ConversationId
    if (!this.#conversations.has(id)) this.#keep(id, this.#newConversation(id), [])
    this.#publish()
    return id
  }

  async send(conversation: ConversationId, draft: string | MessageDraft): Promise<MessageId> {
    const { text = '', quote, attachments = [], preview } = typeof draft === 'string' ? { text: draft } : draft
    const files = attachments.map(viewOfFile)
    const previews = preview === undefined ? [] : [viewOfPreview(preview, files.length)]
    this.#failIfTold('send')
    const id = `sent-${this.#nextMessage++}` as MessageId
    const delivery: Delivery = {
      kind: 'queued',
      waitingForNetwork: this.network.snapshot.connection.kind !== 'connected',
      of: 7,
    }
    const message = {
      id,
      conversation,
      author: this.#own,
      direction: 'outgoing',
      body: { kind: 'text', text },
    } as const
    const quoted = quote === undefined ? {} : this.#quoteOf(conversation, quote)
    const more = { ...plainMessage, attachments: files, previews, ...quoted }
    this.#append({ ...message, ...more, sentAt: this.#now, delivery })
    await this.updateConversation(conversation, { draft: '', draftQuote: '' })
    return id
  }

  async react(message: MessageId, emoji: string): Promise<void> {
    this.#failIfTold('react')
    this.#changeMessage(message, (found) => {
      const others = found.reactions.filter((reaction) => reaction.emoji !== emoji)
      const authors = found.reactions.find((reaction) => reaction.emoji === emoji)?.authors ?? []
      const all = [...authors.filter((author) => author !== this.#own), this.#own]
      return { ...found, reactions: [...others, { emoji, authors: all, mine: true }] }
    })
  }

  async removeReaction(message: MessageId, emoji: string): Promise<void> {
    this.#failIfTold('removeReaction')
    this.#changeMessage(message, (found) => ({
      ...found,
      reactions: found.reactions.flatMap((reaction) => {
        if (reaction.emoji !== emoji) return reaction
        const authors = reaction.authors.filter((author) => author !== this.#own)
        return authors.length === 0 ? [] : { emoji, authors, mine: false }
      }),
    }))
  }

  async deleteMessages(messages: readonly MessageId[], scope: DeletionScope): Promise<void> {
    this.#failIfTold('deleteMessages')
    for (const message of messages) {
      this.#changeMessage(message, (found) =>
        scope === 'everyone' ? { ...found, body: { kind: 'text', text: '' }, deleted: true } : undefined,
      )
    }
  }

  async setExpiration(conversation: ConversationId, expiration: Expiration | undefined): Promise<void> {
    this.#failIfTold('setExpiration')
    const { expiration: _, ...rest } = this.#get(conversation).summary
    const summary = expiration === undefined ? rest : { ...rest, expiration }
    this.#conversations.set(conversation, { ...this.#get(conversation), summary })
    this.#publish()
  }

  async setTyping(_conversation: ConversationId, isTyping: boolean): Promise<void> {
    if (this.toldTyping.at(-1) !== isTyping) this.toldTyping.push(isTyping)
  }

  async flush(): Promise<void> {}
  async reportMediaSaved(message: MessageId): Promise<void> {
    this.reportedSaved.push(message)
  }

  readonly files: FileCalls

  async setProfilePicture(picture: ProfilePicture | undefined): Promise<void> {
    const session = this.session.snapshot
    if (session.kind !== 'ready') return
    const { picture: _, ...account } = session.account
    this.session.set({ kind: 'ready', account: picture === undefined ? account : { ...account, picture } })
  }

  async changeSettings(change: Partial<Settings>): Promise<void> {
    this.#failIfTold('changeSettings')
    this.settings.update((settings) => ({ ...settings, ...change }))
  }

  async retry(message: MessageId): Promise<void> {
    this.#changeMessage(message, (found) => ({
      ...found,
      delivery: { kind: 'queued', waitingForNetwork: false, of: 7 },
    }))
  }

  async deleteForMe(message: MessageId): Promise<void> {
    this.#failIfTold('deleteForMe')
    this.#changeMessage(message, () => undefined)
  }

  async history(conversation: ConversationId): Promise<History> {
    this.#failIfTold('history')
    const kept = this.#get(conversation)
    const { unread } = kept.summary
    const read = (): void => this.#change(conversation, { unread: 0, markedUnread: false })
    return createFakeHistory(kept.messages, unread, read)
  }

  async updateConversation(conversation: ConversationId, change: ConversationChange): Promise<void> {
    this.#failIfTold('updateConversation')
    const { accepted, muted, mutedUntil, verified, draftQuote, ...rest } = change
    this.#change(conversation, { ...rest, ...(accepted === true ? { kind: 'contact' as const } : {}) })
    if (muted !== undefined || mutedUntil !== undefined) this.#mute(conversation, muted !== false, mutedUntil)
    if (verified !== undefined) this.#verify(conversation, verified)
    if (draftQuote !== undefined) this.#answer(conversation, draftQuote)
  }

  /** Digits that look right, the same from both sides. */
  async safetyNumber(conversation: ConversationId): Promise<string> {
    this.#failIfTold('safetyNumber')
    const own: string = this.#own
    const both = own < conversation ? own + conversation : conversation + own
    const digit = (at: number) => (Number.parseInt(`${both[at]}${both[at + 66]}`, 16) * 7) % 10
    return Array.from({ length: 60 }, (_, index) => digit(index + 3)).join('')
  }

  async deleteConversation(conversation: ConversationId): Promise<void> {
    this.#failIfTold('deleteConversation')
    this.#conversations.delete(conversation)
    this.#publish()
  }

  async search(query: string, { conversation, limit = 50 }: SearchOptions = {}): Promise<readonly SearchHit[]> {
    this.#failIfTold('search')
    const kept = [...this.#conversations].filter(([id]) => conversation === undefined || id === conversation)
    const messages = kept.flatMap(([, { messages }]) => messages.snapshot)
    return messages
      .flatMap((message): SearchHit[] => {
        if (message.body.kind !== 'text') return []
        const { text } = message.body
        const start = text.toLowerCase().indexOf(query.toLowerCase())
        return start < 0 || query === ''
          ? []
          : [{ message, snippet: text, matches: [{ start, end: start + query.length }] }]
      })
      .sort((a, b) => b.message.sentAt - a.message.sentAt)
      .slice(0, limit)
  }

  async hasPassphrase(): Promise<boolean> {
    return this.#passphrase !== undefined
  }

  async setPassphrase({ old, next }: { readonly old?: string; readonly next?: string }): Promise<void> {
    this.#failIfTold('setPassphrase')
    if (old !== this.#passphrase) throw new PassphraseError('wrong')
    this.#passphrase = next
  }

  async lock(): Promise<void> {
    if (this.#passphrase === undefined) throw new PassphraseError('none')
    this.#unlocked = this.session.snapshot
    this.session.set({ kind: 'locked' })
  }

  async unlock(passphrase: string): Promise<void> {
    this.#failIfTold('unlock')
    if (passphrase !== this.#passphrase) {
      const retryAt = ++this.#wrongAttempts < 3 ? undefined : unixMillis(this.#now + 5_000)
      this.session.set(retryAt === undefined ? { kind: 'locked' } : { kind: 'locked', retryAt })
      throw new PassphraseError('wrong', retryAt)
    }
    this.session.set(this.#unlocked ?? { kind: 'ready', account: this.#account('Alice') })
  }

  async *exportArchive(): AsyncGenerator<Uint8Array> {
    this.#failIfTold('exportArchive')
    yield Uint8Array.of(1, 2, 3)
  }

  async *exportReadable(): AsyncGenerator<ExportedFile> {
    yield { path: 'account.json', content: this.exportArchive() }
  }

  async importArchive(archive: AsyncIterable<Uint8Array>): Promise<ImportSummary> {
    this.#failIfTold('importArchive')
    let size = 0
    for await (const chunk of archive) size += chunk.length
    return { conversations: 0, messages: size }
  }

  /** Messages whose files were saved, as their senders are told. */
  readonly reportedSaved: MessageId[] = []

  /** What was said to the other side of our typing, latest last. */
  readonly toldTyping: boolean[] = []

  /** They type, or have stopped. */
  type(conversation: ConversationId, typing: boolean): void {
    this.#change(conversation, { typing })
  }

  /** A message changes by what came in. */
  change(message: MessageId, change: Partial<MessageView>): void {
    this.#changeMessage(message, (found) => ({ ...found, ...change }))
  }

  /** A message comes in from the other side. */
  receive(conversation: ConversationId, text: string): void {
    const id = `received-${this.#nextMessage++}` as MessageId
    const author = conversation as string as AccountId
    const body = { kind: 'text', text } as const
    this.#append({ id, conversation, author, direction: 'incoming', body, ...plainMessage, sentAt: this.#now })
    this.#change(conversation, { unread: this.#get(conversation).summary.unread + 1 })
  }

  /** What the swarm says of an own message. */
  setDelivery(message: MessageId, delivery: Delivery): void {
    this.#changeMessage(message, (found) => ({ ...found, delivery }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#conversations.clear()
  }

  #mute(id: ConversationId, muted: boolean, until: UnixMillis | undefined): void {
    const { mutedUntil: _, ...rest } = this.#get(id).summary
    this.#replace({ ...rest, muted, ...(muted && until !== undefined ? { mutedUntil: until } : {}) })
  }

  #verify(id: ConversationId, verified: boolean): void {
    const { verified: _, ...rest } = this.#get(id).summary
    this.#replace(verified ? { ...rest, verified } : rest)
  }

  #answer(id: ConversationId, quote: MessageId | ''): void {
    const { draftQuote: _, ...rest } = this.#get(id).summary
    this.#replace(quote === '' ? rest : { ...rest, draftQuote: quote })
  }

  #replace(summary: ConversationSummary): void {
    this.#conversations.set(summary.id, { ...this.#get(summary.id), summary })
    this.#publish()
  }

  #newConversation(id: ConversationId): ConversationStart {
    const kind = id === (this.#own as string) ? 'noteToSelf' : 'contact'
    return { kind, title: `${id.slice(0, 8)}…${id.slice(-4)}` }
  }

  #account(displayName: string): AccountView {
    return { accountId: this.#own, displayName, phraseConfirmed: this.#phraseConfirmed }
  }

  #add(sample: SampleConversation): void {
    const messages = sampleMessages(sample, this.#own, this.#now)
    const author = sample.kind === 'noteToSelf' ? this.#own : sampleAccountId(sample.name)
    const { name, messages: _, ...state } = sample
    this.#keep(author as string as ConversationId, { ...state, title: name, profileName: name }, messages)
  }

  #keep(id: ConversationId, state: ConversationStart, messages: readonly MessageView[]): void {
    const flags = { pinned: false, muted: false, blocked: false, markedUnread: false, typing: false, approvedMe: true }
    const nothing = { ...flags, unread: 0, draft: '' }
    const summary: ConversationSummary = { ...nothing, lastActivity: this.#now, ...state, id }
    this.#conversations.set(id, { summary, messages: createStore(messages) })
  }

  #quoteOf(conversation: ConversationId, id: MessageId): Pick<MessageView, 'quote'> {
    const found = this.#get(conversation).messages.snapshot.find((message) => message.id === id)
    if (found === undefined) throw fakeError('unknown_message')
    const { author, sentAt, body } = found
    const text = body.kind === 'text' ? body.text : ''
    return { quote: { ref: { author, sentAt }, author, state: 'found', messageId: id, text } }
  }

  #append(message: MessageView): void {
    this.#get(message.conversation).messages.update((messages) => [...messages, message])
    this.#publish()
  }

  #changeMessage(id: MessageId, change: (message: MessageView) => MessageView | undefined): void {
    for (const { messages } of this.#conversations.values()) {
      if (!messages.snapshot.some((message) => message.id === id)) continue
      messages.update((all) => all.flatMap((message) => (message.id === id ? (change(message) ?? []) : message)))
    }
    this.#publish()
  }

  #change(id: ConversationId, change: Partial<ConversationSummary>): void {
    const kept = this.#get(id)
    this.#conversations.set(id, { ...kept, summary: { ...kept.summary, ...change } })
    this.#publish()
  }

  #get(id: ConversationId): Kept {
    const kept = this.#conversations.get(id)
    if (kept === undefined) throw fakeError('no_such_conversation')
    return kept
  }

  #publish(): void {
    const list = [...this.#conversations.values()].map(({ summary, messages }) => withLast(summary, messages.snapshot))
    list.sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.lastActivity - a.lastActivity)
    this.conversations.set(list)
  }

  #failIfTold(method: string): void {
    const code = this.#failing[method]
    if (code !== undefined) throw fakeError(code)
  }
}

function withLast(summary: ConversationSummary, messages: readonly MessageView[]): ConversationSummary {
  const last = messages.at(-1)
  if (last === undefined) return summary
  return { ...summary, last, lastActivity: last.sentAt }
}

function viewOfFile({ isVoice = false, ...about }: OutgoingAttachment, index: number): AttachmentView {
  return { ...about, index, isVoice }
}

function viewOfPreview({ image, ...rest }: OutgoingPreview, index: number): LinkPreviewView {
  return image === undefined ? rest : { ...rest, image: viewOfFile(image, index) }
}

function fakeError(code: string): Error {
  return Object.assign(new Error(code), { code, fault: 'environment' })
}
