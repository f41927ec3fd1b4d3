/**
 * Everything goes wrong at random, from one seed: nodes crash and stop, disks fail and are lost, wires lose and are cut,
 * clocks are set, people close and open their apps. Afterwards the checker looks at what was promised: every message that
 * was said to be stored is there, once, and in the order in which it was sent; and all members of a swarm hold the same.
 * Many more seeds of what nodes alone promise: `storage-chaos.test.ts`.
 */
import { test } from 'node:test'
import { type Millis, millis, minutes, parseOwner, seconds } from '@starling/protocol'
import { pick, randomInteger } from '@starling/runtime'
import { expect } from 'expect'
import type { SimulatedNode } from './simulated-node.ts'
import type { TestClient } from './test-client.ts'
import { TestNet } from './test-net.ts'

/** Two with every run; more, a while, with STARLING_SEEDS=200. */
const SEEDS = Array.from({ length: Number(process.env['STARLING_SEEDS'] ?? 2) }, (_, index) => index + 1)
const ROUNDS = 14
/** A round of repair, its jitter, and time for what it finds. */
const REPAIR = minutes(8)

for (const seed of SEEDS) {
  test(`nothing that was acknowledged is lost or doubled in chaos, seed ${seed}`, async () => {
    await using net = await TestNet.create({ nodes: 12, swarmSize: 3, seed })
    const chaos = new Chaos(net, await net.clients('alice', 'bob', 'carol'))
    for (let round = 0; round < ROUNDS; round++) await chaos.round()
    await chaos.heal()
    await chaos.loseDisks()
    for (let round = 0; round < ROUNDS; round++) await chaos.round()
    await chaos.heal()
    await net.advance(REPAIR)
    await chaos.check()
  })
}

type Sent = { readonly from: TestClient; readonly to: TestClient; readonly text: string }

class Chaos {
  readonly #net: TestNet
  readonly #people: readonly TestClient[]
  readonly #ids: ReadonlyMap<TestClient, string>
  readonly #sent: Sent[] = []
  readonly #closed = new Set<TestClient>()
  #count = 0

  constructor(net: TestNet, people: readonly TestClient[]) {
    this.#net = net
    this.#people = people
    this.#ids = new Map(people.map((person) => [person, person.accountId]))
  }

  async round(): Promise<void> {
    await this.#send()
    await this.#misfortune()
    await this.#net.advance(this.#between(seconds(2), seconds(40)))
  }

  /** All is well again, and everybody is online. */
  async heal(): Promise<void> {
    const { network, nodes } = this.#net
    network.mend()
    for (const node of nodes) {
      node.clock.offset = millis(0)
      node.disk.failWrites(undefined)
    }
    await this.#net.start(nodes.filter((node) => !node.isRunning))
    for (const person of this.#people) {
      person.clock.offset = millis(0)
      person.setOffline(false)
      await person.open()
    }
    this.#closed.clear()
    await this.#net.advance(REPAIR)
  }

  /** One member of each swarm loses its disk; the only directory member keeps it. */
  async loseDisks(): Promise<void> {
    const { directory, nodes } = this.#net
    for (const swarm of directory.swarmIds) {
      const members = nodes.slice(1).filter(({ nodeId }) => directory.nodes.get(nodeId)?.swarmId === swarm)
      this.#pick(members)?.loseDisk()
    }
    await this.#net.start(nodes)
  }

  async check(): Promise<void> {
    expect(this.#sent.length).toBeGreaterThan(10)
    for (const person of this.#people) {
      const inbox = await person.messages()
      for (const other of this.#people) {
        if (other === person) continue
        const expected = this.#sent.filter(({ from, to }) => from === other && to === person).map(({ text }) => text)
        const got = inbox.filter(
          ({ author, direction, body }) =>
            direction === 'incoming' && author === this.#ids.get(other) && body.kind !== 'notice',
        )
        expect(got.map(({ body }) => (body.kind === 'text' ? body.text : body.kind))).toEqual(expected)
      }
      // Nobody is left with a message that waits, now that everything works.
      const arrived = ['stored', 'delivered', 'read']
      const waiting = inbox.filter(
        ({ direction, delivery }) => direction === 'outgoing' && !arrived.includes(delivery?.kind ?? ''),
      )
      expect(waiting).toEqual([])
      this.#checkMembers(this.#ids.get(person)!)
    }
  }

  /** All members hold the same, and nobody else holds anything. */
  #checkMembers(accountId: string): void {
    const members = this.#net.swarmOf(accountId)
    const hashesAt = ({ disk }: SimulatedNode) =>
      [...(disk.tables.messages.get(parseOwner(accountId))?.keys() ?? [])].toSorted((a, b) => (a < b ? -1 : 1))
    expect(members.length).toBeGreaterThan(1)
    const everywhere = hashesAt(members[0]!)
    const received = this.#sent.filter(({ to }) => this.#ids.get(to) === accountId).length
    expect(everywhere.length).toBeGreaterThanOrEqual(received)
    for (const node of this.#net.nodes) expect(hashesAt(node)).toEqual(members.includes(node) ? everywhere : [])
  }

  async #send(): Promise<void> {
    const from = this.#pick(this.#people.filter((person) => !this.#closed.has(person)))
    if (!from) return
    const to = this.#pick(this.#people.filter((person) => person !== from))!
    const text = `${from.name} ${this.#count++}`
    await from.send(this.#ids.get(to) as never, text)
    this.#sent.push({ from, to, text })
  }

  async #misfortune(): Promise<void> {
    const { network, nodes } = this.#net
    const person = this.#pick(this.#people)!
    const node = this.#pick(nodes)!
    switch (this.#below(11)) {
      case 0:
        return this.#spare(node) ? undefined : node.crash({ torn: this.#below(3) })
      case 1:
        return this.#spare(node) ? undefined : node.stop()
      case 2:
      case 3:
        return this.#net.start(nodes.filter((other) => !other.isRunning))
      case 4:
        return network.setDefaults({
          loss: this.#below(10) / 100,
          jitter: millis(this.#below(300)),
          reorder: this.#below(2) === 0,
        })
      case 5:
        return network.setWire(node.address, this.#pick(nodes)!.address, { cut: this.#below(2) === 0 })
      case 6:
        node.clock.offset = millis(this.#below(20_000) - 10_000)
        return undefined
      case 7:
        return node.disk.failWrites(this.#pick(['full', 'io', undefined] as const))
      case 8:
        // Cut off from all others, and from clients not.
        for (const other of nodes) if (other !== node) network.setWire(node.address, other.address, { cut: true })
        return undefined
      case 9:
        person.setOffline(this.#below(2) === 0)
        return undefined
      default:
        return this.#toggle(person)
    }
  }

  async #toggle(person: TestClient): Promise<void> {
    if (this.#closed.delete(person)) return person.open()
    this.#closed.add(person)
    return person.close()
  }

  /** One member of each swarm stays, and the only directory member: what all members lose is lost. */
  #spare(node: SimulatedNode): boolean {
    const { directory, nodes } = this.#net
    const swarmId = directory.nodes.get(node.nodeId)?.swarmId
    const others = nodes.filter(
      (other) => other !== node && other.isRunning && directory.nodes.get(other.nodeId)?.swarmId === swarmId,
    )
    return node === nodes[0] || others.length === 0
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return pick(this.#net.random, list)
  }

  #below(limit: number): number {
    return randomInteger(this.#net.random, limit)
  }

  #between(least: Millis, most: Millis): Millis {
    return millis(least + this.#below(most - least))
  }
}
