/** Whole histories of one profile on several devices, as the other apps live them. docs/protocol/config.md §6. */
import { test } from 'node:test'
import { expect } from 'expect'
import vectors from '../../vectors/config.json' with { type: 'json' }
import { unixMillis } from '../brand.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { fromUtf8, utf8 } from '../bytes/utf8.ts'
import { deriveAccountKeys, parseAccountSeed } from '../identity/account-seed.ts'
import type { MessageHash } from '../rpc/message-hash.ts'
import { nobleCrypto } from '../testing.ts'
import { type ConfigContext, USER_PROFILE_OBJECT } from './config-object.ts'
import type { ConfigValue, MutableDict } from './data.ts'
import { buildItems, readItems } from './items.ts'
import { encodeVersion } from './message.ts'
import {
  type ConfigState,
  closeConfig,
  configData,
  configSeqno,
  confirmDeleted,
  confirmStored,
  EMPTY_CONFIG,
  editConfig,
  mergeConfig,
} from './state.ts'
import { decodeConfigState, encodeConfigState } from './state-codec.ts'
import { unwrapConfig } from './wrapping.ts'

const crypto = nobleCrypto()
const profile = vectors.objects.user_profile
const keys = deriveAccountKeys(crypto, parseAccountSeed(fromHex(profile.seed)))
const context: ConfigContext = { crypto, keys, object: USER_PROFILE_OBJECT, now: unixMillis(1_700_000_000_000) }

/** Stands for a name such as `fakehash1`, in the form of a message hash. */
const hash = (name: string) => name.padEnd(43, 'A') as MessageHash
const names = (hashes: readonly MessageHash[]) => hashes.map((each) => each.replace(/A+$/, '')).sort()

type Push = {
  seqno: number
  obsolete: string[]
  encrypted: string
  plaintext?: string
  hash?: string
  wrapped?: string
}
type Step = {
  device: string
  action: string
  accepted?: string[]
  after: { state: string; curr_hashes: string[]; seqno: number; old_hashes: string[]; data: object }
  push?: Push
}

/** Data in the notation of the vectors. */
const show = (data: ReadonlyMap<string, ConfigValue>) =>
  Object.fromEntries(
    [...data].map(([key, value]) => {
      if (!(value instanceof Uint8Array)) return [key, value]
      return [key, value.every((byte) => byte >= 0x20 && byte < 0x7f) ? fromUtf8(value) : `hex:${toHex(value)}`]
    }),
  )

const set = (values: Record<string, string | number | Uint8Array>) => (data: MutableDict) => {
  for (const [key, value] of Object.entries(values)) data.set(key, typeof value === 'string' ? utf8(value) : value)
}

const merge = (state: ConfigState, stored: Record<string, string>) => {
  const items = Object.entries(stored).map(([name, data]) => ({ hash: hash(name), data: fromHex(data) }))
  return mergeConfig(crypto, state, readItems(context, items, []).found)
}

/** Builds what is to be stored, and sees that it is what the vector says. The other apps forget obsolete copies here. */
const push = (state: ConfigState, expected: Push) => {
  const closed = closeConfig(crypto, state)
  expect(closed.version.seqno).toBe(expected.seqno)
  const plaintext = encodeVersion(closed.version)
  if (expected.plaintext !== undefined) expect(toHex(plaintext)).toBe(expected.plaintext)
  if (expected.hash !== undefined) expect(toHex(closed.version.hash)).toBe(expected.hash)
  const { items } = buildItems(context, expected.seqno, plaintext)
  expect(items.map((item) => toHex(unwrapConfig(context, item)))).toEqual([expected.encrypted])
  if (expected.wrapped !== undefined) expect(toHex(items[0]!)).toBe(expected.wrapped)
  expect(names(closed.obsolete)).toEqual(expected.obsolete)
  return confirmDeleted(closed, closed.obsolete)
}

/** A step of the story; the state survives the local store on the way. */
const check = (state: ConfigState, step: Step) => {
  expect([step.action, state.kind, configSeqno(state)]).toEqual([step.action, step.after.state, step.after.seqno])
  expect([step.action, names(state.current)]).toEqual([step.action, step.after.curr_hashes])
  expect([step.action, names(state.obsolete)]).toEqual([step.action, step.after.old_hashes])
  expect(show(configData(state))).toEqual(step.after.data)
  const reloaded = decodeConfigState(crypto, encodeConfigState(crypto, state))
  expect(reloaded).toEqual(state)
  return reloaded
}

/** Plays the steps of a story with what each of them does. */
const play = (
  steps: readonly Step[],
  start: Record<string, ConfigState>,
  acts: ((state: ConfigState, step: Step) => ConfigState)[],
) => {
  const devices = { ...start }
  expect(acts).toHaveLength(steps.length)
  for (const [i, step] of steps.entries()) {
    devices[step.device] = check(acts[i]!(devices[step.device] ?? EMPTY_CONFIG, step), step)
  }
  return devices
}

