/**
 * The own profile in step on all devices, in namespace 2 of the own swarm. Invariants: what came from the swarm is merged
 * and on the disk before the cursor moves; what is to be pushed survives a restart; a device that found no profile does not
 * push one before its owner has chosen a name.
 */
import {
  type AccountKeys,
  buildConfigPush,
  type ConfigState,
  type Crypto,
  configData,
  confirmDeleted,
  confirmStored,
  type Decompress,
  type DeleteParams,
  type DisplayName,
  days,
  decodeConfigState,
  deriveMessageHash,
  EMPTY_CONFIG,
  editOwnConfig,
  encodeConfigState,
  hours,
  METHODS,
  type MessageHash,
  type MutableDict,
  minutes,
  NAMESPACES,
  type NetworkFile,
  needsPush,
  type OwnConfigContext,
  ownerSigner,
  type RandomBytes,
  type RetrievedMessage,
  readUserProfile,
  receiveConfig,
  type StoreParams,
  seconds,
  setNewProfile,
  setUserProfile,
  signRequest,
  unixMillis,
  verifyStoreReceipts,
} from '@starling/protocol'
import { backoff, type Clock, type Logger } from '@starling/runtime'
import type { NetworkTime } from '../network-time.ts'
import type { Paths } from '../paths/paths.ts'
import { SerialQueue } from '../serial-queue.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import { StoreError } from '../store/store-error.ts'
import { TABLES } from '../store/tables.ts'
import { RequestError } from '../swarm/request-error.ts'
import type { SwarmRequests } from '../swarm/swarm-requests.ts'
import { WakeUp } from '../wake-up.ts'

const TTL = days(30)
/** Well within the 30 days after which a swarm forgets. Also on every start. */
const RENEWAL = days(7)
const RETRY_BASE = seconds(2)
const RETRY_LIMIT = minutes(10)
/** After a restore that found nothing: a profile that turns up later wins. docs/protocol/config.md §5. */
const LONG_AGO = unixMillis(1000)
const NAME = { table: TABLES.singletons, partition: 'profile', sort: new Uint8Array() }

export type ProfileSyncOptions = {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly crypto: Crypto
  readonly logger: Logger
  readonly network: NetworkFile
  readonly store: SealedStore
  readonly keys: AccountKeys
  readonly requests: SwarmRequests
  readonly paths: Paths
  readonly time: NetworkTime
  readonly decompress: Decompress | undefined
  /** The name that our devices agree on. */
  readonly onName: (name: DisplayName) => Promise<void>
}

export class ProfileSync {
  readonly #options: ProfileSyncOptions
  readonly #queue = new SerialQueue()
  readonly #wakeUp: WakeUp
  #state: ConfigState | undefined

  constructor(options: ProfileSyncOptions) {
    this.#options = options
    this.#wakeUp = new WakeUp(options.clock)
  }

  async load(): Promise<void> {
    const bytes = await this.#options.store.get(NAME)
    if (bytes !== undefined) this.#state = decodeConfigState(this.#options.crypto, bytes)
  }

  get displayName(): DisplayName | undefined {
    return this.#state && readUserProfile(configData(this.#state)).name
  }

