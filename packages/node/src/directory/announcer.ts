/** Tells the bootstrap nodes that this node is there, and brings home the newest directory document. */
import {
  type Crypto,
  type Descriptor,
  type Ed25519SecretKey,
  FrameKind,
  type Millis,
  millis,
  type NetworkFile,
  type NodeId,
  type RandomBytes,
  type SecretKey,
  seconds,
  signDescriptor,
} from '@starling/protocol'
import { backoff, type Clock, type Logger, pick } from '@starling/runtime'
import { PeerError } from '../peer-error.ts'
import type { BootstrapNetwork, PeerNetwork } from '../ports.ts'
import type { DirectoryKeeper } from './directory-keeper.ts'
import type { Announced, Membership } from './membership.ts'

const PEER_TIMEOUT = seconds(10)
const FIRST_RETRY = millis(300)
const LONGEST_INTERVAL = seconds(600)
/** While a node waits to be let in or out; as long as that lasts it hears of documents by asking only. */
const WAITING_INTERVAL = seconds(15)

export type AnnouncerOptions = {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly keeper: DirectoryKeeper
  readonly peers: PeerNetwork
  readonly bootstrap: BootstrapNetwork
  readonly network: NetworkFile
  readonly nodeId: NodeId
  readonly secretKey: SecretKey<Ed25519SecretKey>
  /** What the node says of itself, without the time. */
  readonly describe: () => Omit<Descriptor, 'timestamp'>
  readonly membership: Membership
}

/** Runs until `signal` aborts. */
export async function runAnnouncer(options: AnnouncerOptions, signal: AbortSignal): Promise<void> {
  const { keeper, network, random } = options
  const interval = millis(Math.min(network.parameters.epochLength / 2, LONGEST_INTERVAL))
  for (let failures = 0; !signal.aborted; ) {
    const answered = await announce(options, signal)
    failures = answered && keeper.view.snapshot ? 0 : failures + 1
    const limit = isSettled(options) ? interval : millis(Math.min(interval, WAITING_INTERVAL))
    const delay = failures === 0 ? limit : backoff({ attempt: failures, base: FIRST_RETRY, limit, random })
    await sleepUnlessWanted(options, delay, signal)
  }
}

/** Whether the directory has us exactly if we want to be in it. */
function isSettled({ keeper, nodeId, membership }: AnnouncerOptions): boolean {
  return keeper.view.snapshot?.nodes.has(nodeId) === (membership.intent.snapshot === 'stay')
}

/** Ends early when the node wants something else than before: that is told at once. */
async function sleepUnlessWanted(
  { clock, membership }: AnnouncerOptions,
  delay: Millis,
  signal: AbortSignal,
): Promise<void> {
  const woken = new AbortController()
  const before = membership.intent.snapshot
  const unsubscribe = membership.intent.subscribe((intent) => intent !== before && woken.abort())
  try {
    await clock.sleep(delay, { signal: AbortSignal.any([signal, woken.signal]) })
  } catch (error) {
    if (signal.aborted || !woken.signal.aborted) throw error
  } finally {
    unsubscribe()
  }
}

/** True if somebody answered. */
async function announce(options: AnnouncerOptions, signal: AbortSignal): Promise<boolean> {
  const { clock, crypto, bootstrap, keeper, network, secretKey, describe, membership } = options
  const descriptor: Descriptor = { ...membership.describe(describe()), timestamp: clock.now() }
  const signed = secretKey.use((key) => signDescriptor(crypto, { descriptor, secretKey: key }))
  const outcomes: Announced[] = []
  for (const url of network.bootstrap) {
    try {
      const document = await bootstrap.announce(url, signed, { signal })
      outcomes.push('accepted')
      if (document) await keeper.offer(document)
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      outcomes.push(error.code)
    }
  }
  membership.noteAnnounced(mostTelling(outcomes))
  return outcomes.includes('accepted') || askPeer(options, signal)
}

/** A refusal says more than an acceptance, which may be of a node that only hands on documents. */
function mostTelling(outcomes: readonly Announced[]): Announced {
  const order: readonly Announced[] = ['not_admitted', 'wrong_time', 'accepted']
  return order.find((outcome) => outcomes.includes(outcome)) ?? outcomes[0] ?? 'never'
}

/** With every bootstrap node away, any node of the directory may have a newer document. */
async function askPeer(options: AnnouncerOptions, signal: AbortSignal): Promise<boolean> {
  const { keeper, nodeId, peers, random, logger } = options
  const others = [...(keeper.view.snapshot?.nodes.values() ?? [])].filter(
    ({ descriptor }) => descriptor.nodeId !== nodeId,
  )
  const other = pick(random, others)
  if (!other) return false
  try {
    const reply = await peers.request(other.descriptor, FrameKind.directory, new Uint8Array(), {
      signal,
      timeout: PEER_TIMEOUT,
    })
    if (reply.status === 200) await keeper.offer(reply.body)
    return reply.status === 200
  } catch (error) {
    if (!(error instanceof PeerError)) throw error
    logger.debug('directory.peer_failed', { code: error.code })
    return false
  }
}
