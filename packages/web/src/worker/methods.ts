/** The calls that cross the port, and the parsers of their arguments: nothing else of the client can be reached from the page. */
import type {
  Client,
  ConversationChange,
  ConversationId,
  DeletionScope,
  Expiration,
  History,
  MessageDraft,
  MessageId,
  OutgoingFile,
  ProfilePicture,
  SearchOptions,
  Settings,
} from '@starling/client'
import { chunksOf, collectBlob } from './chunks.ts'
import type { Progress } from './messages.ts'
import { isRecord } from './plain-data.ts'

/** Ends with the call, or when nobody waits for it any more. */
export type Watch = { readonly signal: AbortSignal; readonly onProgress: (progress: Progress) => void }

/** Runs a call with arguments of unknown form; throws {@link BadArguments}, if they do not fit. */
type Run<Target> = (target: Target, args: readonly unknown[], watch: Watch) => PromiseLike<unknown>

export class BadArguments extends TypeError {}

export const clientMethods = {
  createAccount: (client, [options]) => client.createAccount({ displayName: string(record(options)['displayName']) }),
  restoreAccount: (client, [options]) => client.restoreAccount({ phrase: string(record(options)['phrase']) }),
  setDisplayName: (client, [name]) => client.setDisplayName(string(name)),
  revealPhrase: (client) => client.revealPhrase(),
  confirmPhrase: (client, [words]) => client.confirmPhrase(phraseWords(words)),
  eraseDevice: (client) => client.eraseDevice(),
  startConversation: (client, [accountId]) => client.startConversation(string(accountId)),
  setProfilePicture: (client, [picture]) => client.setProfilePicture(profilePicture(picture)),
  changeSettings: (client, [change]) => client.changeSettings(settingsChange(change)),
  send: (client, [conversation, draft]) => client.send(conversationId(conversation), messageDraft(draft)),
  react: (client, [message, emoji]) => client.react(messageId(message), string(emoji)),
  removeReaction: (client, [message, emoji]) => client.removeReaction(messageId(message), string(emoji)),
  deleteMessages: (client, [messages, scope]) => client.deleteMessages(messageIds(messages), deletionScope(scope)),
  setExpiration: (client, [conversation, value]) =>
    client.setExpiration(conversationId(conversation), expiration(value)),
  setTyping: (client, [conversation, isTyping]) => client.setTyping(conversationId(conversation), isTyping === true),
  reportMediaSaved: (client, [message]) => client.reportMediaSaved(messageId(message)),
  flush: (client) => client.flush(),
  uploadFile: (client, [file], watch) => client.files.upload(outgoingFile(file), watch),
  uploadPicture: (client, [picture], watch) => client.files.uploadPicture(bytes(picture), watch),
  downloadFile: (client, [message, index], watch) =>
    client.files.download(messageId(message), wholeNumber(index), watch),
  downloadPicture: (client, [value], watch) => {
    const picture = profilePicture(value)
    if (picture === undefined) throw new BadArguments('not a picture')
    return client.files.downloadPicture(picture, watch)
  },
  previewLink: (client, [text], watch) => client.files.preview(string(text), watch),
  retry: (client, [message]) => client.retry(messageId(message)),
  deleteForMe: (client, [message]) => client.deleteForMe(messageId(message)),
  history: (client, [conversation]) => client.history(conversationId(conversation)),
  updateConversation: (client, [conversation, change]) =>
    client.updateConversation(conversationId(conversation), conversationChange(change)),
  safetyNumber: (client, [conversation]) => client.safetyNumber(conversationId(conversation)),
  deleteConversation: (client, [conversation]) => client.deleteConversation(conversationId(conversation)),
  search: (client, [query, options]) => client.search(string(query), searchOptions(options)),
  hasPassphrase: (client) => client.hasPassphrase(),
  setPassphrase: (client, [change]) => client.setPassphrase(passphraseChange(change)),
  lock: (client) => client.lock(),
  unlock: (client, [passphrase]) => client.unlock(string(passphrase)),
  exportArchive: (client, [passphrase]) => collectBlob(client.exportArchive({ passphrase: string(passphrase) })),
  exportReadable: async (client) => {
    const files = []
    for await (const { path, content } of client.exportReadable())
      files.push({ path, content: await collectBlob(content) })
    return files
  },
  importArchive: (client, [archive, passphrase]) =>
    client.importArchive(chunksOf(blob(archive)), { passphrase: string(passphrase) }),
} as const satisfies Readonly<Record<string, Run<Client>>>

export const historyMethods = {
  loadOlder: (history) => history.loadOlder(),
  loadNewer: (history) => history.loadNewer(),
  jumpToLatest: (history) => history.jumpToLatest(),
  jumpTo: (history, [message]) => history.jumpTo(messageId(message)),
  markRead: (history, [upTo]) => history.markRead(messageId(upTo)),
  dispose: (history) => history[Symbol.asyncDispose](),
} as const satisfies Readonly<Record<string, Run<History>>>

export type ClientMethod = keyof typeof clientMethods

/**
 * Asked again at another client, when nobody knows whether the one before did it, these change nothing more. The others
 * send, make or end something: a message twice would be worse than one that has to be sent again by hand. What is uploaded is
 * gone from here once it was handed over.
 */
