/**
 * A node that holds a directory key: learns of nodes by their announcements, tests whether they can be reached, and
 * forms, signs and publishes the document of each epoch. docs/protocol/directory.md §5. One member makes the documents of a network whose
 * threshold is 1; votes among several members come with public networks.
 */
import {
  AuthenticationError,
  type Crypto,
  type Descriptor,
  descriptorTimeliness,
  type Ed25519SecretKey,
  encodeDocument,
  FrameKind,
  formDocument,
  isNewerDescriptor,
  MalformedInputError,
  millis,
  type NetworkFile,
  type NodeId,
  openDescriptor,
  type SecretKey,
  seconds,
  signDocument,
  type UnixMillis,
} from '@starling/protocol'
import type { Clock, Logger } from '@starling/runtime'
import { PeerError } from '../peer-error.ts'
import type { PeerNetwork } from '../ports.ts'
import type { DirectoryKeeper } from './directory-keeper.ts'

/** Who may join the network. */
export interface Admission {
  isAdmitted(nodeId: NodeId): boolean
  /** How many could be there at most: the first document waits for them, for a while. */
  readonly expected: number
}

/** `invite` takes the place of the list, from the next announcement and document on. */
export type Invitations = Admission & { invite(invited: readonly NodeId[]): void }

export function admissionByInvitation(invited: readonly NodeId[]): Invitations {
  let set = new Set(invited)
  return {
    isAdmitted: (nodeId) => set.has(nodeId),
    get expected() {
      return set.size
    },
    invite(next) {
      set = new Set(next)
    },
  }
}

const TEST_TIMEOUT = seconds(3)
const PUBLISH_TIMEOUT = seconds(5)
/** How long the first document waits for nodes that are expected and have not come. */
const FIRST_DOCUMENT_PATIENCE = seconds(10)
const POLL = millis(100)
const TESTS_AT_ONCE = 32

export type DirectoryMemberOptions = {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly logger: Logger
  readonly keeper: DirectoryKeeper
  readonly peers: PeerNetwork
  readonly network: NetworkFile
  readonly admission: Admission
  readonly keyIndex: number
  readonly secretKey: SecretKey<Ed25519SecretKey>
  readonly ownId: NodeId
}

type Known = { descriptor: Descriptor; reachedAt: UnixMillis }

export type AnnouncementOutcome = 'accepted' | 'malformed' | 'not_admitted' | 'wrong_time'

export class DirectoryMember {
  readonly #options: DirectoryMemberOptions
  readonly #known = new Map<NodeId, Known>()

  constructor(options: DirectoryMemberOptions) {
    this.#options = options
  }

  /** A node says that it is there. */
  announce(signedDescriptor: Uint8Array): AnnouncementOutcome {
    const { crypto, clock, admission } = this.#options
    let descriptor: Descriptor
    try {
      descriptor = openDescriptor(crypto, signedDescriptor)
    } catch (error) {
      if (error instanceof MalformedInputError || error instanceof AuthenticationError) return 'malformed'
      throw error
    }
    if (!admission.isAdmitted(descriptor.nodeId)) return 'not_admitted'
    if (descriptorTimeliness(descriptor, clock.now()) !== 'timely') return 'wrong_time'
    const known = this.#known.get(descriptor.nodeId)
    if (!known) this.#known.set(descriptor.nodeId, { descriptor, reachedAt: 0 as UnixMillis })
    else if (isNewerDescriptor(descriptor, known.descriptor)) known.descriptor = descriptor
    return 'accepted'
  }

