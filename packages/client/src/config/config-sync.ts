/**
 * The config objects of the account in step on all devices. Invariants: what came from the swarm was acted on and is on the
 * disk before the cursor moves; what is to be pushed is on the disk before it is stored, and survives a restart; nothing is
 * pushed before the account has a name, so that a device which is being restored does not compete with what it has not found
 * yet; copies are deleted only after what replaces them is stored. docs/protocol/config.md §6.
 */
import {
  type AccountKeys,
  type ConfigDict,
  type Crypto,
  changedContacts,
  changedGroups,
  changedProfile,
  changedReadPositions,
  type Decompress,
  type DisplayName,
  days,
  deriveMessageHash,
  hours,
  type Millis,
  type MutableDict,
  millis,
  minutes,
  type Namespace,
  type NetworkFile,
  needsPush,
  OWN_CONFIGS,
  type OwnConfigContext,
  type OwnConfigName,
  type RandomBytes,
  type RetrievedMessage,
  readUserProfile,
  receiveConfig,
  seconds,
  setNewProfile,
  setUserProfile,
  unixMillis,
} from '@starling/protocol'
import { backoff, type Clock, type Logger, MutableObservable, type Observable } from '@starling/runtime'
import type { NetworkTime } from '../network-time.ts'
import type { Paths } from '../paths/paths.ts'
import { SerialQueue } from '../serial-queue.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { StoreError } from '../store/store-error.ts'
import { RequestError } from '../swarm/request-error.ts'
import type { SwarmRequests } from '../swarm/swarm-requests.ts'
import { WakeUp } from '../wake-up.ts'
import type { ConfigChanges, SharedConfigs } from './config-facade.ts'
import { ConfigPusher } from './config-pusher.ts'
import { CONFIG_NAMES, ConfigStates } from './config-states.ts'
import { ReadPace } from './read-pace.ts'
import { createSharedConfigs } from './shared-configs.ts'

/** Edits that come together are pushed together; other devices shall see them within a second. */
const COALESCE = millis(150)
/** Well within the 30 days after which a swarm forgets. Also on every start. */
const RENEWAL = days(7)
/** Copies that a merge left over: the device that pushed deletes them, too, and mostly did already. */
const LEFTOVERS = minutes(2)
const IDLE = hours(6)
const RETRY_BASE = seconds(2)
const RETRY_LIMIT = minutes(10)
/** After a restore that found nothing: a profile that turns up later wins. docs/protocol/config.md §5. */
const LONG_AGO = unixMillis(1000)

export type ConfigSyncOptions = {
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
  /** What other devices changed. Once it resolves, it is not told again. */
  readonly onChange: (changes: ConfigChanges) => Promise<void>
}

export class ConfigSync {
  readonly shared: SharedConfigs
  readonly #options: ConfigSyncOptions
  readonly #states: ConfigStates
  readonly #pusher: ConfigPusher
  readonly #receiving = new SerialQueue()
  readonly #wakeUp: WakeUp
  readonly #readPace = new ReadPace()
  readonly #isPushed = new MutableObservable(true)
  /** Monotonic times: of the last renewal, and since when there have been leftovers. */
  #renewed: number | undefined
  #leftovers: number | undefined

  constructor(options: ConfigSyncOptions) {
    this.#options = options
    this.#states = new ConfigStates(options.crypto)
    this.#wakeUp = new WakeUp(options.clock)
    const states = this.#states
    this.#pusher = new ConfigPusher({ ...options, states })
    const { crypto, keys, time } = options
    const onEdit = () => this.#changed()
    this.shared = createSharedConfigs({ crypto, states, self: keys.accountId, now: () => time.now(), onEdit })
  }

  /** @throws {StoreError} */
  async load(): Promise<void> {
    await this.#states.load(this.#options.store)
    this.#changed()
  }

  /** The swarm has all that this device knows. */
  get isPushed(): Observable<boolean> {
    return this.#isPushed
  }

