/** The worker's side: runs the calls of the page on a client, and mirrors the client's states. */
import type { Client, ConversationList, History, HistorySnapshot } from '@starling/client'
import { type ErrorRecord, toErrorRecord } from './error-record.ts'
import { listDelta } from './list-delta.ts'
import {
  type CallId,
  type HandleId,
  type Mirrored,
  type Port,
  parseRequest,
  type Reply,
  type Request,
} from './messages.ts'
import { clientMethods, historyMethods, isForItsCaller, type Watch } from './methods.ts'
import { transferOf, withOwnBuffer } from './transfer.ts'

/**
 * Serves one page; returns what ends that. Calls that come before the client is open wait for it; if it cannot be opened, all
 * of them fail. A page that goes does not end the client: others may use it.
 */
export function serveClient(port: Port, opening: Promise<Client>): () => Promise<void> {
  const server = new ClientServer(port, opening)
  port.addEventListener('message', (event) => {
    const request = parseRequest(event.data)
    if (request?.kind === 'cancel') server.cancel(request.id)
    else if (request !== undefined) void server.answer(request)
  })
  port.postMessage({ kind: 'connected' } satisfies Reply)
  void server.mirror()
  return () => server.end()
}

const MIRRORED = ['network', 'settings', 'events', 'session'] as const satisfies readonly Mirrored[]

type Question = Exclude<Request, { kind: 'cancel' }>
type OpenHistory = { readonly history: History; readonly stop: () => void }

/** Makes the reply when it is sent: of what changes often, only the last state is compared and sent. */
type LateReply = () => Reply

class ClientServer {
  readonly #port: Port
  readonly #opening: Promise<Client>
  readonly #histories = new Map<HandleId, OpenHistory>()
  /** Calls under way. */
  readonly #calls = new Map<CallId, { readonly life: AbortController; readonly endsWithPage: boolean }>()
  readonly #pending = new Map<string, LateReply>()
  readonly #stops: (() => void)[] = []
  #nextHandle = 1
  #toldConversations: ConversationList = []
  #isEnded = false

  constructor(port: Port, opening: Promise<Client>) {
    this.#port = port
    this.#opening = opening
  }

  async mirror(): Promise<void> {
    try {
      const client = await this.#opening
      if (this.#isEnded) return
      // The session last: when a page knows that it is ready, it has all that a ready one shows.
      this.#stops.push(client.conversations.subscribe((list) => this.#queue('conversations', () => this.#tell(list))))
      for (const name of MIRRORED) {
        this.#stops.push(client[name].subscribe((value) => this.#queue(name, () => ({ kind: 'state', name, value }))))
      }
      this.#flush()
    } catch (error) {
      this.#post({ kind: 'broken', error: toErrorRecord(error) })
    }
  }

  /** Never rejects: every outcome is a reply. */
  async answer(request: Question): Promise<void> {
    const { id } = request
    const life = new AbortController()
    const endsWithPage = request.kind === 'call' && isForItsCaller(request.method)
    this.#calls.set(id, { life, endsWithPage })
    const onProgress: Watch['onProgress'] = (value) => this.#post({ kind: 'progress', id, value })
    try {
      const value = await this.#run(request, { signal: life.signal, onProgress })
      this.#reply(id, { value: withOwnBuffer(value) })
    } catch (error) {
      this.#reply(id, { error: toErrorRecord(error) })
    } finally {
      this.#calls.delete(id)
    }
  }

  cancel(id: CallId): void {
    this.#calls.get(id)?.life.abort()
  }

  async #run(request: Question, watch: Watch): Promise<unknown> {
    const client = await this.#opening
    watch.signal.throwIfAborted()
    switch (request.kind) {
      case 'call': {
        const value: unknown = await clientMethods[request.method](client, request.args, watch)
        return request.method === 'history' ? this.#keep(value as History) : value
      }
      case 'callHistory':
        return this.#runHistory(request, watch)
      case 'close':
        return this.end()
    }
  }

  async #runHistory({ handle, method, args }: Request & { kind: 'callHistory' }, watch: Watch): Promise<unknown> {
    const open = this.#histories.get(handle)
    if (open === undefined) return undefined // disposed while the call was on its way
    if (method === 'dispose') {
      open.stop()
      this.#histories.delete(handle)
      this.#pending.delete(`history ${handle}`)
    }
    return historyMethods[method](open.history, args, watch)
  }

  async #keep(history: History): Promise<HandleId | undefined> {
    if (this.#isEnded) return void (await history[Symbol.asyncDispose]())
    const handle = this.#nextHandle++
    let told: HistorySnapshot['messages'] = []
    const tell = (state: HistorySnapshot): Reply => {
      const messages = listDelta(told, state.messages)
      told = state.messages
      return { kind: 'historyState', handle, value: { ...state, messages } }
    }
    const stop = history.state.subscribe((state) => this.#queue(`history ${handle}`, () => tell(state)))
    this.#histories.set(handle, { history, stop })
    return handle
  }

  async end(): Promise<void> {
    this.#isEnded = true
    for (const { life, endsWithPage } of this.#calls.values()) if (endsWithPage) life.abort()
    for (const stop of this.#stops.splice(0)) stop()
    const open = [...this.#histories.values()]
    this.#histories.clear()
    for (const { stop } of open) stop()
    await Promise.allSettled(open.map(({ history }) => history[Symbol.asyncDispose]()))
  }

  #tell(list: ConversationList): Reply {
    const value = listDelta(this.#toldConversations, list)
    this.#toldConversations = list
    return { kind: 'conversations', value }
  }

  /** A burst of changes becomes one message with the last state of each kind. */
  #queue(key: string, reply: LateReply): void {
    if (this.#pending.size === 0) setTimeout(() => this.#flush(), 0)
    this.#pending.set(key, reply)
  }

  #flush(): void {
    for (const reply of this.#pending.values()) this.#post(reply())
    this.#pending.clear()
  }

  /** What changed before a call ended reaches the page before the call's result. */
  #reply(id: CallId, outcome: { value: unknown } | { error: ErrorRecord }): void {
    this.#flush()
    this.#post('error' in outcome ? { kind: 'error', id, error: outcome.error } : { kind: 'result', id, ...outcome })
  }

  #post(reply: Reply): void {
    this.#port.postMessage(reply, transferOf(reply))
  }
}
