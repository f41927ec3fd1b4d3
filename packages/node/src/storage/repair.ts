/**
 * Keeps this member's part of the ring complete: compares what it holds with every other member of its swarm and pulls what
 * it lacks, at the start, when its swarm changes, when a member is back, and every few minutes. Invariant: nothing about
 * repair is stored; what is here decides what is fetched.
 */
import {
  type Descriptor,
  type DirectoryView,
  type Millis,
  millis,
  minutes,
  type NodeId,
  type RandomBytes,
  type SwarmId,
  seconds,
} from '@starling/protocol'
import { type Clock, type Logger, type Observable, randomInteger, shuffle } from '@starling/runtime'
import type { RepairProgress, RepairRound, RepairStatus } from '../node-status.ts'
import { PeerError } from '../peer-error.ts'
import type { Intake } from './intake.ts'
import type { NodeStore } from './node-store.ts'
import { differingBuckets, type PullCounts, PullStalledError, pull } from './pull.ts'
import type { Replication } from './replication.ts'
import { survive } from './survive.ts'
import { assignmentOf } from './swarm-arc.ts'
import { Waker } from './waker.ts'

const INTERVAL = minutes(5)
const JITTER = seconds(60)
/** After a round in which a member refused or our storage failed: its directory, or our disk, may be another one soon. */
const SOON = seconds(15)
/** A member that is back first hears what it missed: else we would take from it what has expired here before its time. */
const HINTS_FIRST = seconds(5)
/** Before those that did not answer are tried once more. */
const SECOND_TRY = seconds(2)
/** Items that could not be taken are fetched again after so many rounds, which is about an hour. */
const ROUNDS_TO_FORGET = 12

export type RepairOptions = {
  readonly nodeId: NodeId
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly store: NodeStore
  readonly view: Observable<DirectoryView | undefined>
  readonly replication: Replication
  readonly intake: Intake
}

type OwnSwarm = { readonly directory: DirectoryView; readonly id: SwarmId; readonly others: readonly Descriptor[] }

export class Repair {
  readonly #options: RepairOptions
  readonly #waker: Waker
  readonly #useless = new Set<string>()
  #assignment = ''
  #rounds = 0
  #caughtUpIn: SwarmId | undefined
  #progress: RepairProgress | undefined
  #last: RepairRound | undefined

  constructor(options: RepairOptions) {
    this.#options = options
    this.#waker = new Waker(options.clock)
  }

