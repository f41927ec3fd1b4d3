/** Devices of one account that share config objects through their swarm, on virtual time. docs/protocol/config.md §6. */
import { test } from 'node:test'
import {
  type AccountId,
  createAccountSeed,
  minutes,
  NAMESPACES,
  type Namespace,
  parseAccountId,
  parseDisplayName,
  seconds,
  unixMillis,
} from '@starling/protocol'
import { expect } from 'expect'
import { ConfigDevice } from '../testing/config-device.ts'
import { FakeNetwork } from '../testing/fake-network.ts'

const person = (i: number) => parseAccountId(`05${i.toString(16).padStart(64, '0')}`)
const [bob, carol] = [person(1), person(2)] as [AccountId, AccountId]

/** An account on devices that are online, with a name, and quiet. */
const household = async (count: number) => {
  const net = new FakeNetwork()
  const seed = createAccountSeed(net.random)
  const places = Array.from({ length: count }, () => net.device())
  const devices = await Promise.all(places.map((place) => ConfigDevice.open(net, place, seed)))
  await devices[0]!.configs.create(parseDisplayName('Alice'))
  await net.until(() => devices.every(({ configs }) => configs.displayName === 'Alice'))
  await net.clock.advance(seconds(5))
  for (const { changes } of devices) changes.splice(0)
  const swarm = () =>
    devices[0]!.network.requests
      .swarmOf(devices[0]!.keys.accountId)!
      .members.map(({ descriptor }) => net.nodeOf(descriptor.nodeId))
  return {
    net,
    seed,
    places,
    devices,
    swarm,
    /** How often nodes were asked to store. */
    stores: () => net.nodes.flatMap(({ asked }) => asked).filter((method) => method === 'store').length,
    /** What one member keeps. */
    kept: (namespace: Namespace) => swarm()[0]!.messages.filter((each) => each.namespace === namespace),
    [Symbol.asyncDispose]: async () => {
      for (const device of devices) await device[Symbol.asyncDispose]()
    },
  }
}

const contactOn = (device: ConfigDevice, id: AccountId) => device.shared.contacts.get(id)

test('an edit on one device is on the others within a second, and then nobody pushes any more', async () => {
  await using house = await household(3)
  const { net, devices } = house
  const [first, second, third] = devices as [ConfigDevice, ConfigDevice, ConfigDevice]
  const before = house.stores()
  await first.write(first.shared.contacts.set(bob, { name: 'Bob', approved: true }))
  await first.write(first.shared.contacts.set(bob, { priority: 1 }))
  await first.write(first.shared.readState.raise(bob, unixMillis(net.clock.now() - 1000)))
  const isThere = ({ shared }: ConfigDevice) =>
    shared.contacts.get(bob)?.priority === 1 && shared.readState.get(bob).readUntil > 0
  await net.until(() => isThere(second) && isThere(third), seconds(1))
  await net.clock.advance(minutes(30))
  expect(house.stores() - before).toBe(2) // contacts and read positions
  expect(first.changes).toEqual([])
  expect(second.changes.flatMap(({ contacts }) => contacts)).toMatchObject([
    { id: bob, before: undefined, after: { name: 'Bob', approved: true, priority: 1 } },
  ])
  expect(second.changes.flatMap(({ readPositions }) => readPositions)).toMatchObject([
    { conversation: { kind: 'account', id: bob }, after: { markedUnread: false } },
  ])
})

test('who reads on and on pushes less and less often, and the last position arrives soon', async () => {
  await using house = await household(2)
  const { net, devices } = house
  const [first, second] = devices as [ConfigDevice, ConfigDevice]
  const before = house.stores()
  for (let message = 0; message < 60; message++) {
    await first.write(first.shared.readState.raise(bob, net.clock.now()))
    await net.clock.advance(seconds(1))
  }
  const { readUntil } = first.shared.readState.get(bob)
  await net.until(() => second.shared.readState.get(bob).readUntil === readUntil, seconds(6))
  expect(house.stores() - before).toBeLessThan(20)
  await net.clock.advance(minutes(1))
  await first.write(first.shared.readState.raise(bob, net.clock.now()))
  await net.until(() => second.shared.readState.get(bob).readUntil > readUntil, seconds(1))
  await first.write(first.shared.readState.raise(bob, net.clock.now()))
  await first.write(first.shared.contacts.set(bob, { name: 'Bob' }))
  await net.until(() => contactOn(second, bob) !== undefined, seconds(1))
})

