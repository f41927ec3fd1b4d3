/** Stores the config objects in the own swarm, keeps their copies alive and deletes old ones. docs/protocol/config.md §6. */
import {
  type AccountKeys,
  activeHashes,
  buildConfigPush,
  type ConfigPush,
  type Crypto,
  confirmDeleted,
  confirmStored,
  type DeleteParams,
  days,
  type ExpireParams,
  MalformedInputError,
  METHODS,
  type MessageHash,
  type MethodResult,
  type NetworkFile,
  OWN_CONFIGS,
  type OwnConfigName,
  ownerSigner,
  type StoreParams,
  signRequest,
  type UnixMillis,
  unixMillis,
  verifyStoreReceipts,
} from '@starling/protocol'
import type { Logger } from '@starling/runtime'
import type { NetworkTime } from '../network-time.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import { RequestError } from '../swarm/request-error.ts'
import type { SwarmRequests } from '../swarm/swarm-requests.ts'
import type { ConfigStates } from './config-states.ts'

const TTL = days(30)
/** Of one sequence: one less than nodes take, so that a deletion fits behind the stores. */
const MAX_STORES = 19
/** More takes too long for one request on a slow line. */
const MAX_BYTES = 400_000
/** The rest goes with the next push. */
const MAX_DELETED = 1000

export type ConfigPusherOptions = {
  readonly crypto: Crypto
  readonly logger: Logger
  readonly network: NetworkFile
  readonly store: SealedStore
  readonly keys: AccountKeys
  readonly requests: SwarmRequests
  readonly time: NetworkTime
  readonly states: ConfigStates
}

type NamedPush = ConfigPush & { readonly name: OwnConfigName }
type Step = { readonly name: OwnConfigName; readonly data: Uint8Array; readonly hash: MessageHash }

export class ConfigPusher {
  readonly #options: ConfigPusherOptions

  constructor(options: ConfigPusherOptions) {
    this.#options = options
  }

  /**
   * Stores these objects, and deletes what they replace. What was stored is confirmed also if something later fails.
   *
   * @throws {RequestError | StoreError}
   */
  async push(names: readonly OwnConfigName[], signal: AbortSignal): Promise<void> {
    const { states, store } = this.#options
    const pushes = names.flatMap((name) => this.#build(name) ?? [])
    if (pushes.length === 0) return
    for (const { name, state } of pushes) states.set(name, state)
    await store.write(pushes.map(({ name }) => states.dump(name)))
    const obsolete = [...new Set(pushes.flatMap((each) => each.obsolete))].slice(0, MAX_DELETED)
    const batches = batchesOf(pushes)
    const stored = new Set<MessageHash>()
    for (const [i, batch] of batches.entries()) {
      const deleted = i === batches.length - 1 ? obsolete : []
      await this.#send(batch, deleted, signal)
      for (const { hash } of batch) stored.add(hash)
      const done = pushes.filter(({ hashes }) => hashes.every((hash) => stored.has(hash)))
      for (const push of done) {
        states.set(push.name, confirmDeleted(confirmStored(states.get(push.name), push), deleted))
      }
      // Lost with the power, it is stored again.
      await store.write(
        done.map(({ name }) => states.dump(name)),
        { durability: 'relaxed' },
      )
    }
  }

  /** Extends the life of all copies; the objects of which the swarm has lost one. @throws {RequestError} */
  async renew(signal: AbortSignal): Promise<readonly OwnConfigName[]> {
    const { states, keys, requests } = this.#options
    const names = Object.keys(OWN_CONFIGS) as OwnConfigName[]
    const messages = names.flatMap((name) => activeHashes(states.get(name)))
    if (messages.length === 0) return []
    const makeParams = () => this.#expireParams(messages)
    const { entries } = await requests.callSwarm(keys.accountId, 'expire', makeParams, { signal })
    const done = entries.flatMap((entry) => (entry.kind === 'done' ? [entry.value] : []))
    if (done.length === 0) throw new RequestError('unavailable')
    const known = new Set(
      done.flatMap(({ updated, unchanged }) => [...updated, ...(unchanged ?? []).map(({ hash }) => hash)]),
    )
    return names.filter((name) => states.get(name).current.some((hash) => !known.has(hash)))
  }

  /** Copies that a merge left over. @throws {RequestError | StoreError} */
  async deleteObsolete(names: readonly OwnConfigName[], signal: AbortSignal): Promise<void> {
    const { states, store } = this.#options
    const messages = names.flatMap((name) => states.get(name).obsolete).slice(0, MAX_DELETED)
    if (messages.length === 0) return
    await this.#send([], messages, signal)
    for (const name of names) states.set(name, confirmDeleted(states.get(name), messages))
    await store.write(names.map((name) => states.dump(name)))
  }

  #build(name: OwnConfigName): NamedPush | undefined {
    const { crypto, keys, logger, states, time } = this.#options
    try {
      return { ...buildConfigPush({ crypto, keys, name, now: time.now() }, states.get(name)), name }
    } catch (error) {
      if (!(error instanceof MalformedInputError)) throw error
      // Over 5,000,000 bytes: it stays as it is, and the others are pushed all the same.
      logger.warn('config.too_large', { code: error.code })
      return undefined
    }
  }

