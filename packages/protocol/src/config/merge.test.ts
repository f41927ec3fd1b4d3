import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { toHex } from '../bytes/hex.ts'
import { utf8 } from '../bytes/utf8.ts'
import type { MessageHash } from '../rpc/message-hash.ts'
import { nobleCrypto } from '../testing.ts'
import {
  type ConfigScalar,
  type ConfigSet,
  type ConfigValue,
  copyDict,
  type MutableDict,
  prunedDict,
  unionOfSets,
} from './data.ts'
import { applyDiff, diffData } from './diff.ts'
import { type Merged, mergeVersions } from './merge.ts'
import { type ConfigVersion, closeDraft, draftAfter, encodeVersion, ROOT_VERSION, readVersion } from './message.ts'
import {
  type ConfigState,
  closeConfig,
  configData,
  confirmDeleted,
  confirmStored,
  EMPTY_CONFIG,
  editConfig,
  mergeConfig,
} from './state.ts'

const crypto = nobleCrypto()

const scalars = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom('', 'a', 'ab', 'b', '-').map(utf8))
const sets = fc
  .array(scalars, { minLength: 1, maxLength: 4 })
  .map((items) => items.reduce<ConfigSet>((set, item: ConfigScalar) => unionOfSets(set, [item]), []))
const { dict } = fc.letrec<{ value: ConfigValue; dict: MutableDict }>((tie) => ({
  value: fc.oneof({ maxDepth: 2 }, scalars, sets, tie('dict')),
  dict: fc
    .array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', '\xff'), tie('value')), { maxLength: 4 })
    .map((entries) => prunedDict(new Map(entries))),
}))

const next = (version: ConfigVersion, data: MutableDict) => closeDraft(crypto, { ...draftAfter(version), data })

/** Versions of three devices, one to three edits each, and their common ancestor. */
const branches = fc
  .tuple(dict, fc.array(fc.array(dict, { minLength: 1, maxLength: 3 }), { minLength: 3, maxLength: 3 }))
  .map(([first, edits]) => {
    const base = next(ROOT_VERSION, first)
    return { base, tips: edits.map((datas) => datas.reduce(next, base)) }
  })

const merge = (...versions: ConfigVersion[]) => mergeVersions(versions as [ConfigVersion])
const close = (merged: Merged, inputs: readonly ConfigVersion[]): ConfigVersion =>
  merged.kind === 'adopted'
    ? inputs[merged.index]!
    : closeDraft(crypto, { ...merged, base: merged.data, unknown: new Map() })
const closed = (...versions: ConfigVersion[]) => close(merge(...versions), versions)

test('a diff replayed on the old data gives the new', () => {
  const property = fc.property(dict, dict, (before, after) => {
    const data = copyDict(before)
    applyDiff(data, diffData(before, after), after)
    expect(prunedDict(data)).toEqual(after)
    expect(diffData(after, after).size).toBe(0)
  })
  fc.assert(property)
})

test('a version comes back from its bytes', () => {
  const property = fc.property(branches, ({ tips }) => {
    for (const tip of tips) expect(readVersion(crypto, encodeVersion(tip))).toEqual(tip)
  })
  fc.assert(property, { numRuns: 50 })
})

test('a merge does not depend on the order of what is merged, nor on repetition, nor on ancestors', () => {
  const property = fc.property(branches, fc.nat(5), ({ base, tips }, turn) => {
    const [a, b, c] = tips as [ConfigVersion, ConfigVersion, ConfigVersion]
    const expected = closed(a, b, c)
    const order = [
      [a, b, c],
      [a, c, b],
      [b, a, c],
      [b, c, a],
      [c, a, b],
      [c, b, a],
    ][turn]!
    expect(closed(...order)).toEqual(expected)
    expect(closed(...order, base, ...order)).toEqual(expected)
  })
  fc.assert(property, { numRuns: 200 })
})

test('what was merged already changes a merge no more', () => {
  const property = fc.property(branches, ({ base, tips }) => {
    const merged = closed(...tips)
    expect(closed(merged)).toEqual(merged)
    expect(closed(...tips, merged, base)).toEqual(merged)
  })
  fc.assert(property, { numRuns: 100 })
})

/**
 * A place of its own and one inside a dict for each device, and a shared one; a set that never becomes empty, because who
 * empties a set drops it for all. Kinds stay: so it is in real objects.
 */
