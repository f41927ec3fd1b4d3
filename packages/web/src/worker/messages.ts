/**
 * What the page and its worker say to each other. Everything is plain data; both sides parse what arrives, since a port
 * gives `unknown`.
 */
import type { ConversationSummary, HistorySnapshot, MessageView } from '@starling/client'
import { type ErrorRecord, parseErrorRecord } from './error-record.ts'
import type { ListDelta } from './list-delta.ts'
import { type ClientMethod, type HistoryMethod, isClientMethod, isHistoryMethod } from './methods.ts'
import { isRecord } from './plain-data.ts'

/** A `MessagePort`, a `Worker` seen from the page, the worker's own global scope, or a connection between tabs. */
export type Port = {
  /** What is in `transfer` changes hands, where the port can do that; else it is copied. */
  postMessage(message: unknown, transfer?: Transferable[]): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
}

/** Numbers that the page gives to its calls, and the worker to its open histories. */
export type CallId = number
export type HandleId = number

export type Request =
  | { readonly kind: 'call'; readonly id: CallId; readonly method: ClientMethod; readonly args: readonly unknown[] }
  | {
      readonly kind: 'callHistory'
      readonly id: CallId
      readonly handle: HandleId
      readonly method: HistoryMethod
      readonly args: readonly unknown[]
    }
  /** Nobody waits for this call any more. No answer. */
  | { readonly kind: 'cancel'; readonly id: CallId }
  | { readonly kind: 'close'; readonly id: CallId }

/** Bytes of a file that went through so far; `total` where it is known. */
export type Progress = { readonly bytes: number; readonly total?: number }

/** The device got or lost its network: Chromium tells windows, not their workers. No answer. */
export const networkChanged = 'networkChanged'

export type Mirrored = 'session' | 'conversations' | 'network' | 'settings' | 'events'

/** What changed since the state before of this history, or since nothing. */
export type HistoryDelta = Omit<HistorySnapshot, 'messages'> & { readonly messages: ListDelta<MessageView> }

export type Reply =
  /** The first of a client, which is another one if there was one before: of that nothing more comes. */
  | { readonly kind: 'connected' }
  | { readonly kind: 'result'; readonly id: CallId; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: CallId; readonly error: ErrorRecord }
  | { readonly kind: 'progress'; readonly id: CallId; readonly value: Progress }
  | { readonly kind: 'state'; readonly name: Exclude<Mirrored, 'conversations'>; readonly value: unknown }
  | { readonly kind: 'conversations'; readonly value: ListDelta<ConversationSummary> }
  | { readonly kind: 'historyState'; readonly handle: HandleId; readonly value: HistoryDelta }
  /** There is no client and there will be none: all calls fail. */
  | { readonly kind: 'broken'; readonly error: ErrorRecord }

/** `undefined`: not a request of ours. Arguments are parsed by the method's own parser. */
export function parseRequest(data: unknown): Request | undefined {
  if (!isRecord(data) || typeof data['id'] !== 'number') return undefined
  const { id, method, args, handle } = data
  if (data['kind'] === 'close' || data['kind'] === 'cancel') return { kind: data['kind'], id }
  if (!Array.isArray(args)) return undefined
  if (data['kind'] === 'call' && isClientMethod(method)) return { kind: 'call', id, method, args }
  if (data['kind'] === 'callHistory' && isHistoryMethod(method) && typeof handle === 'number') {
    return { kind: 'callHistory', id, handle, method, args }
  }
  return undefined
}

/** `undefined`: not a reply of ours. */
export function parseReply(data: unknown): Reply | undefined {
  if (!isRecord(data)) return undefined
  const { id, value, name, handle } = data
  switch (data['kind']) {
    case 'connected':
      return { kind: 'connected' }
    case 'result':
      return typeof id === 'number' ? { kind: 'result', id, value } : undefined
    case 'error':
      return typeof id === 'number' ? { kind: 'error', id, error: parseErrorRecord(data['error']) } : undefined
    case 'progress':
      return typeof id === 'number' && isProgress(value) ? { kind: 'progress', id, value } : undefined
    case 'state':
      return isSnapshotOf(name, value) ? { kind: 'state', name, value } : undefined
    case 'conversations':
      return isListDelta(value) ? { kind: 'conversations', value: value as ListDelta<ConversationSummary> } : undefined
    case 'historyState':
      return typeof handle === 'number' && isHistoryDelta(value) ? { kind: 'historyState', handle, value } : undefined
    case 'broken':
      return { kind: 'broken', error: parseErrorRecord(data['error']) }
    default:
      return undefined
  }
}

function isSnapshotOf(name: unknown, value: unknown): name is Exclude<Mirrored, 'conversations'> {
  switch (name) {
    case 'session':
      return isRecord(value) && typeof value['kind'] === 'string'
    case 'settings':
      return isRecord(value)
    case 'events':
      return Array.isArray(value)
    case 'network':
      return isRecord(value) && isRecord(value['connection']) && Array.isArray(value['swarm'])
    default:
      return false
  }
}

function isProgress(value: unknown): value is Progress {
  if (!isRecord(value) || typeof value['bytes'] !== 'number') return false
  return value['total'] === undefined || typeof value['total'] === 'number'
}

function isHistoryDelta(value: unknown): value is HistoryDelta {
  return isRecord(value) && isListDelta(value['messages']) && typeof value['unread'] === 'number'
}

function isListDelta(value: unknown): value is ListDelta<{ readonly id: string }> {
  const isEntry = (entry: unknown): boolean =>
    typeof entry === 'number' || (isRecord(entry) && typeof entry['id'] === 'string')
  return Array.isArray(value) && value.every(isEntry)
}