test('edits on both sides while apart come together, in one version, without ping-pong', async () => {
  await using house = await household(2)
  const { net, devices, places } = house
  const [first, second] = devices as [ConfigDevice, ConfigDevice]
  const before = house.stores()
  for (const place of places) place.offline = true
  await net.clock.advance(seconds(1))
  await first.write(first.shared.contacts.set(bob, { name: 'Bob', blocked: true }))
  await first.write(first.shared.contacts.set(carol, { name: 'Carol' }))
  await second.write(second.shared.contacts.set(bob, { name: 'Bobby', nickname: 'B' }))
  await second.write(second.shared.profile.set({ name: parseDisplayName('Alice B.') }))
  for (const place of places) place.offline = false
  const agree = () =>
    [bob, carol].every((id) => JSON.stringify(contactOn(first, id)) === JSON.stringify(contactOn(second, id))) &&
    contactOn(first, carol) !== undefined &&
    contactOn(first, bob)?.nickname === 'B' &&
    first.configs.displayName === 'Alice B.'
  await net.until(agree, minutes(1))
  await net.clock.advance(minutes(30))
  expect(agree()).toBe(true)
  expect(contactOn(first, bob)).toMatchObject({ blocked: true, nickname: 'B' })
  expect(['Bob', 'Bobby']).toContain(contactOn(first, bob)?.name)
  // One of each device, the merge by each of them, and the name.
  expect(house.stores() - before).toBeLessThanOrEqual(5)
  expect(house.kept(NAMESPACES.contacts)).toHaveLength(1)
})

test('a device that was offline during six pushes keeps its own edit and gets theirs', async () => {
  await using house = await household(2)
  const { net, devices, places } = house
  const [first, second] = devices as [ConfigDevice, ConfigDevice]
  await first.write(first.shared.contacts.set(bob, { name: 'Bob' }))
  await net.until(() => contactOn(second, bob) !== undefined)
  places[1]!.offline = true
  await net.clock.advance(seconds(1))
  await second.write(second.shared.contacts.set(bob, { blocked: true }))
  for (const version of [1, 2, 3, 4, 5, 6]) {
    await first.write(first.shared.contacts.set(bob, { name: `Bob ${version}` }))
    await net.clock.advance(seconds(3))
  }
  places[1]!.offline = false
  await net.until(() => contactOn(first, bob)?.blocked === true, minutes(1))
  for (const device of devices) expect(contactOn(device, bob)).toMatchObject({ name: 'Bob 6', blocked: true })
})

test('a push whose confirmation is lost is repeated, and the swarm keeps one copy', async () => {
  await using house = await household(2)
  const { net, devices } = house
  const [first, second] = devices as [ConfigDevice, ConfigDevice]
  for (const node of house.swarm()) node.losesAnswers = true
  await first.write(first.shared.contacts.set(bob, { name: 'Bob' }))
  await net.until(() => contactOn(second, bob) !== undefined, minutes(1))
  await net.clock.advance(minutes(2))
  for (const node of house.swarm()) node.losesAnswers = false
  await net.clock.advance(minutes(15))
  const before = house.stores()
  await net.clock.advance(minutes(30))
  expect(house.stores()).toBe(before)
  expect(house.kept(NAMESPACES.contacts)).toHaveLength(1)
  await first.write(first.shared.contacts.set(bob, { name: 'Robert' }))
  await net.until(() => contactOn(second, bob)?.name === 'Robert', seconds(1))
})

test('a crash between push and confirmation loses nothing and doubles nothing', async () => {
  await using house = await household(2)
  const { net, devices, places, seed } = house
  const [first, second] = devices as [ConfigDevice, ConfigDevice]
  for (const node of house.swarm()) node.losesAnswers = true
  await first.write(first.shared.contacts.set(bob, { name: 'Bob' }))
  await net.until(() => contactOn(second, bob) !== undefined, minutes(1))
  await first[Symbol.asyncDispose]()
  for (const node of house.swarm()) node.losesAnswers = false
  const again = await ConfigDevice.open(net, places[0]!, seed)
  devices[0] = again
  expect(contactOn(again, bob)?.name).toBe('Bob')
  await net.clock.advance(minutes(5))
  expect(house.kept(NAMESPACES.contacts)).toHaveLength(1)
  await second.write(second.shared.contacts.erase(bob))
  await net.until(() => contactOn(again, bob) === undefined, seconds(2))
  expect(again.changes.at(-1)?.contacts).toMatchObject([{ id: bob, before: { name: 'Bob' }, after: undefined }])
})

test('an edit that was written and not pushed before a crash is pushed after it', async () => {
  await using house = await household(2)
  const { net, devices, places, seed } = house
  const [first, second] = devices as [ConfigDevice, ConfigDevice]
  await first.write(first.shared.contacts.set(bob, { name: 'Bob' }))
  await first[Symbol.asyncDispose]()
  devices[0] = await ConfigDevice.open(net, places[0]!, seed)
  await net.until(() => contactOn(second, bob)?.name === 'Bob', seconds(10))
})

test('a list of 1,000 contacts goes over in parts, and an edit of one of them follows', async () => {
  await using house = await household(2)
  const { net, devices } = house
  const [first, second] = devices as [ConfigDevice, ConfigDevice]
  for (let i = 0; i < 999; i++) first.shared.contacts.set(person(i), { name: `Person ${i}`, approved: true })
  await first.write(first.shared.contacts.set(person(999), { name: 'Person 999', approved: true }))
  await net.until(() => second.shared.contacts.list().length === 1000, minutes(1))
  expect(house.kept(NAMESPACES.contacts).length).toBeGreaterThan(1)
  await second.write(second.shared.contacts.set(person(500), { nickname: 'half' }))
  await net.until(() => contactOn(first, person(500))?.nickname === 'half', seconds(1))
  await net.clock.advance(minutes(5))
  const before = house.stores()
  await net.clock.advance(minutes(30))
  expect(house.stores()).toBe(before)
})

