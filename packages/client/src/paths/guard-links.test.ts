/** Which nodes see our address, and for how long. */
import { test } from 'node:test'
import {
  type Descriptor,
  type DirectoryView,
  days,
  hours,
  millis,
  minutes,
  type NodeId,
  seconds,
} from '@starling/protocol'
import type { Link } from '@starling/runtime'
import { MutableObservable } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { memoryLogger, seededRandom, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { parseStoreKey } from '../store/key-vault.ts'
import { MemoryDisk, MemoryStore } from '../store/memory-store.ts'
import { SealedStore } from '../store/sealed-store.ts'
import { networkOf } from '../testing/network-snapshot.ts'
import type { Transport } from '../transport/transport.ts'
import { TransportError } from '../transport/transport-error.ts'
import { GuardLinks } from './guard-links.ts'

const SHAPE = { nodes: 40, operators: 40, subnets: 40, swarms: 6 }

/** Nodes that can be away, and a device that can be restarted. */
class World implements Transport, AsyncDisposable {
  readonly clock = new VirtualClock()
  readonly random = seededRandom(3)
  readonly view = new MutableObservable<DirectoryView | undefined>(networkOf(SHAPE))
  readonly away = new Set<NodeId>()
  /** Every node that was ever tried. */
  readonly tried = new Set<NodeId>()
  readonly offline = false
  isCutOff = false
  guards!: GuardLinks
  #store!: MemoryStore
  readonly #disk = new MemoryDisk()
  readonly #links = new Map<NodeId, Set<() => void>>()
  #life = new AbortController()
  #running: Promise<unknown> = Promise.resolve()

  static async create(): Promise<World> {
    const world = new World()
    await world.start()
    return world
  }

  async start(): Promise<void> {
    const { clock, random, view } = this
    this.#store = new MemoryStore(this.#disk)
    const store = await SealedStore.open({
      store: this.#store,
      key: parseStoreKey(new Uint8Array(32).fill(1)),
      crypto: createNativeCrypto(),
      random,
    })
    const options = { clock, random, view, transport: this, logger: memoryLogger() }
    this.guards = new GuardLinks({ ...options, ownSwarm: () => undefined, canReach: () => true }, store)
    await this.guards.load()
    this.#life = new AbortController()
    this.#running = this.guards.run(this.#life.signal).catch(() => {})
    await clock.advance(seconds(5))
  }

  async stop(): Promise<void> {
    this.#life.abort()
    await this.#running
    await this.#store[Symbol.asyncDispose]()
  }

  get linked(): NodeId[] {
    return this.guards.links.snapshot.map(({ node }) => node).toSorted()
  }

  leave(node: NodeId): void {
    this.away.add(node)
    for (const close of [...(this.#links.get(node) ?? [])]) close()
  }

  /** The device itself has no network, and nobody says so. */
  cutOff(): void {
    this.isCutOff = true
    for (const closers of this.#links.values()) for (const close of [...closers]) close()
  }

  async connect({ nodeId }: Descriptor): Promise<Link> {
    if (this.isCutOff) throw new TransportError('unreachable')
    this.tried.add(nodeId)
    if (this.away.has(nodeId)) throw new TransportError('unreachable')
    const closed = Promise.withResolvers<void>()
    const close = () => {
      this.#links.get(nodeId)?.delete(close)
      closed.resolve()
    }
    const closers = this.#links.get(nodeId) ?? new Set()
    this.#links.set(nodeId, closers.add(close))
    const request = async () => ({ status: 404, body: new Uint8Array() })
    return { closed: closed.promise, request, [Symbol.asyncDispose]: async () => close() }
  }

  async fetchDirectory(): Promise<Uint8Array> {
    throw new TransportError('unreachable')
  }

  onNetworkChange(): () => void {
    return () => {}
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

test('two guards are kept for weeks, over restarts, and not for ever', async () => {
  await using world = await World.create()
  const first = world.linked
  expect(first).toHaveLength(2)
  for (let week = 0; week < 4; week++) {
    await world.stop()
    await world.clock.advance(days(7))
    await world.start()
    expect(world.linked).toEqual(first)
  }
  expect(world.tried.size).toBe(2)
  await world.clock.advance(days(33))
  world.view.set(networkOf(SHAPE)) // as each epoch brings a new one
  await world.clock.advance(seconds(5))
  expect(world.linked).toHaveLength(2)
  expect(world.linked.some((node) => first.includes(node))).toBe(false)
})

test('while a guard is away another stands in, and goes when it is back', async () => {
  await using world = await World.create()
  const [guard, other] = world.linked as [NodeId, NodeId]
  world.leave(guard)
  await world.clock.advance(seconds(20))
  expect(world.linked).toHaveLength(2)
  expect(world.linked).toContain(other)
  expect(world.linked).not.toContain(guard)
  await world.clock.advance(hours(3))
  expect(world.tried.size).toBe(3) // always the same substitute
  world.away.delete(guard)
  await world.clock.advance(minutes(11))
  expect(new Set(world.linked)).toEqual(new Set([guard, other]))
})

test('a guard that is away for a day is replaced by its substitute, also after a restart', async () => {
  await using world = await World.create()
  const [guard] = world.linked as [NodeId, NodeId]
  world.leave(guard)
  await world.clock.advance(hours(25))
  const now = world.linked
  expect(now).not.toContain(guard)
  world.away.delete(guard)
  await world.stop()
  await world.start()
  expect(world.linked).toEqual(now)
  await world.clock.advance(hours(1))
  expect(world.linked).toEqual(now)
})

test('a device without a network keeps its guards, however often that happens', async () => {
  await using world = await World.create()
  const guards = world.linked
  for (let i = 0; i < 10; i++) {
    world.cutOff()
    await world.clock.advance(minutes(7))
    world.isCutOff = false
    await world.clock.advance(minutes(2))
    expect(world.linked).toEqual(guards)
  }
})

test('a guard that left the directory is replaced at once', async () => {
  await using world = await World.create()
  const guards = world.linked
  const gone = Math.max(...guards.map((node) => Number.parseInt(node, 16)))
  world.view.set(networkOf({ ...SHAPE, nodes: gone }))
  await world.clock.advance(seconds(5))
  expect(world.linked).toHaveLength(2)
  expect(world.linked.filter((node) => guards.includes(node)).length).toBeLessThan(2)
})

test('three timeouts in a row give a link up, one answer between them does not', async () => {
  await using world = await World.create()
  const [guard] = world.linked as [NodeId, NodeId]
  for (let i = 0; i < 5; i++) {
    world.guards.timedOut(guard)
    world.guards.timedOut(guard)
    world.guards.succeeded(guard)
  }
  await world.clock.advance(millis(10))
  expect(world.linked).toContain(guard)
  for (let i = 0; i < 3; i++) world.guards.timedOut(guard)
  await world.clock.advance(millis(10))
  expect(world.linked).not.toContain(guard)
})