  /** Forms an epoch after another until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, network, keeper } = this.#options
    this.#takeUp()
    await this.#awaitFirstNodes(signal)
    while (!signal.aborted) {
      const started = clock.monotonic()
      await this.#testAll(signal)
      if (this.#isDue()) await this.#formEpoch(signal)
      const { epochLength, dropAfter } = network.parameters
      const round = keeper.view.snapshot ? Math.max(Math.min(epochLength, dropAfter / 2), 1000) : 1000
      await clock.sleep(millis(Math.max(round - (clock.monotonic() - started), 0)), { signal })
    }
  }

  /** After a restart the nodes of the last document count as reached now: they get the time to be tested. */
  #takeUp(): void {
    const { clock, keeper, admission } = this.#options
    for (const { descriptor } of keeper.view.snapshot?.nodes.values() ?? []) {
      const known = this.#known.get(descriptor.nodeId)
      if (!admission.isAdmitted(descriptor.nodeId)) continue
      if (known) known.reachedAt = clock.now()
      else this.#known.set(descriptor.nodeId, { descriptor, reachedAt: clock.now() })
    }
  }

  async #awaitFirstNodes(signal: AbortSignal): Promise<void> {
    const { clock, keeper, admission } = this.#options
    const started = clock.monotonic()
    while (!keeper.view.snapshot && this.#known.size < admission.expected) {
      if (clock.monotonic() - started >= FIRST_DOCUMENT_PATIENCE) return
      await clock.sleep(POLL, { signal })
    }
  }

  #isDue(): boolean {
    const { clock, keeper, network } = this.#options
    const current = keeper.view.snapshot?.document
    if (!current) return [...this.#known.values()].some((known) => known.reachedAt > 0)
    // A tenth early, so that the jitter of the rounds does not skip an epoch.
    return clock.now() >= current.validAfter + 0.9 * network.parameters.epochLength
  }

  async #testAll(signal: AbortSignal): Promise<void> {
    const queue = [...this.#known.values()]
    const worker = async () => {
      for (let known = queue.pop(); known; known = queue.pop()) {
        if (await this.#isReachable(known.descriptor, signal)) known.reachedAt = this.#options.clock.now()
      }
    }
    await Promise.all(Array.from({ length: TESTS_AT_ONCE }, worker))
  }

  async #isReachable(descriptor: Descriptor, signal: AbortSignal): Promise<boolean> {
    const { peers, ownId } = this.#options
    if (descriptor.nodeId === ownId) return true
    try {
      const reply = await peers.request(descriptor, FrameKind.probe, new Uint8Array(), {
        signal,
        timeout: TEST_TIMEOUT,
      })
      return reply.status === 200
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      return false
    }
  }

  async #formEpoch(signal: AbortSignal): Promise<void> {
    const { crypto, clock, keeper, network, keyIndex, secretKey, logger } = this.#options
    const previous = keeper.view.snapshot?.document
    const unsigned = formDocument(crypto, { previous, network, known: this.#admitted(), now: clock.now() })
    const document = secretKey.use((key) => signDocument(crypto, unsigned, { keyIndex, secretKey: key }))
    if (!(await keeper.offer(encodeDocument(document)))) {
      logger.error('directory.own_document_refused', { epoch: document.epoch })
      return
    }
    logger.info('directory.formed', { epoch: document.epoch, nodes: document.entries.length })
    await this.#publish(signal)
  }

  /** Whose invitation was withdrawn is forgotten. */
  #admitted(): Known[] {
    for (const nodeId of this.#known.keys()) {
      if (!this.#options.admission.isAdmitted(nodeId)) this.#known.delete(nodeId)
    }
    return [...this.#known.values()]
  }

  /** To everybody who is there, so that nobody has to wait for the next announcement. */
  async #publish(signal: AbortSignal): Promise<void> {
    const { keeper, peers, ownId } = this.#options
    const encoded = keeper.get('latest')
    if (!encoded) return
    const others = [...(keeper.view.snapshot?.nodes.values() ?? [])].filter(
      ({ descriptor }) => descriptor.nodeId !== ownId,
    )
    await Promise.all(
      others.map(async ({ descriptor }) => {
        try {
          await peers.request(descriptor, FrameKind.publish, encoded, { signal, timeout: PUBLISH_TIMEOUT })
        } catch (error) {
          // It will ask for the document itself.
          if (!(error instanceof PeerError)) throw error
        }
      }),
    )
  }
}