const REPEATABLE: ReadonlySet<ClientMethod> = new Set<ClientMethod>([
  ...(['setDisplayName', 'setProfilePicture', 'changeSettings', 'updateConversation', 'startConversation'] as const),
  ...(['react', 'removeReaction', 'deleteMessages', 'deleteForMe', 'setTyping', 'flush', 'retry'] as const),
  ...(['revealPhrase', 'confirmPhrase', 'safetyNumber', 'hasPassphrase', 'history', 'search'] as const),
  ...(['downloadFile', 'downloadPicture', 'previewLink'] as const),
  ...(['lock', 'unlock', 'exportArchive', 'exportReadable'] as const),
])

export function isRepeatable(method: ClientMethod): boolean {
  return REPEATABLE.has(method)
}

export type HistoryMethod = keyof typeof historyMethods

export function isClientMethod(name: unknown): name is ClientMethod {
  return typeof name === 'string' && Object.hasOwn(clientMethods, name)
}

export function isHistoryMethod(name: unknown): name is HistoryMethod {
  return typeof name === 'string' && Object.hasOwn(historyMethods, name)
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw new BadArguments('not a record')
  return value
}

function bytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new BadArguments('no bytes')
  return value
}

function wholeNumber(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new BadArguments('not a whole number')
  return value
}

/** Structured clones of plain values: fields of wrong types would only be written into the own message. */
function outgoingFile(value: unknown): OutgoingFile {
  const file = record(value)
  return { ...file, bytes: bytes(file['bytes']) }
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw new BadArguments('not a string')
  return value
}

function blob(value: unknown): Blob {
  if (!(value instanceof Blob)) throw new BadArguments('not a blob')
  return value
}

function optional<T>(value: unknown, parse: (value: unknown) => T): T | undefined {
  return value === undefined ? undefined : parse(value)
}

function searchOptions(value: unknown): SearchOptions {
  const { conversation, limit, before, order } = optional(value, record) ?? {}
  if (limit !== undefined && typeof limit !== 'number') throw new BadArguments('not a number')
  if (order !== undefined && order !== 'newest' && order !== 'relevance') throw new BadArguments('not an order')
  return {
    ...(conversation === undefined ? {} : { conversation: conversationId(conversation) }),
    ...(limit === undefined ? {} : { limit }),
    ...(before === undefined ? {} : { before: messageId(before) }),
    ...(order === undefined ? {} : { order }),
  }
}

function passphraseChange(value: unknown): { old?: string; next?: string } {
  const { old, next } = record(value)
  return { ...(old === undefined ? {} : { old: string(old) }), ...(next === undefined ? {} : { next: string(next) }) }
}

function conversationId(value: unknown): ConversationId {
  return string(value) as ConversationId
}

function messageId(value: unknown): MessageId {
  return string(value) as MessageId
}

function messageIds(value: unknown): MessageId[] {
  if (!Array.isArray(value)) throw new BadArguments('not a list')
  return value.map(messageId)
}

function deletionScope(value: unknown): DeletionScope {
  if (value === 'thisDevice' || value === 'myDevices' || value === 'everyone') return value
  throw new BadArguments('not a scope')
}

/** The client judges lengths and bounds: what is inside was made by the page of the same build. */
function messageDraft(value: unknown): string | MessageDraft {
  return typeof value === 'string' ? value : (record(value) as MessageDraft)
}

function expiration(value: unknown): Expiration | undefined {
  if (value === undefined) return undefined
  const { mode, seconds } = record(value)
  if ((mode === 'afterRead' || mode === 'afterSend') && typeof seconds === 'number') return { mode, seconds }
  throw new BadArguments('not an expiration')
}

function profilePicture(value: unknown): ProfilePicture | undefined {
  if (value === undefined) return undefined
  const { url, key } = record(value)
  if (typeof url === 'string' && key instanceof Uint8Array) return { url, key }
  throw new BadArguments('not a picture')
}

function settingsChange(value: unknown): Partial<Settings> {
  const names: readonly string[] = ['readReceipts', 'typing', 'deliveryReceipts', 'linkPreviews']
  for (const [name, entry] of Object.entries(record(value))) {
    if (!names.includes(name) || typeof entry !== 'boolean') throw new BadArguments('not a setting')
  }
  return value as Partial<Settings>
}

function phraseWords(value: unknown): { index: number; word: string }[] {
  if (!Array.isArray(value)) throw new BadArguments('not a list')
  return value.map((entry: unknown) => {
    const { index, word } = record(entry)
    if (typeof index !== 'number') throw new BadArguments('not a number')
    return { index, word: string(word) }
  })
}

const changeTypes: Readonly<Record<keyof ConversationChange, 'boolean' | 'string' | 'number'>> = {
  pinned: 'boolean',
  muted: 'boolean',
  mutedUntil: 'number',
  blocked: 'boolean',
  accepted: 'boolean',
  markedUnread: 'boolean',
  verified: 'boolean',
  nickname: 'string',
  draft: 'string',
  draftQuote: 'string',
}

function conversationChange(value: unknown): ConversationChange {
  for (const [key, entry] of Object.entries(record(value))) {
    if (!Object.hasOwn(changeTypes, key) || typeof entry !== changeTypes[key as keyof ConversationChange]) {
      throw new BadArguments('not a change')
    }
    if (key === 'accepted' && entry !== true) throw new BadArguments('not a change')
  }
  return value as ConversationChange
}
