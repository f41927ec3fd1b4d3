/** Devices of one account that share real objects through a swarm. docs/protocol/config.md §3 and §6. */
import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { days, unixMillis } from '../brand.ts'
import { toHex } from '../bytes/hex.ts'
import { type AccountId, parseAccountId } from '../identity/account-id.ts'
import { deriveAccountKeys, parseAccountSeed } from '../identity/account-seed.ts'
import type { MessageHash } from '../rpc/message-hash.ts'
import { nobleCrypto } from '../testing.ts'
import { type ContactChange, eraseContact, listContacts, readContact, setContact } from './contacts.ts'
import { readPosition, setReadUntil } from './conversation-info.ts'
import type { MutableDict } from './data.ts'
import { buildConfigPush, editOwnConfig, needsPush, type OwnConfigName, receiveConfig } from './own-config.ts'
import { type ConfigState, configData, confirmDeleted, confirmStored, EMPTY_CONFIG } from './state.ts'
import { decodeConfigState, encodeConfigState } from './state-codec.ts'

const crypto = nobleCrypto()
const keys = deriveAccountKeys(crypto, parseAccountSeed(new Uint8Array(16).fill(7)))
const now = unixMillis(1_700_000_000_000)
const people = Array.from({ length: 4 }, (_, i) => parseAccountId(`05${`${i}${i}`.repeat(32)}`))
const [bob, carol] = people as [AccountId, AccountId]

/** A swarm and devices, which see only what they poll. */
class Household {
  readonly #context
  readonly swarm = new Map<MessageHash, Uint8Array>()
  readonly devices: ConfigState[]
  stores = 0

  constructor(name: OwnConfigName, devices: number) {
    this.#context = { crypto, keys, now, name }
    this.devices = Array.from({ length: devices }, () => EMPTY_CONFIG)
  }

  data(device: number) {
    return configData(this.devices[device]!)
  }

  edit(device: number, edit: (data: MutableDict) => void): void {
    this.#set(device, editOwnConfig(crypto, this.devices[device]!, edit))
  }

  poll(device: number): void {
    const items = [...this.swarm].map(([hash, data]) => ({ hash, data }))
    this.#set(device, receiveConfig(this.#context, this.devices[device]!, items))
  }

  /** Hands out, stores and, unless the reply is lost, confirms and deletes. */
  push(device: number, { isReplyLost = false } = {}): void {
    const state = this.devices[device]!
    if (needsPush(state)) {
      const push = buildConfigPush(this.#context, state)
      for (const [i, hash] of push.hashes.entries()) this.swarm.set(hash, push.items[i]!)
      this.stores += push.items.length
      this.#set(device, isReplyLost ? push.state : confirmStored(push.state, push))
      if (isReplyLost) return
    }
    const { obsolete } = this.devices[device]!
    for (const hash of obsolete) this.swarm.delete(hash)
    this.#set(device, confirmDeleted(this.devices[device]!, obsolete))
  }

  /** Every device polls and pushes, until nobody has anything to push; the number of rounds. */
  settle(): number {
    for (let round = 0; round < 10; round++) {
      const { stores } = this
      for (const device of this.devices.keys()) this.poll(device)
      for (const device of this.devices.keys()) this.push(device)
      if (this.stores === stores) return round
    }
    throw new Error('no end')
  }

  /** Everything survives a restart. */
  #set(device: number, state: ConfigState): void {
    this.devices[device] = decodeConfigState(crypto, encodeConfigState(crypto, state))
  }
}

const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ who: fc.constantFrom(...people), name: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ who: fc.constantFrom(...people), approved: fc.boolean() }),
  fc.record({ who: fc.constantFrom(...people), priority: fc.nat(2) }),
  fc.record({ who: fc.constantFrom(...people), features: fc.subarray([0, 1, 2]) }),
  fc.record({ who: fc.constantFrom(...people), isErased: fc.constant(true) }),
)
const acts = fc.oneof(
  fc.record({ device: fc.nat(3), edit: edits }),
  fc.record({ device: fc.nat(3), act: fc.constantFrom('poll', 'push', 'lose') }),
)

type Edit = ContactChange & { who: AccountId; isErased?: boolean }

const apply =
  ({ who, isErased, ...change }: Edit) =>
  (data: MutableDict) => {
    if (isErased) eraseContact(data, who)
    else setContact(data, who, change)
  }

test('four devices that edit, poll and push in any order, with replies lost, come to one version and stop', () => {
  const property = fc.property(fc.array(acts, { maxLength: 40 }), (story) => {
    const house = new Household('contacts', 4)
    for (const each of story) {
      if ('edit' in each) house.edit(each.device, apply(each.edit))
      else if (each.act === 'poll') house.poll(each.device)
      else house.push(each.device, { isReplyLost: each.act === 'lose' })
    }
    house.settle()
    for (const device of [1, 2, 3]) expect(house.data(device)).toEqual(house.data(0))
    expect(house.devices.map(({ kind }) => kind)).toEqual(['clean', 'clean', 'clean', 'clean'])
    expect(new Set(house.swarm.keys())).toEqual(new Set(house.devices[0]!.current))
  })
  fc.assert(property, { numRuns: 20 })
})