test('a node that gives an old copy the name of something else does not get that deleted', async () => {
  await using house = await household(1)
  const { net, devices } = house
  const [first] = devices as [ConfigDevice]
  const old = house.kept(NAMESPACES.profile)[0]!.item
  await first.configs.rename(parseDisplayName('Alice B.'))
  await first.write(first.shared.contacts.set(bob, { name: 'Bob' }))
  await net.clock.advance(seconds(5))
  const { hash } = house.kept(NAMESPACES.contacts)[0]!.item
  await first.configs.receive(NAMESPACES.profile, [{ ...old, hash }])
  await net.clock.advance(minutes(5))
  expect(house.kept(NAMESPACES.contacts).map(({ item }) => item.hash)).toEqual([hash])
})

test('what could not be acted on is told again', async () => {
  await using house = await household(2)
  const { net, devices } = house
  const [first, second] = devices as [ConfigDevice, ConfigDevice]
  second.refusals = 2
  await first.write(first.shared.contacts.set(bob, { name: 'Bob' }))
  await net.until(() => second.changes.length > 0, minutes(1))
  expect(second.refusals).toBe(0)
  expect(second.changes.flatMap(({ contacts }) => contacts)).toMatchObject([{ id: bob, after: { name: 'Bob' } }])
})

test('what a crash kept from being acted on is told after it, also if an edit was written meanwhile', async () => {
  await using house = await household(2)
  const { net, devices, places, seed } = house
  const [first, second] = devices as [ConfigDevice, ConfigDevice]
  await first.write(first.shared.contacts.set(bob, { name: 'Bob' }))
  await net.until(() => second.changes.length > 0)
  second.isStuck = true
  await first.write(first.shared.contacts.erase(bob))
  await net.until(() => contactOn(second, bob) === undefined)
  await second.write(second.shared.contacts.set(carol, { name: 'Carol' }))
  await second[Symbol.asyncDispose]()
  const again = await ConfigDevice.open(net, places[1]!, seed)
  devices[1] = again
  await net.clock.advance(seconds(1))
  expect(again.changes.flatMap(({ contacts }) => contacts)).toContainEqual(
    expect.objectContaining({ id: bob, after: undefined }),
  )
  expect(contactOn(again, carol)?.name).toBe('Carol')
  await net.clock.advance(seconds(5))
  const told = again.changes.length
  await again[Symbol.asyncDispose]()
  const third = await ConfigDevice.open(net, places[1]!, seed)
  devices[1] = third
  await net.clock.advance(seconds(5))
  expect([told, third.changes.length]).toEqual([1, 0])
})

test('on a start copies that the swarm has lost are stored again, and those that it has live longer', async () => {
  await using house = await household(1)
  const { net, devices, places, seed, swarm } = house
  const [first] = devices as [ConfigDevice]
  await first.write(first.shared.contacts.set(bob, { name: 'Bob' }))
  await net.clock.advance(minutes(5))
  await first[Symbol.asyncDispose]()
  for (const node of swarm()) {
    const kept = node.messages.filter(({ namespace }) => namespace !== NAMESPACES.contacts)
    node.messages.splice(0, node.messages.length, ...kept)
  }
  const expiry = house.kept(NAMESPACES.profile)[0]!.item.expiry
  const before = house.stores()
  devices[0] = await ConfigDevice.open(net, places[0]!, seed)
  await net.until(() => house.kept(NAMESPACES.contacts).length === 1)
  expect(house.stores() - before).toBe(1)
  expect(house.kept(NAMESPACES.profile)[0]!.item.expiry - expiry).toBeGreaterThanOrEqual(minutes(5))
})

test('nothing is pushed before the account has a name', async () => {
  await using house = await household(1)
  const { net, devices } = house
  const nameless = await ConfigDevice.open(net, net.device(), createAccountSeed(net.random))
  devices.push(nameless)
  const before = house.stores()
  await nameless.write(nameless.shared.contacts.set(bob, { name: 'Bob' }))
  await net.clock.advance(minutes(5))
  expect(house.stores()).toBe(before)
  await nameless.configs.rename(parseDisplayName('Carol'))
  await net.until(() => house.stores() === before + 2, seconds(10))
})

test('a name given while nothing was found gives way to one that turns up; edits do not', async () => {
  await using house = await household(1)
  const { net, devices, seed } = house
  const [first] = devices as [ConfigDevice]
  const place = net.device()
  place.offline = true
  const late = await ConfigDevice.open(net, place, seed)
  devices.push(late)
  await late.write(late.shared.contacts.set(bob, { name: 'Bob' }))
  await late.configs.rename(parseDisplayName('Nobody'))
  place.offline = false
  await net.until(() => late.configs.displayName === 'Alice', minutes(1))
  await net.until(() => contactOn(first, bob)?.name === 'Bob', minutes(1))
  expect(first.configs.displayName).toBe('Alice')
})