  /** The profile of a new account. */
  create(name: DisplayName): Promise<void> {
    const { crypto, time } = this.#options
    return this.#queue.run(() =>
      this.#save(editOwnConfig(crypto, EMPTY_CONFIG, (data) => setNewProfile(data, name, time.now()))),
    )
  }

  /** A name that the owner chose. */
  rename(name: DisplayName): Promise<void> {
    return this.#queue.run(async () => {
      const { time } = this.#options
      const at = this.displayName !== undefined ? time.now() : LONG_AGO
      const edit = (data: MutableDict) => setUserProfile(data, { name }, at)
      await this.#save(editOwnConfig(this.#options.crypto, this.#state ?? EMPTY_CONFIG, edit))
    })
  }

  /** Merges what stands in the swarm. */
  receive(items: readonly RetrievedMessage[]): Promise<void> {
    return this.#queue.run(async () => {
      const before = this.displayName
      await this.#save(this.#merge(items))
      const name = this.displayName
      if (name !== undefined && name !== before) await this.#options.onName(name)
    })
  }

  /** Pushes what is new, and everything once a week. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, paths, random } = this.#options
    let failures = 0
    let pushed: number | undefined
    while (!signal.aborted) {
      await paths.connected(signal)
      const isDue = pushed === undefined || clock.monotonic() - pushed >= RENEWAL
      try {
        if (this.displayName !== undefined && (needsPush(this.#state!) || isDue)) {
          await this.#push(signal)
          pushed = clock.monotonic()
        }
        failures = 0
        await this.#wakeUp.sleep(hours(6), signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof RequestError || error instanceof StoreError)) throw error
        logger.debug('profile.push_failed', { code: error.code })
        const delay = backoff({ attempt: failures++, base: RETRY_BASE, limit: RETRY_LIMIT, random })
        await this.#wakeUp.sleep(delay, signal)
      }
    }
  }

  async #push(signal: AbortSignal): Promise<void> {
    const push = await this.#queue.run(async () => {
      const built = buildConfigPush(this.#context(), this.#state!)
      await this.#save(built.state)
      return built
    })
    const hashes: MessageHash[] = []
    for (const item of push.items) hashes.push(await this.#store(item, signal))
    await this.#queue.run(() => this.#save(confirmStored(this.#state!, { seqno: push.seqno, hashes })))
    if (push.obsolete.length === 0) return
    await this.#delete(push.obsolete, signal)
    await this.#queue.run(() => this.#save(confirmDeleted(this.#state!, push.obsolete)))
  }

  async #store(data: Uint8Array, signal: AbortSignal): Promise<MessageHash> {
    const { crypto, keys, requests } = this.#options
    const owner = keys.accountId
    const result = await requests.callSwarm(owner, 'store', () => this.#storeParams(data), { signal })
    const hash = deriveMessageHash(crypto, owner, NAMESPACES.profile, data)
    const members = requests.swarmOf(owner)?.members.map(({ descriptor }) => descriptor.nodeId) ?? []
    const { verified } = verifyStoreReceipts(crypto, { entries: result.entries, hash, members })
    if (verified.length === 0) throw new RequestError('unavailable')
    return hash
  }

  #storeParams(data: Uint8Array): StoreParams {
    const { crypto, keys, network, time } = this.#options
    const timestamp = time.now()
    const expiry = unixMillis(timestamp + Math.min(TTL, network.parameters.privateTtlLimit))
    const params = {
      owner: keys.accountId,
      namespace: NAMESPACES.profile,
      timestamp,
      expiry,
      data,
      signedAt: undefined,
    }
    return keys.signing.secretKey.use((key) =>
      signRequest<StoreParams>(METHODS.store, params, ownerSigner(crypto, key, { account: true })),
    )
  }

  async #delete(messages: readonly MessageHash[], signal: AbortSignal): Promise<void> {
    const { crypto, keys, requests } = this.#options
    const params = keys.signing.secretKey.use((key) =>
      signRequest<DeleteParams>(
        METHODS.delete,
        { owner: keys.accountId, messages, required: false },
        ownerSigner(crypto, key, { account: true }),
      ),
    )
    await requests.callSwarm(keys.accountId, 'delete', () => params, { signal })
  }

  #merge(items: readonly RetrievedMessage[]): ConfigState {
    const { decompress } = this.#options
    return receiveConfig({ ...this.#context(), decompress }, this.#state ?? EMPTY_CONFIG, items)
  }

  #context(): OwnConfigContext {
    const { crypto, keys, time } = this.#options
    return { crypto, keys, now: time.now(), name: 'profile' }
  }

  async #save(state: ConfigState): Promise<void> {
    await this.#options.store.write([
      { kind: 'put', name: NAME, value: encodeConfigState(this.#options.crypto, state) },
    ])
    this.#state = state
    if (needsPush(state)) this.#wakeUp.wake()
  }
}
