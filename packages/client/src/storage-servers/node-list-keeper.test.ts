/** Where the list of nodes comes from, and what is believed of it. */
import { test } from 'node:test'
import { hours, minutes, type NodeEntry, seconds, toHex, utf8 } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { memoryLogger, seededRandom, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { NetworkTime } from '../network-time.ts'
import { parseStoreKey } from '../store/key-vault.ts'
import { MemoryDisk, MemoryStore } from '../store/memory-store.ts'
import { SealedStore } from '../store/sealed-store.ts'
import { RequestError } from '../swarm/request-error.ts'
import { networkOf } from '../testing/network-snapshot.ts'
import type { Transport } from '../transport/transport.ts'
import { TransportError } from '../transport/transport-error.ts'
import { NodeListKeeper } from './node-list-keeper.ts'

type State = Record<string, unknown>

const states = (count: number): State[] =>
  [...networkOf({ nodes: count, operators: 1, subnets: 200, swarms: 5 }).nodes.values()].map(stateOf)

function stateOf({ descriptor, swarmId }: NodeEntry): State {
  return {
    pubkey_ed25519: descriptor.nodeId,
    pubkey_x25519: toHex(descriptor.encryptionKey),
    public_ip: descriptor.address,
    storage_port: descriptor.httpsPort,
    swarm: swarmId.toString(16),
  }
}

async function createWorld() {
  const clock = new VirtualClock()
  const random = seededRandom(4)
  const key = parseStoreKey(new Uint8Array(32).fill(1))
  const memory = new MemoryStore(new MemoryDisk())
  const store = await SealedStore.open({ store: memory, key, crypto: createNativeCrypto(), random })
  const world = {
    clock,
    fromSeeds: states(40) as State[] | undefined,
    /** What the nodes that are asked give, one after the other; all the same list if there is one. */
    fromNodes: [] as (readonly State[] | undefined)[],
    seedsAsked: 0,
    nodesAsked: 0,
  }
  const transport: Transport = {
    connect: async () => {
      throw new TransportError('unreachable')
    },
    fetchDirectory: async () => {
      world.seedsAsked++
      if (world.fromSeeds === undefined) throw new TransportError('unreachable')
      return utf8(JSON.stringify({ result: { height: 5, service_node_states: world.fromSeeds } }))
    },
    offline: false,
    onNetworkChange: () => () => {},
  }
  const keeper = new NodeListKeeper(
    {
      seeds: ['https://seed.test/json_rpc'],
      clock,
      random,
      logger: memoryLogger(),
      transport,
      time: new NetworkTime(clock),
      isConnected: () => true,
      ask: async () => {
        const list = world.fromNodes[world.nodesAsked++ % Math.max(1, world.fromNodes.length)]
        if (list === undefined) throw new RequestError('timeout')
        return { result: { height: 6, service_node_states: list } }
      },
    },
    store,
  )
  const life = new AbortController()
  const running = keeper.run(life.signal).catch(() => {})
  const end = async () => {
    life.abort()
    await running
  }
  await clock.advance(seconds(1))
  return { ...world, world, keeper, end, nodes: () => keeper.view.snapshot?.nodes.size }
}

test('seeds give the first list, three nodes those after it; one of the three may lie or be silent', async () => {
  const { world, clock, nodes, end } = await createWorld()
  expect([nodes(), world.seedsAsked]).toEqual([40, 1])
  const later = states(42)
  for (const [third, expected] of [
    [undefined, 40], // two name the new ones: that is not enough
    [states(300).slice(100), 40],
    [later, 42],
  ] as const) {
    world.fromNodes = [later, later, third]
    world.nodesAsked = 0
    await clock.advance(hours(13))
    expect(nodes()).toBe(expected)
  }
  expect(world.seedsAsked).toBe(1)
  await end()
})

test('nodes that name less than half of the network are not believed: seeds are asked', async () => {
  const { world, clock, nodes, end } = await createWorld()
  const few = states(40).slice(0, 15)
  world.fromNodes = [few, few, few]
  world.fromSeeds = states(41)
  await clock.advance(hours(13))
  expect([nodes(), world.seedsAsked]).toEqual([41, 2])
  await end()
})

test('when nobody answers the last list is used on, and says that it could not be renewed', async () => {
  const { world, clock, keeper, nodes, end } = await createWorld()
  world.fromSeeds = undefined
  await clock.advance(hours(13))
  expect([nodes(), keeper.problem.snapshot, keeper.isStale]).toEqual([40, 'unavailable', false])
  await clock.advance(hours(48))
  expect([nodes(), keeper.isStale]).toEqual([40, true])
  world.fromSeeds = states(43)
  await clock.advance(minutes(3))
  expect([nodes(), keeper.problem.snapshot, keeper.isStale]).toEqual([43, undefined, false])
  await end()
})

test('whoever says all the time that the list is old has it fetched every 30 s', async () => {
  const { world, clock, keeper, end } = await createWorld()
  const before = world.seedsAsked
  for (let i = 0; i < 600; i++) {
    keeper.refreshSoon()
    await clock.advance(seconds(1))
  }
  expect(world.seedsAsked - before).toBeLessThanOrEqual(21)
  expect(world.seedsAsked - before).toBeGreaterThan(15)
  await end()
})
