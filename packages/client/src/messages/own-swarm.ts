/** What the own swarm holds of our messages: deleted and shortened. docs/protocol/storage-rpc.md. */
import {
  type AccountKeys,
  type Crypto,
  type DeleteParams,
  type ExpireParams,
  METHODS,
  type MessageHash,
  ownerSigner,
  seconds,
  signRequest,
  type UnixMillis,
  unixMillis,
} from '@starling/protocol'
import type { NetworkTime } from '../network-time.ts'
import type { SwarmRequests } from '../swarm/swarm-requests.ts'
import type { SwarmJob } from './outbox-record.ts'

/** Of one request. */
const MAX_HASHES = 100
/** A time that is over by the time of the request is refused. */
const LEAST = seconds(5)

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
