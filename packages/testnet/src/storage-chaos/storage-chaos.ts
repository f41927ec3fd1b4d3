/**
 * Members of swarms under everything that can go wrong, from one seed: they crash with torn writes, stop for minutes, are
 * cut off, lose their disks, fill up; wires delay and lose, clocks are off, the directory moves nodes between swarms, and
 * one of them lies. Meanwhile owners store, delete, revoke and change when messages
 * expire. Only nodes and their disks take part: no clients, no frames.
 */
import { type Fate, Fixture, type FixtureNode } from '@starling/node/testing'
import { days, type Millis, millis, minutes, ownerBytes, seconds } from '@starling/protocol'
import { pick, randomInteger, shuffle } from '@starling/runtime'
import { seededRandom } from '@starling/runtime/testing'
import { check } from './check.ts'
import { CLOCK_OFFSET } from './ledger.ts'
import { Liar } from './liar.ts'
import { Person, SHORT_LIFE } from './person.ts'

const NODES = 7
const PEOPLE = 4
const ROUNDS = 16
const SWARMS = ['0', '5000000000000000', 'b000000000000000'] as const
/** Longer than a round of repair and its jitter. */
const HEALING = minutes(7)

export class StorageChaos implements AsyncDisposable {
  readonly fixture = new Fixture(NODES)
  readonly people: readonly Person[]
  readonly liar: Liar | undefined
  readonly #random
  /** Pairs that are cut, by the indices of their nodes. */
  readonly #cuts = new Set<string>()
  readonly #healthy = { loss: 0, delay: 0 }
  #wires = this.#healthy
  #assignment: (readonly [FixtureNode, string])[] = []
  #document: Uint8Array = new Uint8Array()

