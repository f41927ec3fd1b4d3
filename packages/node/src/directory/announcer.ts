/** Tells the bootstrap nodes that this node is there, and brings home the newest directory document. */
import {
  type Crypto,
  type Descriptor,
  type Ed25519SecretKey,
  FrameKind,
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

const PEER_TIMEOUT = seconds(10)
const FIRST_RETRY = millis(300)
const LONGEST_INTERVAL = seconds(600)

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
}

/** Runs until `signal` aborts. */
export async function runAnnouncer(options: AnnouncerOptions, signal: AbortSignal): Promise<void> {
  const { clock, keeper, network, random } = options
  const interval = millis(Math.min(network.parameters.epochLength / 2, LONGEST_INTERVAL))
  for (let failures = 0; !signal.aborted; ) {
    const answered = await announce(options, signal)
    failures = answered && keeper.view.snapshot ? 0 : failures + 1
    const delay = failures === 0 ? interval : backoff({ attempt: failures, base: FIRST_RETRY, limit: interval, random })
    await clock.sleep(delay, { signal })
  }
}

/** True if somebody answered. */
async function announce(options: AnnouncerOptions, signal: AbortSignal): Promise<boolean> {
  const { clock, crypto, bootstrap, keeper, network, secretKey, describe } = options
  const descriptor: Descriptor = { ...describe(), timestamp: clock.now() }
  const signed = secretKey.use((key) => signDescriptor(crypto, { descriptor, secretKey: key }))
  let answered = false
  for (const url of network.bootstrap) {
    try {
      const document = await bootstrap.announce(url, signed, { signal })
      answered = true
      if (document) await keeper.offer(document)
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
    }
  }
  return answered || askPeer(options, signal)
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
