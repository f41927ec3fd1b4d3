/** The calls that cross the port, and the parsers of their arguments: nothing else of the client can be reached from the page. */
import type { Client, ConversationChange, ConversationId, History, MessageId } from '@starling/client'
import { isRecord } from './plain-data.ts'

/** Runs a call with arguments of unknown form; throws {@link BadArguments}, if they do not fit. */
type Run<Target> = (target: Target, args: readonly unknown[]) => PromiseLike<unknown>

export class BadArguments extends TypeError {}

export const clientMethods = {
  createAccount: (client, [options]) => client.createAccount({ displayName: string(record(options)['displayName']) }),
  restoreAccount: (client, [options]) => client.restoreAccount({ phrase: string(record(options)['phrase']) }),
  setDisplayName: (client, [name]) => client.setDisplayName(string(name)),
  revealPhrase: (client) => client.revealPhrase(),
  confirmPhrase: (client, [words]) => client.confirmPhrase(phraseWords(words)),
  eraseDevice: (client) => client.eraseDevice(),
  startConversation: (client, [accountId]) => client.startConversation(string(accountId)),
  send: (client, [conversation, text]) => client.send(conversationId(conversation), string(text)),
  retry: (client, [message]) => client.retry(messageId(message)),
  deleteForMe: (client, [message]) => client.deleteForMe(messageId(message)),
  history: (client, [conversation]) => client.history(conversationId(conversation)),
  updateConversation: (client, [conversation, change]) =>
    client.updateConversation(conversationId(conversation), conversationChange(change)),
  deleteConversation: (client, [conversation]) => client.deleteConversation(conversationId(conversation)),
} as const satisfies Readonly<Record<string, Run<Client>>>

export const historyMethods = {
  loadOlder: (history) => history.loadOlder(),
  loadNewer: (history) => history.loadNewer(),
  jumpToLatest: (history) => history.jumpToLatest(),
  markRead: (history, [upTo]) => history.markRead(messageId(upTo)),
  dispose: (history) => history[Symbol.asyncDispose](),
} as const satisfies Readonly<Record<string, Run<History>>>

export type ClientMethod = keyof typeof clientMethods
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

function string(value: unknown): string {
  if (typeof value !== 'string') throw new BadArguments('not a string')
  return value
}

function conversationId(value: unknown): ConversationId {
  return string(value) as ConversationId
}

function messageId(value: unknown): MessageId {
  return string(value) as MessageId
}

function phraseWords(value: unknown): { index: number; word: string }[] {
  if (!Array.isArray(value)) throw new BadArguments('not a list')
  return value.map((entry: unknown) => {
    const { index, word } = record(entry)
    if (typeof index !== 'number') throw new BadArguments('not a number')
    return { index, word: string(word) }
  })
}

const changeTypes: Readonly<Record<keyof ConversationChange, 'boolean' | 'string'>> = {
  pinned: 'boolean',
  muted: 'boolean',
  blocked: 'boolean',
  accepted: 'boolean',
  markedUnread: 'boolean',
  nickname: 'string',
  draft: 'string',
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
