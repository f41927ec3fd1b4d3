/**
 * The list of nodes of a compatible network as this client has it. Invariants: a node comes in only when all of three nodes
 * name it, or more than half of the seeds that answer; one of them alone changes nothing; a list that shrank by half is
 * taken from seeds only; the last one is used on, as stale, until there is another. docs/protocol/storage-servers.md §2.
 */
import {
  CodecError,
  type DirectoryDocument,
  decodeDocument,
  hours,
  isJsonObject,
  type JsonObject,
  MessengerError,
  millis,
  type NodeEntry,
  parseJsonObject,
  type RandomBytes,
  seconds,
} from '@starling/protocol'
import { backoff, type Clock, type Logger, shuffle } from '@starling/runtime'
import { DocumentKeeper } from '../directory/document-keeper.ts'
import type { NetworkTime } from '../network-time.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import type { Transport } from '../transport/transport.ts'
import { agreeOnNodes, documentOfList, NODE_LIST_PARAMS, type NodeList, parseNodeList } from './node-list.ts'

const NODES_ASKED = 3
/** Fewer are no crowd to hide in: then seeds are asked. */
const SMALLEST_LIST = 24
const REFRESH_INTERVAL = hours(12)
/** However often somebody says that it is old: a list is large. */
const SHORTEST_INTERVAL = seconds(30)
const RETRY_BASE = seconds(1)
const RETRY_LIMIT = seconds(60)

export type NodeListKeeperOptions = {
  readonly seeds: readonly string[]
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly transport: Transport
  readonly time: NetworkTime
  readonly isConnected: () => boolean
  /** Asks a node through a path; the body of its answer. @throws {MessengerError} */
  readonly ask: (node: NodeEntry, request: NodeRequest, signal: AbortSignal) => Promise<unknown>
}

export type NodeRequest = { readonly method: string; readonly params: JsonObject }

export class NodeListKeeper extends DocumentKeeper {
  readonly #options: NodeListKeeperOptions

  constructor(options: NodeListKeeperOptions, store: SealedStore) {
    super(options, store, 'node-list')
    this.#options = options
  }

  override async run(signal: AbortSignal): Promise<void> {
    const { clock, random, transport } = this.#options
    const stopListening = transport.onNetworkChange(() => {
      if (this.document === undefined) this.refreshSoon()
    })
    let failures = 0
    try {
      // One that was stored a while ago is good enough to begin with.
      if (this.document !== undefined && !this.isStale) await this.wakeUp.sleep(REFRESH_INTERVAL, signal)
      while (!signal.aborted) {
        const list = (await this.#fromNodes(signal)) ?? (await this.#fromSeeds(signal))
        failures = list === undefined ? failures + 1 : 0
        this.setProblem(list === undefined ? 'unavailable' : undefined)
        if (list !== undefined) await this.take(documentOfList(list, this.#options.time.now()))
        const retry = backoff({ attempt: failures, base: RETRY_BASE, limit: RETRY_LIMIT, random })
        if (list !== undefined) await clock.sleep(SHORTEST_INTERVAL, { signal })
        await this.wakeUp.sleep(failures > 0 ? millis(retry + RETRY_BASE) : REFRESH_INTERVAL, signal)
      }
    } finally {
      stopListening()
    }
  }

  /** `undefined`, if there are too few nodes to ask or what they say is not enough. */
  async #fromNodes(signal: AbortSignal): Promise<NodeList | undefined> {
    const { ask, isConnected, random } = this.#options
    const known = this.view.snapshot?.nodes
    if (known === undefined || known.size < SMALLEST_LIST || !isConnected()) return undefined
    const params = { endpoint: 'get_service_nodes', params: NODE_LIST_PARAMS }
    const asked = shuffle(random, [...known.values()]).slice(0, NODES_ASKED)
    const lists = await this.#lists(asked, signal, async (node) => {
      const body = await ask(node, { method: 'oxend_request', params }, signal)
      return isJsonObject(body) ? body['result'] : undefined
    })
    if (lists.length < 2) return undefined
    const agreed = agreeOnNodes(lists, { known, needed: 2, neededForNew: NODES_ASKED })
    return agreed.nodes.size < Math.max(SMALLEST_LIST, known.size / 2) ? undefined : agreed
  }

  async #fromSeeds(signal: AbortSignal): Promise<NodeList | undefined> {
    const { seeds, transport } = this.#options
    const lists = await this.#lists(seeds, signal, async (url) => {
      const json = parseJsonObject(await transport.fetchDirectory(url, { signal }))
      return json?.['result']
    })
    if (lists.length === 0) return undefined
    const majority = Math.floor(lists.length / 2) + 1
    const agreed = agreeOnNodes(lists, { needed: majority, neededForNew: majority })
    return agreed.nodes.size === 0 ? undefined : agreed
  }

  /** The lists of those that gave one. */
  async #lists<From>(
    sources: readonly From[],
    signal: AbortSignal,
    ask: (source: From) => Promise<unknown>,
  ): Promise<readonly NodeList[]> {
    const found = await Promise.all(
      sources.map(async (source) => {
        try {
          return parseNodeList(await ask(source))
        } catch (error) {
          signal.throwIfAborted()
          if (!(error instanceof MessengerError)) throw error
          this.#options.logger.debug('node_list.fetch_failed', { code: error.code })
          return undefined
        }
      }),
    )
    return found.filter((list) => list !== undefined)
  }

  protected override readStored(encoded: Uint8Array): DirectoryDocument | undefined {
    try {
      return decodeDocument(encoded)
    } catch (error) {
      if (!(error instanceof CodecError)) throw error
      this.#options.logger.warn('node_list.stored_refused', { code: error.code })
      return undefined
    }
  }

  /** Nobody signed it, so it is no evidence of the time. */
  protected override learnTime({ entries }: DirectoryDocument): void {
    this.#options.time.learnNodes(entries.length)
  }
}