  get displayName(): DisplayName | undefined {
    return readUserProfile(this.#states.data('profile')).name
  }

  /** The objects of a new account. */
  async create(name: DisplayName): Promise<void> {
    const now = this.#options.time.now()
    await this.#editProfile((data) => setNewProfile(data, name, now))
  }

  /** A name that the owner chose; `others` are written with it. */
  async rename(name: DisplayName, others: readonly SealedChange[] = []): Promise<void> {
    const now = this.displayName === undefined ? LONG_AGO : this.#options.time.now()
    await this.#editProfile((data) => setUserProfile(data, { name }, now), others)
  }

  /** Merges what stands in the namespace of an object; others are none of its business. */
  async receive(namespace: Namespace, items: readonly RetrievedMessage[]): Promise<void> {
    const name = CONFIG_NAMES.find((each) => OWN_CONFIGS[each].object.namespace === namespace)
    if (name !== undefined) await this.#receiving.run(() => this.#merge(name, items))
  }

  /** Pushes what is new, and keeps the copies in the swarm alive. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, paths, random } = this.#options
    let failures = 0
    await this.#tellAll()
    while (!signal.aborted) {
      await paths.connected(signal)
      try {
        if (this.displayName !== undefined) await this.#step(signal)
        failures = 0
        await this.#wakeUp.sleep(this.#pauseUntilNext(), signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof RequestError || error instanceof StoreError)) throw error
        logger.debug('config.push_failed', { code: error.code })
        const delay = backoff({ attempt: failures++, base: RETRY_BASE, limit: RETRY_LIMIT, random })
        await this.#wakeUp.sleep(delay, signal)
      }
      await clock.sleep(COALESCE, { signal })
    }
  }

  async #step(signal: AbortSignal): Promise<void> {
    const now = this.#options.clock.monotonic()
    const names = this.#namesToPush(now)
    await this.#pusher.push(names, signal)
    if (names.includes('conversationInfo')) this.#readPace.pushed(now)
    this.#notePushed()
    if (this.#renewed === undefined || now - this.#renewed >= RENEWAL) {
      await this.#pusher.push(await this.#pusher.renew(signal), signal)
      this.#renewed = now
    }
    const hasLeftovers = CONFIG_NAMES.some((name) => this.#states.get(name).obsolete.length > 0)
    this.#leftovers = hasLeftovers ? (this.#leftovers ?? now) : undefined
    if (this.#leftovers === undefined || now - this.#leftovers < LEFTOVERS) return
    await this.#pusher.deleteObsolete(CONFIG_NAMES, signal)
    this.#leftovers = undefined
  }

  /** Read positions go with whatever else there is, and alone when it is their time. */
  #namesToPush(now: number): readonly OwnConfigName[] {
    const names = CONFIG_NAMES.filter((name) => needsPush(this.#states.get(name)))
    const isReading = names.length === 1 && names[0] === 'conversationInfo'
    return isReading && this.#readPace.remaining(now) > 0 ? [] : names
  }

  #pauseUntilNext(): Millis {
    const pause = this.#leftovers === undefined ? IDLE : LEFTOVERS
    if (this.displayName === undefined || !needsPush(this.#states.get('conversationInfo'))) return pause
    return millis(Math.min(pause, this.#readPace.remaining(this.#options.clock.monotonic())))
  }

  async #merge(name: OwnConfigName, items: readonly RetrievedMessage[]): Promise<void> {
    const { crypto, decompress, keys } = this.#options
    const { namespace } = OWN_CONFIGS[name].object
    // Not the hash that the node names: it could have us delete the copy that it belongs to.
    const found = items.map(({ data }) => ({ hash: deriveMessageHash(crypto, keys.accountId, namespace, data), data }))
    const merged = receiveConfig({ ...this.#context(name), decompress }, this.#states.get(name), found)
    this.#states.setMerged(name, merged)
    await this.#tell(name)
    this.#changed()
  }

  #changed(): void {
    this.#notePushed()
    this.#wakeUp.wake()
  }

  #notePushed(): void {
    this.#isPushed.set(!CONFIG_NAMES.some((name) => needsPush(this.#states.get(name))))
  }

  /** Until it succeeds the state on the disk says that there is something to tell. */
  async #tell(name: OwnConfigName): Promise<void> {
    const told = this.#states.told(name)
    if (told === undefined) return
    const changes = this.#changesOf(name, told, this.#states.data(name))
    if (changes !== undefined) await this.#options.onChange(changes)
    this.#states.setTold(name)
    // The cursor behind it is relaxed, too: what is lost comes again.
    await this.#options.store.write([this.#states.dump(name)], { durability: 'relaxed' })
  }

  /** What a crash kept from being acted on. If it fails again, the next merge tells it. */
  async #tellAll(): Promise<void> {
    for (const name of CONFIG_NAMES) {
      try {
        await this.#receiving.run(() => this.#tell(name))
      } catch (error) {
        if (!(error instanceof StoreError)) throw error
        this.#options.logger.warn('config.tell_failed', { code: error.code })
      }
    }
  }

  #changesOf(name: OwnConfigName, before: ConfigDict, after: ConfigDict): ConfigChanges | undefined {
    const { crypto, keys } = this.#options
    const profile = name === 'profile' ? changedProfile(before, after) : undefined
    const found = name === 'contacts' ? changedContacts(before, after) : []
    const contacts = found.filter(({ id }) => id !== keys.accountId)
    const readPositions = name === 'conversationInfo' ? changedReadPositions(before, after) : []
    const groups = name === 'userGroups' ? changedGroups(crypto, before, after) : []
    if (profile === undefined && contacts.length + readPositions.length + groups.length === 0) return undefined
    return { ...(profile && { profile }), contacts, readPositions, groups }
  }

  async #editProfile(edit: (data: MutableDict) => void, others: readonly SealedChange[] = []): Promise<void> {
    await this.#options.store.write([...this.#states.edit('profile', edit), ...others])
    this.#changed()
  }

  #context(name: OwnConfigName): OwnConfigContext {
    const { crypto, keys, time } = this.#options
    return { crypto, keys, now: time.now(), name }
  }
}