  /** @param options.liar one node lies about everything, and pushes what it makes up */
  constructor({ seed, liar }: { readonly seed: number; readonly liar: boolean }) {
    this.#random = seededRandom(seed)
    const lying = liar ? this.fixture.nodes.at(-1) : undefined
    this.people = Array.from({ length: PEOPLE }, (_, index) => new Person(this.fixture, index + 1, lying))
    this.liar = lying && new Liar(this.fixture, lying, this.people, this.#random)
    this.fixture.wire = ({ from, to, kind }) => this.#fate(from, to, kind)
  }

  /** @throws what `expect` throws, if a promise was broken. */
  async run(): Promise<void> {
    const { nodes } = this.fixture
    for (const node of nodes) await this.fixture.start(node)
    this.#assign(nodes.map((node, index) => [node, SWARMS[index % 2]!]))
    await this.#publish()
    await this.#advance(seconds(10))
    for (let round = 0; round < ROUNDS; round++) await this.#round()
    await this.#heal()
    await this.#freshDisks()
    for (let round = 0; round < ROUNDS; round++) await this.#round()
    await this.#heal()
    // Nothing but repair brings this back: the directory stays as it is.
    await this.#freshDisks()
    await this.#heal()
    await check(this)
  }

  /** The swarm of a person, as of the directory of a node that runs; nobody, if none does. */
  membersOf(person: Person): readonly FixtureNode[] {
    const view = this.fixture.nodes.find(({ isUp }) => isUp)?.node.keeper.view.snapshot
    const members = view?.swarmOf(ownerBytes(person.owner).subarray(1))?.members ?? []
    return members.map(({ descriptor }) => this.fixture.nodes.find(({ nodeId }) => nodeId === descriptor.nodeId)!)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const disposing = this.fixture[Symbol.asyncDispose]()
    await this.fixture.clock.advance(seconds(30))
    await disposing
  }

  async #round(): Promise<void> {
    for (const person of shuffle(this.#random, this.people)) if (this.#chance(0.6)) await this.#request(person)
    await this.liar?.misbehave()
    await this.#misfortune()
    await this.#advance(millis(2_000 + this.#below(15_000)))
  }

  async #request(person: Person): Promise<void> {
    const member = this.#pick(this.membersOf(person).filter(({ isUp }) => isUp))
    if (!member) return
    const namespace = this.#pick([0, 2] as const)!
    const known = this.#pick([...person.ledger.entries.keys()])
    switch (known === undefined ? 0 : this.#below(19)) {
      case 7:
        return person.storeAgain(member, known!)
      case 8:
      case 9:
        return person.delete(member, [known!])
      case 10:
        return person.deleteAll(member, this.#pick([namespace, 'all'] as const)!)
      case 11:
      case 12:
        return person.setRevoked(member, this.#chance(0.5))
      case 13:
      case 14:
      case 15:
        return person.expire(member, known!, this.#pick(['set', 'shorten', 'extend'] as const)!, this.#life())
      case 16:
        return person.expireAll(member, this.#pick([namespace, 'all'] as const)!, this.#life())
      default:
        return person.store(member, namespace)
    }
  }

  /** Longer than the run, or over before its end. */
  #life(): number {
    return this.#chance(0.2) ? this.#below(SHORT_LIFE) : days(1 + this.#below(20)) - HEALING
  }

  async #misfortune(): Promise<void> {
    const node = this.#pick(this.fixture.nodes)!
    switch (this.#below(12)) {
      case 0:
      case 1:
        return this.#crash(node)
      case 2:
        return node.isUp ? this.fixture.stop(node) : undefined
      case 3:
      case 4:
        return this.#startAll()
      case 5:
        this.#wires = this.#pick([this.#healthy, { loss: 0.2, delay: 2_000 }, { loss: 0, delay: 300 }])!
        return undefined
      case 6: {
        // Cut off from all, or from one.
        const others = this.#chance(0.5) ? this.fixture.nodes : [this.#pick(this.fixture.nodes)!]
        for (const other of others) this.#cuts.add(wireName(node, other))
        return undefined
      }
      case 7:
        this.#cuts.clear()
        return undefined
      case 8:
        node.clock.offset = millis(this.#below(2 * CLOCK_OFFSET + 1) - CLOCK_OFFSET)
        return undefined
      case 9:
        return node.disk.failWrites(this.#pick(['full', 'io', undefined] as const))
      case 10:
        return this.#move()
      default:
        return undefined
    }
  }

  async #crash(node: FixtureNode): Promise<void> {
    if (!node.isUp) return
    node.disk.crash({ torn: this.#below(3) })
    await this.fixture.stop(node)
  }

  async #startAll(): Promise<void> {
    const { nodes } = this.fixture
    for (const node of nodes.filter(({ isUp }) => !isUp)) await this.fixture.start(node)
    await this.#publish()
  }

  /** Another directory: nodes change their swarm, leave or come back; every swarm that is has two nodes at least. */
  async #move(): Promise<void> {
    const count = 2 + this.#below(2)
    const nodes = shuffle(this.#random, this.fixture.nodes).slice(0, NODES - this.#below(2))
    this.#assign(nodes.map((node, index) => [node, SWARMS[index % count]!]))
    // Not everybody hears of it at once.
    await this.#publish(this.#chance(0.5) ? this.#pick(this.fixture.nodes) : undefined)
  }

  /** One member of each swarm comes back with nothing; but not the only one of those that can be believed. */
  async #freshDisks(): Promise<void> {
    for (const swarm of SWARMS) {
      const members = this.#assignment.filter(([, id]) => id === swarm).map(([node]) => node)
      const honest = members.filter((node) => node !== this.liar?.node)
      const node = this.#pick(honest.length > 1 ? members : members.filter((member) => !honest.includes(member)))
      if (!node) continue
      await this.fixture.stop(node)
      node.disk.wipe()
      await this.fixture.start(node)
    }
    await this.#publish()
  }

  /** Everything is well again, and long enough for every round of repair. */
  async #heal(): Promise<void> {
    this.#cuts.clear()
    this.#wires = this.#healthy
    for (const node of this.fixture.nodes) {
      node.clock.offset = millis(0)
      node.disk.failWrites(undefined)
    }
    await this.#startAll()
    await this.#advance(HEALING)
  }

  #assign(assignment: (readonly [FixtureNode, string])[]): void {
    this.#assignment = assignment
    this.#document = this.fixture.form(assignment)
  }

  async #publish(except?: FixtureNode): Promise<void> {
    const isUp = except?.isUp === true
    if (except) except.isUp = false
    try {
      const publishing = this.fixture.publish(this.#document)
      await this.#advance(millis(20))
      await publishing
    } finally {
      if (except) except.isUp = isUp
    }
  }

  #fate(from: FixtureNode, to: FixtureNode, kind: number): Fate | Promise<Fate> {
    const lie = this.liar?.answer(to, kind)
    if (lie) return lie
    if (this.#cuts.has(wireName(from, to))) return this.#chance(0.5) ? 'silent' : 'unreachable'
    const { loss, delay } = this.#wires
    const fate = this.#chance(loss) ? this.#pick(['silent', 'unheard'] as const) : undefined
    return delay === 0 ? fate : this.#after(millis(this.#below(delay)), fate)
  }

  async #after(delay: Millis, fate: Fate): Promise<Fate> {
    await this.fixture.clock.sleep(delay, { signal: new AbortController().signal })
    return fate
  }

  async #advance(duration: Millis): Promise<void> {
    await this.fixture.clock.advance(duration)
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return pick(this.#random, list)
  }

  #below(limit: number): number {
    return randomInteger(this.#random, limit)
  }

  #chance(probability: number): boolean {
    return this.#below(1_000) < 1_000 * probability
  }
}

function wireName(a: FixtureNode, b: FixtureNode): string {
  return a.index < b.index ? `${a.index}|${b.index}` : `${b.index}|${a.index}`
}
