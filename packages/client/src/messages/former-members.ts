/**
 * Members that left the own swarm, asked for what they still hold: not every network hands everything on when swarms change.
 * Invariant: who was a member when we last ran and is none now is asked, also after a restart, until it has nothing more,
 * says that it does not serve us, or fails three times.
 */
import {
  type AccountId,
  type DirectoryView,
  type NodeEntry,
  type NodeId,
  parseNodeId,
  type RandomBytes,
  seconds,
} from '@starling/protocol'
import { backoff, type Clock, type Logger, type Observable } from '@starling/runtime'
import * as z from 'zod/mini'
import { jsonRecord, Singleton } from '../store/json-record.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'
import { RequestError } from '../swarm/request-error.ts'
import type { SwarmRequests } from '../swarm/swarm-requests.ts'

const RETRY_BASE = seconds(2)
const RETRY_LIMIT = seconds(30)
const ATTEMPTS = 3
/** More pages than an account can have stored: a member that never ends is left. */
const MAX_PAGES = 500

const knownMembers = new Singleton(
  { table: TABLES.singletons, partition: 'swarm-members' },
  jsonRecord(z.array(z.string().check(z.regex(/^[0-9a-f]{64}$/))).check(z.maxLength(200))),
)

export type FormerMembersOptions = {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly store: SealedStore
  readonly self: AccountId
  readonly requests: SwarmRequests
  readonly view: Observable<DirectoryView | undefined>
  /** The swarm is another one than when we last looked: these are in it. */
  readonly onChanged: (members: readonly NodeId[]) => Promise<void>
  /** Asks one and handles what it gives; whether it has more. @throws {RequestError} */
  readonly take: (member: NodeEntry, signal: AbortSignal) => Promise<boolean>
}

export class FormerMembers {
  readonly #options: FormerMembersOptions

  constructor(options: FormerMembersOptions) {
    this.#options = options
  }

  /** Looks at the current swarm: asks who has left it, then remembers it. Does nothing without a directory. */
  async check(signal: AbortSignal): Promise<void> {
    const { requests, self, store, view } = this.#options
    const current = requests.swarmOf(self)?.members.map(({ descriptor }) => descriptor.nodeId)
    if (current === undefined) return
    const known = (await knownMembers.get(store)) ?? []
    const left = known.map(parseNodeId).filter((node) => !current.includes(node))
    const isSame = left.length === 0 && known.length === current.length
    if (!isSame && known.length > 0) await this.#options.onChanged(current)
    for (const node of left) {
      const member = view.snapshot?.nodes.get(node)
      if (member !== undefined) await this.#drain(member, signal)
    }
    if (!isSame) await store.write([knownMembers.put(current)])
  }

  async #drain(member: NodeEntry, signal: AbortSignal): Promise<void> {
    const { clock, random, logger, take } = this.#options
    let failures = 0
    for (let page = 0; page < MAX_PAGES; page++) {
      try {
        if (!(await take(member, signal))) return
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof RequestError)) throw error
        logger.debug('inbox.former_member_failed', { code: error.code })
        // It knows of the change as well, and serves us no more.
        if (error.code === 'wrong_swarm' || error.code === 'refused' || ++failures >= ATTEMPTS) return
        await clock.sleep(backoff({ attempt: failures, base: RETRY_BASE, limit: RETRY_LIMIT, random }), { signal })
      }
    }
  }
}
