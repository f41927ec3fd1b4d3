/** A member's part in the storage of its swarm: what answers clients and members, and the loops that keep members alike. */
import {
  type Crypto,
  type DirectoryView,
  type Ed25519SecretKey,
  FrameKind,
  type NodeId,
  type RandomBytes,
  type SecretKey,
} from '@starling/protocol'
import type { Clock, LinkReply, Logger, Observable, TaskGroup } from '@starling/runtime'
import type { NodeStatus } from '../node-status.ts'
import type { PeerNetwork } from '../ports.ts'
import type { Subscriptions } from '../subscriptions/subscriptions.ts'
import { HandOver } from './hand-over.ts'
import type { HeldRetrievals } from './held-retrievals.ts'
import { runHintDelivery } from './hint-delivery.ts'
import { Intake } from './intake.ts'
import type { NodeStore } from './node-store.ts'
import { OwnStorage } from './own-storage.ts'
import { Repair } from './repair.ts'
import { RepairAnswers } from './repair-answers.ts'
import { Replication } from './replication.ts'
import { StorageService } from './storage-service.ts'
import { runSweep } from './sweep.ts'

export type MemberStorageOptions = {
  readonly nodeId: NodeId
  readonly secretKey: SecretKey<Ed25519SecretKey>
  readonly crypto: Crypto
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly store: NodeStore
  readonly peers: PeerNetwork
  readonly view: Observable<DirectoryView | undefined>
  readonly held: HeldRetrievals
  readonly subscriptions: Subscriptions
}

export class MemberStorage {
  readonly service: StorageService
  readonly #options: MemberStorageOptions
  readonly #replication: Replication
  readonly #intake: Intake
  readonly #answers: RepairAnswers
  readonly #repair: Repair
  readonly #handOver: HandOver

  constructor(options: MemberStorageOptions) {
    const logger = options.logger.child('storage')
    const own = new OwnStorage({ ...options, logger })
    this.#options = options
    this.#replication = new Replication({ ...options, logger: options.logger.child('replication') })
    const replication = this.#replication
    this.#intake = new Intake({ ...options, own, logger })
    this.#answers = new RepairAnswers(options)
    this.#repair = new Repair({ ...options, replication, intake: this.#intake, logger })
    this.#handOver = new HandOver({ ...options, replication, logger })
    const isCatchingUp = () => this.#repair.isCatchingUp
    this.service = new StorageService({ ...options, own, replication, isCatchingUp, logger })
  }

  /** Starts the loops, which run until `tasks` is disposed. */
  run(tasks: TaskGroup): void {
    const replication = this.#replication
    const hints = { ...this.#options, replication, logger: this.#options.logger.child('hints') }
    tasks.run('probe', (signal) => replication.run(signal))
    tasks.run('hints', (signal) => runHintDelivery(hints, signal))
    tasks.run('repair', (signal) => this.#repair.run(signal))
    tasks.run('hand_over', (signal) => this.#handOver.run(signal))
    tasks.run('sweep', (signal) => runSweep(this.#options, signal))
  }

  /** A request of a node that is let in; `undefined`, if that kind has nothing to do with storage. */
  async answer(from: NodeId, kind: number, payload: Uint8Array): Promise<LinkReply | undefined> {
    switch (kind) {
      case FrameKind.forward:
        return this.service.answerForward(from, payload)
      case FrameKind.transfer:
        return this.#intake.answer(payload)
      case FrameKind.digests:
      case FrameKind.list:
      case FrameKind.fetch:
      case FrameKind.offer:
        return this.#answers.answer(from, kind, payload)
      default:
        return undefined
    }
  }

  /** Messages may be here in part only: retrieves are refused. */
  get isCatchingUp(): boolean {
    return this.#repair.isCatchingUp
  }

  /** @throws {NodeStoreError} */
  async status(): Promise<Pick<NodeStatus, 'role' | 'repair' | 'handOver' | 'hints' | 'store'>> {
    const { store, clock, view, nodeId } = this.#options
    const [stats, hinted] = await Promise.all([store.stats(), store.hintedMembers(clock.now())])
    const nodes = view.snapshot?.nodes
    const { suspicion } = this.#replication
    const swarmId = nodes?.get(nodeId)?.swarmId
    const members = swarmId === undefined ? [] : (view.snapshot?.swarm(swarmId)?.members ?? [])
    const others = members.map(({ descriptor }) => descriptor.nodeId).filter((member) => member !== nodeId)
    return {
      role:
        swarmId === undefined
          ? { kind: 'outside' }
          : {
              kind: 'member',
              swarmId,
              others: others.map((member) => ({ nodeId: member, isSuspect: suspicion.has(member) })),
            },
      repair: this.#repair.status,
      handOver: this.#handOver.status,
      hints: {
        total: stats.hints,
        members: hinted.length,
        absent: hinted.filter((member) => suspicion.has(member) || !nodes?.has(member)).length,
      },
      store: stats,
    }
  }
}
