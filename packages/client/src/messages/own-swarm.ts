/** What the own swarm holds of our messages: deleted, shortened, and for how long. docs/protocol/storage-rpc.md. */
import {
  type AccountKeys,
  type Crypto,
  type DeleteParams,
  type ExpireParams,
  type GetExpiriesParams,
  METHODS,
  type MessageHash,
  ownerSigner,
  seconds,
  signRequest,
  type UnixMillis,
  unixMillis,
} from '@starling/protocol'
import type { NetworkTime } from '../network-time.ts'
import { RequestError } from '../swarm/request-error.ts'
import type { SwarmRequests } from '../swarm/swarm-requests.ts'
import type { SwarmJob } from './outbox-record.ts'

/** Of one request. */
const MAX_HASHES = 100
/** A time that is over by the time of the request is refused. */
const LEAST = seconds(5)
/** So that no member alone can say that a message is over. */
const WITNESSES = 2

export type OwnSwarmOptions = {
  readonly crypto: Crypto
  readonly keys: AccountKeys
  readonly requests: SwarmRequests
  readonly time: NetworkTime
}

export class OwnSwarm {
  readonly #options: OwnSwarmOptions

  constructor(options: OwnSwarmOptions) {
    this.#options = options
  }

  /** Done by one member, which tells the others. @throws {RequestError} */
  async change(job: SwarmJob, signal: AbortSignal): Promise<void> {
    for (let from = 0; from < job.hashes.length; from += MAX_HASHES) {
      const messages = job.hashes.slice(from, from + MAX_HASHES)
      if (job.kind === 'delete') await this.#delete(messages, signal)
      else await this.#shorten(messages, job.until, signal)
    }
  }

  /**
   * Until when the swarm keeps these messages: of what two members say the later; what neither has is left out.
   *
   * @throws {RequestError} of the last member that failed, if fewer than two answer, or fewer than the swarm has
   */
  async expiries(hashes: readonly MessageHash[], signal: AbortSignal): Promise<ReadonlyMap<MessageHash, UnixMillis>> {
    const { keys, requests } = this.#options
    const asked = new Set(hashes)
    const found = new Map<MessageHash, UnixMillis>()
    const members = requests.membersOf(keys.accountId)
    const needed = Math.max(1, Math.min(WITNESSES, members.length))
    let answers = 0
    let failure = new RequestError('no_swarm')
    for (const member of members) {
      try {
        const { expiries } = await requests.callMember(member, 'get_expiries', () => this.#asking(hashes), { signal })
        for (const { hash, expiry } of expiries) {
          if (asked.has(hash)) found.set(hash, unixMillis(Math.max(expiry, found.get(hash) ?? 0)))
        }
        if (++answers === needed) return found
      } catch (error) {
        if (!(error instanceof RequestError)) throw error
        failure = error
      }
    }
    throw failure
  }

  #asking(messages: readonly MessageHash[]): GetExpiriesParams {
    const { keys, time } = this.#options
    const unsigned = { owner: keys.accountId, messages, timestamp: time.now() }
    return this.#sign((signer) => signRequest<GetExpiriesParams>(METHODS.get_expiries, unsigned, signer))
  }

  async #delete(messages: readonly MessageHash[], signal: AbortSignal): Promise<void> {
    const { keys, requests } = this.#options
    const unsigned = { owner: keys.accountId, messages, required: false }
    const params = this.#sign((signer) => signRequest<DeleteParams>(METHODS.delete, unsigned, signer))
    await requests.callSwarm(keys.accountId, 'delete', () => params, { signal })
  }

  async #shorten(messages: readonly MessageHash[], until: UnixMillis, signal: AbortSignal): Promise<void> {
    const { keys, requests, time } = this.#options
    const params = () => {
      const expiries = [unixMillis(Math.max(until, time.now() + LEAST))]
      const unsigned = { owner: keys.accountId, messages, expiries, change: 'shorten' } as const
      return this.#sign((signer) => signRequest<ExpireParams>(METHODS.expire, unsigned, signer))
    }
    await requests.callSwarm(keys.accountId, 'expire', params, { signal })
  }

  #sign<T>(fn: (signer: ReturnType<typeof ownerSigner>) => T): T {
    const { crypto, keys } = this.#options
    return keys.signing.secretKey.use((key) => fn(ownerSigner(crypto, key, { account: true })))
  }
}