  /**
   * Whether messages may be here in part only: no round has been full since the start, or since this node came into its
   * swarm. Who is alone in a swarm has nobody to wait for.
   */
  get isCatchingUp(): boolean {
    const { view, nodeId } = this.#options
    const id = view.snapshot?.nodes.get(nodeId)?.swarmId
    if (id === undefined || id === this.#caughtUpIn) return false
    return (view.snapshot?.swarm(id)?.members.length ?? 0) > 1
  }

  get status(): RepairStatus {
    return { isCatchingUp: this.isCatchingUp, progress: this.#progress, last: this.#last }
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, view, replication, logger } = this.#options
    let members = ''
    const stops = [
      replication.suspicion.onReturn(() => this.#waker.wake()),
      view.subscribe(() => {
        const swarm = this.#swarm()
        const now = `${swarm?.id}:${swarm?.others.map(({ nodeId }) => nodeId).join()}`
        if (now !== members) this.#waker.wake()
        members = now
      }),
    ]
    try {
      while (!signal.aborted) {
        let rest = SOON
        this.#waker.arm()
        await survive(logger, signal, async () => {
          rest = await this.#round(signal)
        })
        this.#progress = undefined
        await this.#waker.rest(rest, signal)
        if (!this.isCatchingUp) await clock.sleep(HINTS_FIRST, { signal })
      }
    } finally {
      for (const stop of stops) stop()
    }
  }

  #swarm(): OwnSwarm | undefined {
    const { view, nodeId } = this.#options
    const directory = view.snapshot
    const id = directory?.nodes.get(nodeId)?.swarmId
    if (!directory || id === undefined) return undefined
    const members = directory.swarm(id)?.members.map(({ descriptor }) => descriptor) ?? []
    return { directory, id, others: members.filter((member) => member.nodeId !== nodeId) }
  }

  /** Returns how long to rest. */
  async #round(signal: AbortSignal): Promise<Millis> {
    const { clock, random } = this.#options
    const swarm = this.#swarm()
    if (!swarm) return INTERVAL
    const assignment = assignmentOf(swarm.directory)
    // What was not ours by another directory, or was not given for that reason, may be ours by this one.
    if (++this.#rounds % ROUNDS_TO_FORGET === 0 || assignment !== this.#assignment) this.#useless.clear()
    this.#assignment = assignment
    const started = clock.monotonic()
    const counts: PullCounts = { taken: 0, bytes: 0, refused: 0 }
    let failed = await this.#compareAll(swarm, swarm.others, counts, signal)
    if (failed.length > 0) {
      await clock.sleep(SECOND_TRY, { signal })
      const again = failed.map(({ member }) => member)
      failed = await this.#compareAll(swarm, again, counts, signal)
    }
    const unreached = failed.filter(({ reason }) => reason !== 'stalled').length
    this.#end(swarm, {
      endedAt: clock.now(),
      duration: millis(clock.monotonic() - started),
      compared: swarm.others.length - unreached,
      unreached,
      ...counts,
    })
    // One that is silent wakes us when it is back.
    const isToRepeat = failed.some(({ reason }) => reason !== 'silent')
    return isToRepeat ? SOON : millis(INTERVAL - JITTER + randomInteger(random, 2 * JITTER))
  }

  #end(swarm: OwnSwarm, round: RepairRound): void {
    const isNews = round.taken > 0 || (this.#caughtUpIn !== swarm.id && swarm.others.length > 0)
    this.#last = round
    this.#caughtUpIn = swarm.id
    const { endedAt: _, duration, ...counts } = round
    if (isNews) this.#options.logger.info('repair.done', { ...counts, ms: duration })
  }

  /** Those that could not be compared. All are asked at once, so that the silent ones cost one timeout together. */
  async #compareAll(
    swarm: OwnSwarm,
    members: readonly Descriptor[],
    counts: PullCounts,
    signal: AbortSignal,
  ): Promise<readonly Failed[]> {
    const { directory } = swarm
    const { random } = this.#options
    let done = 0
    const attempt = (member: Descriptor, work: () => Promise<unknown>) => this.#attempt(member, work)
    this.#progress = { kind: 'comparing', done, total: members.length }
    const asked = await Promise.all(
      shuffle(random, members).map((member) =>
        attempt(member, () => differingBuckets(this.#options, { directory, member }, signal)),
      ),
    )
    const outcomes: Outcome[] = []
    for (const outcome of asked) {
      const { member } = outcome
      const task = { directory, member, counts, useless: this.#useless, onProgress: this.#onProgress }
      outcomes.push(outcome.reason ? outcome : await attempt(member, () => pull(this.#options, task, signal)))
      this.#progress = { kind: 'comparing', done: ++done, total: members.length }
    }
    return outcomes.filter((outcome): outcome is Failed => outcome.reason !== undefined)
  }

  readonly #onProgress = (done: number, total: number): void => {
    this.#progress = { kind: 'fetching', done, total }
  }

  async #attempt(member: Descriptor, work: () => Promise<unknown>): Promise<Outcome> {
    try {
      await work()
      return { member, reason: undefined }
    } catch (error) {
      if (error instanceof PullStalledError) {
        this.#options.logger.warn('repair.stalled')
        return { member, reason: 'stalled' }
      }
      if (!(error instanceof PeerError)) throw error
      return { member, reason: error.code === 'refused' ? 'refused' : 'silent' }
    }
  }
}

type Outcome = { readonly member: Descriptor; readonly reason: Failed['reason'] | undefined }
type Failed = { readonly member: Descriptor; readonly reason: 'silent' | 'refused' | 'stalled' }
