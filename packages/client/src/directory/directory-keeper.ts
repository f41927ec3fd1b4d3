/**
 * The directory as this client has it. Invariants: what is published was verified with the network file, whoever delivered
 * it; an epoch never goes back, also not over a restart; an expired document is used on, as stale, until there is a newer one.
 */
import {
  acceptDocument,
  applyDocumentChanges,
  type Crypto,
  DIRECTORY_CHANGES,
  DIRECTORY_UNCHANGED,
  type DirectoryDocument,
  DirectoryError,
  documentHash,
  FrameKind,
  MessengerError,
  type Millis,
  millis,
  type NetworkFile,
  type RandomBytes,
  seconds,
  unixMillis,
  verifyDocument,
} from '@starling/protocol'
import { backoff, type Clock, type Link, type LinkReply, type Logger, randomInteger, shuffle } from '@starling/runtime'
import type { NetworkTime } from '../network-time.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import type { Transport } from '../transport/transport.ts'
import type { DirectoryProblem } from './directory.ts'
import { DocumentKeeper } from './document-keeper.ts'

const FETCH_TIMEOUT = seconds(10)
/** With a document that will do, guards have so long to be there first: they say what has changed, others give all of it. */
const START_PATIENCE = seconds(5)
const RETRY_BASE = millis(500)
const RETRY_LIMIT = seconds(20)
/** However often somebody asks for a refresh. */
const SHORTEST_INTERVAL = seconds(2)

export type DirectoryKeeperOptions = {
  readonly network: NetworkFile
  readonly crypto: Crypto
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly transport: Transport
  readonly time: NetworkTime
  /** Links that are up now, asked before any bootstrap URL. */
  readonly links: () => readonly Link[]
}

export class DirectoryKeeper extends DocumentKeeper {
  readonly #options: DirectoryKeeperOptions

  constructor(options: DirectoryKeeperOptions, store: SealedStore) {
    super(options, store, 'directory')
    this.#options = options
  }

  override async run(signal: AbortSignal): Promise<void> {
    const { clock, transport } = this.#options
    const stopListening = transport.onNetworkChange(() => this.refreshSoon())
    let failures = 0
    try {
      if (this.#usable !== undefined) await this.wakeUp.sleep(START_PATIENCE, signal)
      while (!signal.aborted) {
        const isUpToDate = await this.#fetch(signal)
        failures = isUpToDate ? 0 : failures + 1
        await clock.sleep(SHORTEST_INTERVAL, { signal })
        await this.wakeUp.sleep(this.#pause(failures), signal)
      }
    } finally {
      stopListening()
    }
  }

  #pause(failures: number): Millis {
    const { random, network } = this.#options
    if (failures > 0) return backoff({ attempt: failures, base: RETRY_BASE, limit: RETRY_LIMIT, random })
    const { epochLength } = network.parameters
    // Full periods on average; jittered, so that clients do not ask in step.
    return millis(Math.floor(epochLength * 0.75) + randomInteger(random, Math.floor(epochLength / 2) + 1))
  }

  /** Asks one place after the other until one gives a document that is not stale. */
  async #fetch(signal: AbortSignal): Promise<boolean> {
    let problem: DirectoryProblem = 'unavailable'
    for (const ask of this.#places()) {
      try {
        const encoded = await ask(signal)
        if (encoded !== undefined) await this.#judge(encoded)
        if (!this.isStale) {
          this.setProblem(undefined)
          return true
        }
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof MessengerError)) throw error
        if (error.code === 'wrong_network') problem = 'wrong_network'
        this.#options.logger.debug('directory.fetch_failed', { code: error.code })
      }
    }
    this.setProblem(problem)
    return false
  }

  /** The document that we have, unless it is stale: then nobody is told which one it is. */
  get #usable(): DirectoryDocument | undefined {
    return this.isStale ? undefined : this.document
  }

  /** Each gives an encoded document; or nothing, if it has none but ours. */
  #places(): ((signal: AbortSignal) => Promise<Uint8Array | undefined>)[] {
    const { random, links, network, transport } = this.#options
    return [
      ...shuffle(random, links()).map((link) => (signal: AbortSignal) => this.#askLink(link, signal)),
      ...shuffle(random, network.bootstrap).map(
        (url) => (signal: AbortSignal) => transport.fetchDirectory(url, { signal }),
      ),
    ]
  }

  /** What has changed, if it can tell; else all of it. */
  async #askLink(link: Link, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const known = this.#usable
    if (known === undefined) return askWhole(link, signal)
    const { status, body } = await request(link, documentHash(this.#options.crypto, known), signal)
    if (status === DIRECTORY_UNCHANGED) return undefined
    if (status !== DIRECTORY_CHANGES) return wholeOf({ status, body })
    try {
      const whole = applyDocumentChanges(known, body)
      verifyDocument(this.#options.crypto, this.#options.network, whole)
      return whole
    } catch (error) {
      if (!(error instanceof DirectoryError)) throw error
      this.#options.logger.warn('directory.changes_refused', { code: error.code })
      return askWhole(link, signal)
    }
  }

  /** @throws {DirectoryError} */
  async #judge(encoded: Uint8Array): Promise<void> {
    const { crypto, network, time, logger } = this.#options
    const document = verifyDocument(crypto, network, encoded)
    // Its signed start is evidence of time: who has a clock that is behind must be able to join all the same.
    const now = unixMillis(Math.max(time.now(), document.validAfter))
    const acceptance = acceptDocument(this.document, document, now)
    switch (acceptance.kind) {
      case 'refused':
        logger.warn('directory.refused', { reason: acceptance.reason })
        return
      case 'known':
        return
      case 'accepted':
        await this.take(document)
    }
  }

  /** Nothing, if it does not belong to this network. */
  protected override readStored(encoded: Uint8Array): DirectoryDocument | undefined {
    try {
      return verifyDocument(this.#options.crypto, this.#options.network, encoded)
    } catch (error) {
      if (!(error instanceof DirectoryError)) throw error
      this.#options.logger.warn('directory.stored_refused', { code: error.code })
      return undefined
    }
  }

  protected override learnTime({ validAfter, entries }: DirectoryDocument): void {
    this.#options.time.learnDirectory(validAfter, entries.length)
  }
}

async function askWhole(link: Link, signal: AbortSignal): Promise<Uint8Array> {
  return wholeOf(await request(link, new Uint8Array(), signal))
}

function request(link: Link, payload: Uint8Array, signal: AbortSignal): Promise<LinkReply> {
  return link.request(FrameKind.directory, payload, { signal, timeout: FETCH_TIMEOUT })
}

function wholeOf({ status, body }: LinkReply): Uint8Array {
  if (status !== 200) throw new DirectoryError('malformed', `status ${status}`)
  return body
}