const pushed = (state: ConfigState, step: Step) => push(state, step.push!)
const confirm = (seqno: number, name: string) => (state: ConfigState) =>
  confirmStored(state, { seqno, hashes: [hash(name)] })

const {
  two_devices_conflict: conflict,
  dirty_merge_and_obsolete: obsolete,
  dirty_states,
  lost_reply,
} = vectors.config_base
const encrypted = (steps: readonly unknown[]) => (steps as Step[]).flatMap((step) => step.push?.encrypted ?? [])
const [fake1 = '', fake2 = '', fake3 = ''] = encrypted(conflict)

const picture = { p: 'http://example.org/omg-pic-123.bmp', q: 'secret78901234567890123456789012' }
const newPicture = {
  p: 'http://new.example.com/pic',
  q: fromHex('7177657274007975696f31323334353637383930313233343536373839303132'),
}

test('two devices that edit side by side come to the same bytes', () => {
  play(conflict as unknown as Step[], {}, [
    (state) => state,
    (state) => editConfig(state, set({ n: 'Kallie', ...picture, '+': 9, t: 123 })),
    pushed,
    confirm(1, 'fakehash1'),
    (state) => merge(state, { fakehash1: fake1 }),
    (state) => editConfig(state, set({ n: 'Nibbler', t: 123 })),
    (state) => editConfig(state, set({ n: 'Raz', ...newPicture, e: 86400, M: 1, t: 124 })),
    pushed,
    confirm(2, 'fakehash2'),
    pushed,
    confirm(2, 'fakehash3'),
    (state) => merge(state, { fakehash3: fake3 }),
    (state) => merge(state, { fakehash2: fake2 }),
    pushed,
    pushed,
    confirm(3, 'fakehash4'),
  ])
})

const fresh = (name: string, data: string) => merge(EMPTY_CONFIG, { [name]: data })

test('an edited device merges, and obsolete copies are handed out', () => {
  const [fake5 = ''] = encrypted(obsolete)
  const A = fresh('fakehash2', fake2)
  const B = fresh('fakehash3', fake3)
  play(obsolete as unknown as Step[], { "A'": A, "B'": B }, [
    (state) => editConfig(state, set({ '+': 5 })),
    (state) => merge(state, { fakehash3: fake3 }),
    pushed,
    (state) => merge(state, { fakehash5: fake5, fakehash2: fake2, fakehash3: fake3 }),
    pushed,
    (state) => state,
  ])
})

test('confirmations count for the version that they are for', () => {
  // Two steps are of the other apps alone: they skip a number when an edited state is loaded. Here it is skipped by hand.
  const skip = (state: ConfigState): ConfigState => {
    const closed = closeConfig(crypto, state)
    return editConfig(editConfig(closed, set({ '+': 0 })), set({ '+': 3 }))
  }
  play(dirty_states as unknown as Step[], {}, [
    (state) => editConfig(merge(state, { fakehash1: fake1 }), set({ '+': 3 })),
    (state) => merge(state, { fakehash1: fake1 }),
    skip,
    pushed,
    (state) => closeConfig(crypto, state),
    confirm(9, 'wrong'),
    (state) => editConfig(state, set({ '+': 4 })),
    confirm(3, 'late'),
    pushed,
    confirm(4, 'h9'),
    (state) => state,
    (state) => editConfig(state, set({ '+': 4 })),
    (state) => merge(state, { corrupted: `00${fake1}`, fakehash1: fake1 }),
  ])
})

test('a version whose reply was lost is pushed again', () => {
  const [item = ''] = encrypted(lost_reply)
  play(lost_reply as unknown as Step[], {}, [
    (state, step) => push(editConfig(state, set({ n: 'Same', t: 7 })), step.push!),
    (state) => merge(state, { stored1: item }),
  ])
})

test('writes the known profile of all fields', () => {
  const value = { p: 'http://filev2.getsession.org/file/abc123#d', q: 'secret78901234567890123456789012' }
  const edit = (data: MutableDict) => {
    set({ '+': -1, M: 0, e: 604800, n: 'Zoë', t: 1700000000, ...value })(data)
    data.set('f', [0, 1])
  }
  const first = confirm(1, 'stored1')(push(editConfig(EMPTY_CONFIG, edit), profile.push))
  const renewed = {
    P: 'http://filev2.getsession.org/file/new456#d',
    Q: 'secret78901234567890123456789999',
    T: 1700000500,
  }
  push(editConfig(first, set(renewed)), profile.after_reupload.push)
})