const edits = fc.record({ own: scalars, shared: scalars, added: scalars, removed: scalars })
type Edit = { own: ConfigScalar; shared: ConfigScalar; added: ConfigScalar; removed: ConfigScalar }
const apply =
  (device: number, { own, shared, added, removed }: Edit) =>
  (data: MutableDict) => {
    data.set(`own${device}`, own)
    data.set('shared', shared)
    const set = unionOfSets((data.get('set') as ConfigSet | undefined) ?? [99], [added])
    data.set(
      'set',
      set.filter((item) => toKey(item) !== toKey(removed)),
    )
    const inside = new Map((data.get('dict') as MutableDict | undefined) ?? [])
    data.set('dict', inside.set(`own${device}`, own))
  }
const toKey = (item: ConfigScalar) => (item instanceof Uint8Array ? `s${toHex(item)}` : `i${item}`)

test('merging in two steps holds the same data as merging at once', () => {
  const property = fc.property(fc.array(edits, { minLength: 4, maxLength: 4 }), ([first, ...rest]) => {
    const start = new Map<string, ConfigValue>()
    apply(9, first!)(start)
    const base = next(ROOT_VERSION, prunedDict(start))
    const [a, b, c] = rest.map((edit, device) => {
      const data = copyDict(base.data)
      apply(device, edit)(data)
      return next(base, data)
    }) as [ConfigVersion, ConfigVersion, ConfigVersion]
    const expected = closed(a, b, c).data
    for (const result of [closed(closed(a, b), c), closed(a, closed(b, c)), closed(b, closed(c, a))]) {
      expect(result.data).toEqual(expected)
    }
    for (const [device, edit] of rest.entries()) expect(expected.get(`own${device}`)).toEqual(edit.own)
  })
  fc.assert(property, { numRuns: 100 })
})

/** A swarm and three devices, which see only what they poll. */
class Household {
  readonly swarm = new Map<MessageHash, Uint8Array>()
  readonly devices: ConfigState[] = [EMPTY_CONFIG, EMPTY_CONFIG, EMPTY_CONFIG]

  edit(device: number, edit: Edit): void {
    this.devices[device] = editConfig(this.devices[device]!, apply(device, edit))
  }
  poll(device: number): void {
    const found = [...this.swarm].map(([hash, bytes]) => ({ version: readVersion(crypto, bytes), hashes: [hash] }))
    this.devices[device] = mergeConfig(crypto, this.devices[device]!, found)
  }
  push(device: number): void {
    const state = closeConfig(crypto, this.devices[device]!)
    const bytes = encodeVersion(state.version)
    const hash = toHex(state.version.hash) as MessageHash
    if (state.kind === 'waiting') this.swarm.set(hash, bytes)
    const stored =
      state.kind === 'waiting' ? confirmStored(state, { seqno: state.version.seqno, hashes: [hash] }) : state
    for (const old of stored.obsolete) this.swarm.delete(old)
    this.devices[device] = confirmDeleted(stored, stored.obsolete)
  }
}

const acts = fc.oneof(
  fc.record({ device: fc.nat(2), edit: edits }),
  fc.record({ device: fc.nat(2), poll: fc.constant(true) }),
  fc.record({ device: fc.nat(2), push: fc.constant(true) }),
)

test('devices that edit, poll and push in any order come to one version, which the swarm keeps', () => {
  const property = fc.property(fc.array(acts, { maxLength: 25 }), (story) => {
    const house = new Household()
    for (const act of story) {
      if ('edit' in act) house.edit(act.device, act.edit)
      else if ('poll' in act) house.poll(act.device)
      else house.push(act.device)
    }
    for (let round = 0; round < 3; round++) {
      for (const device of [0, 1, 2]) {
        house.poll(device)
        house.push(device)
      }
    }
    const [first, ...others] = house.devices
    for (const other of others) expect(configData(other)).toEqual(configData(first!))
    expect(house.devices.map(({ kind }) => kind)).toEqual(['clean', 'clean', 'clean'])
    const edited = story.some((act) => 'edit' in act)
    expect([...house.swarm.keys()]).toEqual(edited ? first!.current : [])
  })
  fc.assert(property, { numRuns: 100 })
})

test('an edit of one device survives what the others do in other places', () => {
  const property = fc.property(fc.array(edits, { minLength: 3, maxLength: 3 }), (own) => {
    const house = new Household()
    for (const [device, edit] of own.entries()) house.edit(device, edit)
    for (const device of [0, 1, 2]) house.push(device)
    house.poll(2)
    for (const [device, edit] of own.entries()) {
      expect(configData(house.devices[2]!).get(`own${device}`)).toEqual(edit.own)
    }
  })
  fc.assert(property, { numRuns: 50 })
})