test('devices that merge the same write the same bytes, and what each of them then edits is no conflict', () => {
  const property = fc.property(edits, edits, edits, (one, two, after) => {
    const house = new Household('contacts', 2)
    house.edit(0, (data) => setContact(data, bob, { name: 'first' }))
    house.settle()
    house.edit(0, apply(one))
    house.edit(1, apply(two))
    house.push(0)
    house.push(1)
    for (const device of [0, 1]) house.poll(device)
    const built = house.devices.map((state) => buildConfigPush({ crypto, keys, now, name: 'contacts' }, state))
    expect(built[0]!.items.map(toHex)).toEqual(built[1]!.items.map(toHex))
    const before = house.data(0)
    house.edit(0, apply(after))
    const isEdited = house.data(0) !== before
    house.push(0)
    house.push(1)
    expect(house.settle()).toBe(0)
    for (const [key, value] of isEdited ? house.data(0) : []) expect(house.data(1).get(key)).toEqual(value)
  })
  const emptied: [Edit, Edit, Edit] = [
    { who: people[2]!, approved: false },
    { who: bob, isErased: true },
    { who: bob, features: [] },
  ]
  fc.assert(property, { numRuns: 15, examples: [emptied] })
})

test('edits that were never stored survive six versions of another device, but for places that it changed, too', () => {
  const house = new Household('contacts', 2)
  house.edit(0, (data) => setContact(data, bob, { name: 'Bob', priority: 1 }))
  house.edit(0, (data) => setContact(data, carol, { name: 'Carol', features: [0] }))
  house.settle()
  house.edit(1, (data) => setContact(data, bob, { nickname: 'mine', priority: 5, name: 'offline' }))
  house.edit(1, (data) => setContact(data, carol, { blocked: true, features: [1] }))
  for (const version of [1, 2, 3, 4, 5, 6]) {
    house.edit(0, (data) => setContact(data, bob, { name: `Bob ${version}` }))
    house.push(0)
  }
  expect(house.settle()).toBeLessThanOrEqual(2)
  for (const device of [0, 1]) {
    expect(readContact(house.data(device), bob)).toMatchObject({ name: 'Bob 6', nickname: 'mine', priority: 5 })
    expect(readContact(house.data(device), carol)).toMatchObject({ name: 'Carol', blocked: true, features: [1] })
  }
})

test('the same holds for a version that was handed out and never confirmed', () => {
  const house = new Household('contacts', 2)
  house.edit(0, (data) => setContact(data, bob, { name: 'Bob' }))
  house.settle()
  const { swarm } = house
  const stored = new Map(swarm)
  house.edit(1, (data) => setContact(data, bob, { blocked: true }))
  house.push(1, { isReplyLost: true })
  for (const hash of swarm.keys()) if (!stored.has(hash)) swarm.delete(hash) // it never arrived
  for (const version of [1, 2, 3, 4, 5, 6]) {
    house.edit(0, (data) => setContact(data, bob, { name: `Bob ${version}` }))
    house.push(0)
  }
  house.settle()
  expect(readContact(house.data(0), bob)).toMatchObject({ name: 'Bob 6', blocked: true })
})

test('what any device read stays read, whichever version wins', () => {
  const positions = fc.array(fc.tuple(fc.nat(2), fc.nat(3), fc.integer({ min: 1, max: 50 })), { maxLength: 12 })
  const property = fc.property(positions, (reads) => {
    const house = new Household('conversationInfo', 3)
    const latest = new Map<AccountId, number>()
    for (const [i, [device, person, step]] of reads.entries()) {
      if (i % 4 === 3) house.poll(device)
      const id = people[person]!
      const time = unixMillis(now - days(1) + step)
      const ref = { kind: 'account', id } as const
      if (readPosition(house.data(device), ref).readUntil < time) {
        house.edit(device, (data) => setReadUntil(data, ref, time, now))
      }
      house.push(device)
      latest.set(id, Math.max(latest.get(id) ?? 0, time))
    }
    house.settle()
    for (const device of [0, 1, 2]) {
      for (const [id, time] of latest) {
        expect(readPosition(house.data(device), { kind: 'account', id }).readUntil).toBe(time)
      }
    }
  })
  fc.assert(property, { numRuns: 20 })
})

test('what was read stays read, although another device stored six versions without having seen it', () => {
  const house = new Household('conversationInfo', 2)
  const ref = { kind: 'account', id: bob } as const
  const read = (device: number, step: number) => {
    house.edit(device, (data) => setReadUntil(data, ref, unixMillis(now - days(1) + step), now))
    house.push(device)
  }
  read(0, 50)
  for (const step of [1, 2, 3, 4, 5, 6]) read(1, step)
  house.settle()
  for (const device of [0, 1]) expect(readPosition(house.data(device), ref).readUntil).toBe(now - days(1) + 50)
})

test('a contact list that takes several items arrives whole, in any order, and is edited on both sides', () => {
  const house = new Household('contacts', 2)
  const many = Array.from({ length: 1000 }, (_, i) => parseAccountId(`05${i.toString(16).padStart(64, '0')}`))
  house.edit(0, (data) => {
    for (const [i, id] of many.entries())
      setContact(data, id, { name: `Person ${i}`, approved: true, createdSeconds: i })
  })
  house.push(0)
  expect(house.swarm.size).toBeGreaterThan(1)
  const reversed = [...house.swarm].reverse()
  house.swarm.clear()
  for (const [hash, item] of reversed) house.swarm.set(hash, item)
  house.poll(1)
  expect(listContacts(house.data(1))).toHaveLength(1000)
  house.edit(0, (data) => setContact(data, many[1]!, { blocked: true }))
  house.edit(1, (data) => setContact(data, many[2]!, { nickname: 'two' }))
  house.push(0)
  house.push(1)
  house.settle()
  expect(house.data(0)).toEqual(house.data(1))
  expect(readContact(house.data(0), many[1]!)?.blocked).toBe(true)
  expect(readContact(house.data(0), many[2]!)?.nickname).toBe('two')
  expect(new Set(house.swarm.keys())).toEqual(new Set(house.devices[0]!.current))
})
