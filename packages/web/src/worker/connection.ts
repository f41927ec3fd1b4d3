/**
 * The page's end of the port to a client. Which tab has the client may change: then another one answers, which says
 * `connected`. Invariants: calls wait until the client that answers knows its session, and its states are shown from then on, so
 * that a page does not fall back to the beginning; of the calls that were under way only those are repeated that do no harm twice.
 */
import type { ConversationList, HistorySnapshot } from '@starling/client'
import { RemoteError, reviveError } from './error-record.ts'
import { applyListDelta } from './list-delta.ts'
import {
  type CallId,
  type HandleId,
  type HistoryDelta,
  type Mirrored,
  type Port,
  type Progress,
  parseReply,
  type Reply,
} from './messages.ts'
import { isRecord } from './plain-data.ts'
import { transferOf } from './transfer.ts'

type PendingCall = {
  readonly request: Readonly<Record<string, unknown>>
  readonly isRepeatable: boolean
  readonly signal: AbortSignal | undefined
  readonly onProgress: CallOptions['onProgress']
  isAsked: boolean
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export type CallOptions = {
  /** Aborted: the client hears of it; how the call ends is what became of it there. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

export type ConnectionEvents = {
  state(name: Mirrored, value: unknown): void
  historyState(handle: HandleId, snapshot: HistorySnapshot): void
  /** Another client answers now: handles of the one before mean nothing. */
  changed(): void
  /** Once, if there is no client or no worker any more. */
  broken(code: string): void
}

export const LEADER_CHANGED = 'leader_changed'

export class Connection {
  readonly #port: Port
  readonly #events: ConnectionEvents
  readonly #calls = new Map<CallId, PendingCall>()
  readonly #held = new Map<Mirrored, unknown>()
  /** What the states that come next are compared with. */
  readonly #messages = new Map<HandleId, HistorySnapshot['messages']>()
  #conversations: ConversationList = []
  #nextCall = 1
  #connections = 0
  #isSettled = false
  #broken: Error | undefined

  constructor(port: Port, events: ConnectionEvents) {
    this.#port = port
    this.#events = events
    port.addEventListener('message', (event) => {
      const reply = parseReply(event.data)
      if (reply !== undefined) this.#receive(reply)
    })
  }

  /**
   * `isRepeatable`: asked twice, it does no harm.
   *
   * @throws {RemoteError} `leader_changed`: the client that was asked is gone, and whether it did it nobody knows
   */
  async request(
    request: Readonly<Record<string, unknown>>,
    isRepeatable: boolean,
    { signal, onProgress }: CallOptions = {},
  ): Promise<unknown> {
    signal?.throwIfAborted()
    if (this.#broken !== undefined) throw this.#broken
    const id = this.#nextCall++
    const answer = new Promise((resolve, reject) => {
      const call = { request, isRepeatable, signal, onProgress, isAsked: false, resolve, reject }
      this.#calls.set(id, call)
      if (this.#isSettled) this.#ask(id, call)
    })
    const cancel = (): void => this.#cancel(id)
    signal?.addEventListener('abort', cancel)
    try {
      return await answer
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** Says that this page goes, whether or not there is a client. Waits for nothing that comes before. */
  close(): Promise<unknown> {
    const id = this.#nextCall++
    return new Promise((resolve, reject) => {
      const call = {
        request: { kind: 'close' },
        isRepeatable: true,
        signal: undefined,
        onProgress: undefined,
        isAsked: false,
        resolve,
        reject,
      }
      this.#calls.set(id, call)
      this.#ask(id, call)
    })
  }

  /** Of this history nothing more comes. */
  forget(handle: HandleId): void {
    this.#messages.delete(handle)
  }

  /** Every call that waits fails, and so does every later one. */
  break(error: Error & { readonly code: string }): void {
    if (this.#broken !== undefined) return
    this.#broken = error
    for (const call of this.#calls.values()) call.reject(error)
    this.#calls.clear()
    this.#events.broken(error.code)
  }

  #ask(id: CallId, call: PendingCall): void {
    call.isAsked = true
    const request = { ...call.request, id }
    this.#port.postMessage(request, transferOf(request))
  }

  /** A write that has begun is finished: only the client knows. */
  #cancel(id: CallId): void {
    const call = this.#calls.get(id)
    if (call?.isAsked) this.#port.postMessage({ kind: 'cancel', id })
    else this.#take(id)?.reject(call?.signal?.reason as Error)
  }

  /** What called it off there has no code of ours: here the signal knows the reason. */
  #fail(id: CallId, error: Error & { readonly code: string }): void {
    const call = this.#take(id)
    const isCalledOff = call?.signal?.aborted === true && error.code === 'unknown'
    call?.reject(isCalledOff ? (call.signal?.reason as Error) : error)
  }

  #receive(reply: Reply): void {
    switch (reply.kind) {
      case 'connected':
        this.#connect()
        break
      case 'result':
        this.#take(reply.id)?.resolve(reply.value)
        break
      case 'error':
        this.#fail(reply.id, reviveError(reply.error))
        break
      case 'progress':
        this.#calls.get(reply.id)?.onProgress?.(reply.value)
        break
      case 'state':
        this.#hear(reply.name, reply.value)
        break
      case 'conversations':
        this.#conversations = applyListDelta(this.#conversations, reply.value) ?? []
        this.#hear('conversations', this.#conversations)
        break
      case 'historyState':
        this.#hearHistory(reply.handle, reply.value)
        break
      case 'broken':
        this.break(reviveError(reply.error))
    }
  }

  #connect(): void {
    this.#isSettled = false
    this.#held.clear()
    this.#messages.clear()
    this.#conversations = []
    for (const [id, call] of this.#calls) {
      if (call.signal?.aborted && call.isRepeatable) this.#take(id)?.reject(call.signal.reason as Error)
      else if (!call.isAsked || call.isRepeatable) call.isAsked = false
      else this.#take(id)?.reject(leaderChanged())
    }
    this.#connections++
    if (this.#connections > 1) this.#events.changed()
  }

  #hear(name: Mirrored, value: unknown): void {
    this.#held.set(name, value)
    const knowsSession = name === 'session' && isRecord(value) && value['kind'] !== 'opening'
    if (this.#isSettled || knowsSession) this.#settle()
  }

  #hearHistory(handle: HandleId, delta: HistoryDelta): void {
    const messages = applyListDelta(this.#messages.get(handle) ?? [], delta.messages) ?? []
    this.#messages.set(handle, messages)
    this.#events.historyState(handle, { ...delta, messages })
  }

  #settle(): void {
    this.#isSettled = true
    const held = [...this.#held]
    this.#held.clear()
    for (const [name, value] of held) this.#events.state(name, value)
    for (const [id, call] of [...this.#calls]) if (!call.isAsked) this.#ask(id, call)
  }

  #take(id: CallId): PendingCall | undefined {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    return call
  }
}

function leaderChanged(): RemoteError {
  return new RemoteError({ name: 'RemoteError', code: LEADER_CHANGED, fault: 'environment', fields: {} })
}