  async #send(steps: readonly Step[], deleted: readonly MessageHash[], signal: AbortSignal): Promise<void> {
    const { keys, requests } = this.#options
    const makeCalls = () => [
      ...steps.map((step) => ({ method: 'store', params: this.#storeParams(step) }) as const),
      ...(deleted.length > 0 ? [{ method: 'delete', params: this.#deleteParams(deleted) } as const] : []),
    ]
    const results = await requests.sequenceSwarm<'store' | 'delete'>(keys.accountId, makeCalls, { signal })
    for (const [i, { hash }] of steps.entries()) this.#verify(results[i] as MethodResult<'store'>, hash)
  }

  #verify({ entries }: MethodResult<'store'>, hash: MessageHash): void {
    const { crypto, keys, requests } = this.#options
    const members = requests.swarmOf(keys.accountId)?.members.map(({ descriptor }) => descriptor.nodeId) ?? []
    const { verified } = verifyStoreReceipts(crypto, { entries, hash, members })
    if (verified.length === 0) throw new RequestError('unavailable')
  }

  #storeParams({ name, data }: Step): StoreParams {
    const timestamp = this.#options.time.now()
    const { namespace } = OWN_CONFIGS[name].object
    const owner = this.#options.keys.accountId
    const expiry = this.#expiry(timestamp)
    return this.#sign((signer) =>
      signRequest<StoreParams>(
        METHODS.store,
        { owner, namespace, timestamp, expiry, data, signedAt: undefined },
        signer,
      ),
    )
  }

  #deleteParams(messages: readonly MessageHash[]): DeleteParams {
    const owner = this.#options.keys.accountId
    return this.#sign((signer) =>
      signRequest<DeleteParams>(METHODS.delete, { owner, messages, required: false }, signer),
    )
  }

  #expireParams(messages: readonly MessageHash[]): ExpireParams {
    const { keys, time } = this.#options
    const params = { owner: keys.accountId, messages, expiries: [this.#expiry(time.now())], change: 'extend' } as const
    return this.#sign((signer) => signRequest<ExpireParams>(METHODS.expire, params, signer))
  }

  #expiry(now: UnixMillis): UnixMillis {
    return unixMillis(now + Math.min(TTL, this.#options.network.parameters.privateTtlLimit))
  }

  #sign<Params>(sign: (signer: ReturnType<typeof ownerSigner>) => Params): Params {
    const { crypto, keys } = this.#options
    return keys.signing.secretKey.use((key) => sign(ownerSigner(crypto, key, { account: true })))
  }
}

/** In order, so that an object is complete before the next one begins. */
function batchesOf(pushes: readonly NamedPush[]): readonly (readonly Step[])[] {
  const batches: Step[][] = []
  let sizeBytes = Number.POSITIVE_INFINITY
  for (const { name, items, hashes } of pushes) {
    for (const [i, data] of items.entries()) {
      if (sizeBytes + data.length > MAX_BYTES || (batches.at(-1)?.length ?? 0) >= MAX_STORES) {
        batches.push([])
        sizeBytes = 0
      }
      batches.at(-1)!.push({ name, data, hash: hashes[i]! })
      sizeBytes += data.length
    }
  }
  return batches
}
