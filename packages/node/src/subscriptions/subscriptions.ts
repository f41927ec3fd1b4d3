/**
 * Who wants to be told of new messages of whom, on which link. docs/protocol/link.md §3. Invariants: a subscription ends
 * with its link, after 65 minutes, when what gave the right to it is revoked, and when another swarm keeps the owner's
 * messages; all of them together are bounded, and so is what is under way to their clients. Nothing waits for a client.
 */
import {
  authoriseMonitor,
  type Crypto,
  type DirectoryView,
  encodeMonitorAnswer,
  encodeMonitorPush,
  type Millis,
  type MonitorEnd,
  type MonitorOutcome,
  type MonitorParams,
  type MonitorPush,
  millis,
  minutes,
  monitorRefusal,
  type Namespace,
  type NodeId,
  type Owner,
  outlivesRevocation,
  ownerBytes,
  parseMonitorRequest,
  type SubaccountToken,
  toHex,
} from '@starling/protocol'
import type { Clock, LinkReply, Logger, Observable } from '@starling/runtime'
import { swarmNodesOf } from '../directory/swarm-nodes.ts'
import type { LinkPeer } from '../ports.ts'
import { type PushLimits, Subscriber } from './subscriber.ts'

/** For a client that renews within the hour. */
const LIFETIME = minutes(65)
/** How often is looked for subscriptions that are over, besides whenever the directory changes. */
const SWEEP_INTERVAL = minutes(1)
/** Owners looked at in one go. */
const SWEEP_STEP = 1_000
const SWEEP_PAUSE = millis(1)

export type SubscriptionLimits = PushLimits & {
  readonly total: number
  readonly perLink: number
  readonly perOwner: number
}

/** docs/protocol/http.md §2. */
const LIMITS: SubscriptionLimits = {
  total: 100_000,
  perLink: 256,
  perOwner: 256,
  pushesPerLink: 128,
  bytesPerLink: 2_097_152,
  bytes: 67_108_864,
}

export type SubscriptionsOptions = {
  readonly nodeId: NodeId
  readonly crypto: Crypto
  readonly clock: Clock
  readonly logger: Logger
  readonly view: Observable<DirectoryView | undefined>
  readonly isRevoked: (owner: Owner, token: SubaccountToken) => Promise<boolean>
  readonly limits?: SubscriptionLimits
}

/** Of one link to one owner, with one right to it. */
type Subscription = {
  readonly owner: Owner
  /** Hex of the subaccount token that it was asked with. */
  readonly token: string | undefined
  readonly client: Client
  readonly namespaces: Set<Namespace>
  withData: boolean
  /** By the monotonic clock. */
  until: Millis
}

type Client = { readonly subscriber: Subscriber; readonly subscriptions: Map<string, Subscription> }

export class Subscriptions {
  readonly #options: SubscriptionsOptions
  readonly #limits: SubscriptionLimits
  readonly #clients = new Map<LinkPeer, Client>()
  readonly #byOwner = new Map<Owner, Set<Subscription>>()
  readonly #traffic = { bytes: 0 }
  #count = 0
  /** Revocations so far: one that comes while a request is checked makes it be checked again. */
  #revocations = 0

  constructor(options: SubscriptionsOptions) {
    this.#options = options
    this.#limits = options.limits ?? LIMITS
  }

  get count(): number {
    return this.#count
  }

