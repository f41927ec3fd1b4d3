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
  createAccount: (client, [options], watch) =>
    client.createAccount({ ...watch, displayName: string(record(options)['displayName']) }),
  restoreAccount: (client, [options], watch) =>
    client.restoreAccount({ ...watch, phrase: string(record(options)['phrase']) }),
  setDisplayName: (client, [name], watch) => client.setDisplayName(string(name), watch),
  revealPhrase: (client, _, watch) => client.revealPhrase(watch),
  confirmPhrase: (client, [words], watch) => client.confirmPhrase(phraseWords(words), watch),
  eraseDevice: (client, _, watch) => client.eraseDevice(watch),
  startConversation: (client, [accountId], watch) => client.startConversation(string(accountId), watch),
  setProfilePicture: (client, [picture], watch) => client.setProfilePicture(profilePicture(picture), watch),
  changeSettings: (client, [change], watch) => client.changeSettings(settingsChange(change), watch),
  send: (client, [conversation, draft], watch) => client.send(conversationId(conversation), messageDraft(draft), watch),
  react: (client, [message, emoji], watch) => client.react(messageId(message), string(emoji), watch),
  removeReaction: (client, [message, emoji], watch) => client.removeReaction(messageId(message), string(emoji), watch),
  deleteMessages: (client, [messages, scope], watch) =>
    client.deleteMessages(messageIds(messages), deletionScope(scope), watch),
  setExpiration: (client, [conversation, value], watch) =>
    client.setExpiration(conversationId(conversation), expiration(value), watch),
  setTyping: (client, [conversation, isTyping], watch) =>
    client.setTyping(conversationId(conversation), isTyping === true, watch),
  reportMediaSaved: (client, [message], watch) => client.reportMediaSaved(messageId(message), watch),
  flush: (client, _, watch) => client.flush(watch),
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
  keptFile: (client, [message, index], watch) => client.files.kept(messageId(message), wholeNumber(index), watch),
  keptUsage: (client, _, watch) => client.files.keptUsage(watch),
  forgetKept: (client, _, watch) => client.files.forgetKept(watch),
  retry: (client, [message], watch) => client.retry(messageId(message), watch),
  deleteForMe: (client, [message], watch) => client.deleteForMe(messageId(message), watch),
  history: (client, [conversation], watch) => client.history(conversationId(conversation), watch),
  updateConversation: (client, [conversation, change], watch) =>
    client.updateConversation(conversationId(conversation), conversationChange(change), watch),
  safetyNumber: (client, [conversation], watch) => client.safetyNumber(conversationId(conversation), watch),
  deleteConversation: (client, [conversation], watch) => client.deleteConversation(conversationId(conversation), watch),
  search: (client, [query, options], watch) => client.search(string(query), { ...searchOptions(options), ...watch }),
  hasPassphrase: (client, _, watch) => client.hasPassphrase(watch),
  setPassphrase: (client, [change], watch) => client.setPassphrase(passphraseChange(change), watch),
  lock: (client, _, watch) => client.lock(watch),
  unlock: (client, [passphrase], watch) => client.unlock(string(passphrase), watch),
  exportArchive: (client, [passphrase], watch) =>
    collectBlob(client.exportArchive({ ...watch, passphrase: string(passphrase) })),
  exportReadable: async (client, [media], watch) => {
    const files = []
    for await (const { path, content } of client.exportReadable({ ...watch, media: media === true }))
      files.push({ path, content: await collectBlob(content) })
    return files
  },
  importArchive: (client, [archive, passphrase, keepsPart], watch) =>
    client.importArchive(chunksOf(blob(archive)), {
      ...watch,
      passphrase: string(passphrase),
      keepsPart: keepsPart === true,
    }),
} as const satisfies Readonly<Record<string, Run<Client>>>

export const historyMethods = {
  loadOlder: (history, _, watch) => history.loadOlder(watch),
  loadNewer: (history, _, watch) => history.loadNewer(watch),
  jumpToLatest: (history, _, watch) => history.jumpToLatest(watch),
  jumpTo: (history, [message], watch) => history.jumpTo(messageId(message), watch),
  markRead: (history, [upTo], watch) => history.markRead(messageId(upTo), watch),
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
  ...(['downloadFile', 'downloadPicture', 'previewLink', 'keptFile', 'keptUsage', 'forgetKept'] as const),
  ...(['lock', 'unlock', 'exportArchive', 'exportReadable'] as const),
])

export function isRepeatable(method: ClientMethod): boolean {
  return REPEATABLE.has(method)
}

/** Of no use when the page that asked is gone. What was to be written is written all the same. */
const FOR_ITS_CALLER: ReadonlySet<ClientMethod> = new Set<ClientMethod>([
  ...(['uploadFile', 'uploadPicture', 'downloadFile', 'downloadPicture', 'previewLink', 'keptFile'] as const),
  ...(['search', 'flush', 'exportArchive', 'exportReadable'] as const),
])

export function isForItsCaller(method: ClientMethod): boolean {
  return FOR_ITS_CALLER.has(method)
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