  /** A client's request, and its bt-encoded answer. Pushes may come before the answer. */
  async answer(link: LinkPeer, payload: Uint8Array): Promise<LinkReply> {
    const { isList, items } = parseMonitorRequest(this.#options.crypto, payload)
    const outcomes: MonitorOutcome[] = []
    for (const item of items) {
      outcomes.push(item.kind === 'refused' ? item : ((await this.#refusalOf(item)) ?? this.#subscribe(link, item)))
    }
    return { status: 200, body: encodeMonitorAnswer(outcomes, isList) }
  }

  /** Tells whoever wants to know of a message that a client stored, here or at another member. */
  stored(message: MonitorPush & { readonly data: Uint8Array }): void {
    const subscriptions = this.#byOwner.get(message.owner)
    if (subscriptions === undefined) return
    const now = this.#options.clock.monotonic()
    // One push for each link, whatever rights it has come with.
    const receivers = new Map<Subscriber, boolean>()
    for (const subscription of subscriptions) {
      if (subscription.until <= now || !subscription.namespaces.has(message.namespace)) continue
      const { subscriber } = subscription.client
      receivers.set(subscriber, subscription.withData || receivers.get(subscriber) === true)
    }
    const payloads = new Map<boolean, Uint8Array>()
    for (const [subscriber, withData] of receivers) {
      let payload = payloads.get(withData)
      if (payload === undefined) {
        payload = encodeMonitorPush(withData ? message : { ...message, data: undefined })
        payloads.set(withData, payload)
      }
      subscriber.push(payload)
    }
  }

  /** Ends what was subscribed to with these tokens. */
  revoked(owner: Owner, tokens: readonly SubaccountToken[]): void {
    this.#revocations++
    const subscriptions = this.#byOwner.get(owner)
    if (subscriptions === undefined) return
    const revoked = new Set(tokens.map(toHex))
    for (const subscription of [...subscriptions]) {
      if (subscription.token === undefined || !revoked.has(subscription.token)) continue
      if (outlivesRevocation(subscription.namespaces)) continue
      this.#end(subscription, { owner, ...monitorRefusal('signature', 'revoked') })
    }
  }

  /** Ends what is over and what has moved to another swarm, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { view, clock } = this.#options
    while (!signal.aborted) {
      const changed = new AbortController()
      const known = view.snapshot
      const stop = view.subscribe((value) => value !== known && changed.abort())
      try {
        await this.#sweep(signal)
        await clock.sleep(SWEEP_INTERVAL, { signal: AbortSignal.any([signal, changed.signal]) })
      } catch (error) {
        if (signal.aborted || !changed.signal.aborted) throw error
      } finally {
        stop()
      }
    }
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const owners = [...this.#byOwner.keys()]
    for (let from = 0; from < owners.length; from += SWEEP_STEP) {
      for (const owner of owners.slice(from, from + SWEEP_STEP)) this.#sweepOwner(owner)
      await clock.sleep(SWEEP_PAUSE, { signal })
    }
  }

  #sweepOwner(owner: Owner): void {
    const now = this.#options.clock.monotonic()
    const moved = this.#movedFrom(owner)
    for (const subscription of [...(this.#byOwner.get(owner) ?? [])]) {
      if (subscription.until <= now) this.#remove(subscription)
      else if (moved) this.#end(subscription, { owner, ...moved })
    }
  }

  /** Why there is no subscription: time, signature, swarm, in this order. */
  async #refusalOf(params: MonitorParams): Promise<MonitorOutcome | undefined> {
    const { crypto, clock, isRevoked } = this.#options
    const token = params.auth.subaccount?.token
    let revoked = false
    let before: number
    do {
      before = this.#revocations
      revoked = token !== undefined && (await isRevoked(params.owner, token))
    } while (before !== this.#revocations)
    return (
      authoriseMonitor(params, { crypto, now: clock.now(), isRevoked: () => revoked }) ?? this.#movedFrom(params.owner)
    )
  }

  #movedFrom(owner: Owner): Omit<MonitorEnd, 'owner'> | undefined {
    const { view, nodeId } = this.#options
    if (view.snapshot?.isMember(nodeId, ownerBytes(owner).subarray(1))) return undefined
    return {
      ...monitorRefusal('wrongSwarm', 'the account is in another swarm'),
      swarm: swarmNodesOf(view.snapshot, owner),
    }
  }

  /** Adds a subscription, or renews it: namespaces add up, and data that was once asked for keeps coming. */
  #subscribe(link: LinkPeer, { owner, auth, namespaces, withData }: MonitorParams): MonitorOutcome {
    const token = auth.subaccount && toHex(auth.subaccount.token)
    const key = `${owner} ${token ?? ''}`
    const until = millis(this.#options.clock.monotonic() + LIFETIME)
    const client = this.#clients.get(link) ?? this.#adopt(link)
    const existing = client.subscriptions.get(key)
    if (existing !== undefined && existing.until > this.#options.clock.monotonic()) {
      for (const namespace of namespaces) existing.namespaces.add(namespace)
      existing.withData ||= withData
      existing.until = until
      return { kind: 'subscribed' }
    }
    if (existing !== undefined) this.#remove(existing)
    const others = this.#byOwner.get(owner)
    const { total, perLink, perOwner } = this.#limits
    if (this.#count >= total || client.subscriptions.size >= perLink || (others?.size ?? 0) >= perOwner) {
      return monitorRefusal('tooMany', 'too many subscriptions')
    }
    const subscription = { owner, token, client, namespaces: new Set(namespaces), withData, until }
    client.subscriptions.set(key, subscription)
    if (others) others.add(subscription)
    else this.#byOwner.set(owner, new Set([subscription]))
    this.#count++
    return { kind: 'subscribed' }
  }

  #adopt(link: LinkPeer): Client {
    const subscriber = new Subscriber({
      link,
      limits: this.#limits,
      traffic: this.#traffic,
      onLost: (reason) => this.#lose(client, reason),
      onFailure: () => this.#options.logger.error('subscription.push_failed'),
    })
    const client: Client = { subscriber, subscriptions: new Map() }
    this.#clients.set(link, client)
    void link.closed.then(() => this.#drop(link))
    return client
  }

  /** The client stays: what is under way to it counts, also if it subscribes again. */
  #lose({ subscriber, subscriptions }: Client, reason: 'tooSlow' | 'unwilling'): void {
    const lost = [...subscriptions.values()]
    for (const subscription of lost) this.#remove(subscription)
    if (reason === 'unwilling') return
    for (const owner of new Set(lost.map(({ owner }) => owner))) {
      subscriber.tell({ owner, ...monitorRefusal('tooSlow', 'more messages than the link took') })
    }
  }

  #drop(link: LinkPeer): void {
    const client = this.#clients.get(link)
    this.#clients.delete(link)
    for (const subscription of [...(client?.subscriptions.values() ?? [])]) this.#remove(subscription)
  }

  #end(subscription: Subscription, end: MonitorEnd): void {
    this.#remove(subscription)
    subscription.client.subscriber.tell(end)
  }

  #remove(subscription: Subscription): void {
    const { owner, token, client } = subscription
    client.subscriptions.delete(`${owner} ${token ?? ''}`)
    const others = this.#byOwner.get(owner)
    if (!others?.delete(subscription)) return
    this.#count--
    if (others.size === 0) this.#byOwner.delete(owner)
  }
}
