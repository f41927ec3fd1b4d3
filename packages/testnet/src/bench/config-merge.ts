/** What it costs to keep a list of 1,000 contacts in step: an edit, and a merge of what two devices changed side by side. */
import {
  buildConfigPush,
  createAccountSeed,
  deriveAccountKeys,
  EMPTY_CONFIG,
  editOwnConfig,
  encodeConfigState,
  type MessageHash,
  parseAccountId,
  receiveConfig,
  setContact,
  unixMillis,
} from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { seededRandom } from '@starling/runtime/testing'
import type { Figure } from './figures.ts'

const CONTACTS = 1000
const ROUNDS = 15
const person = (i: number) => parseAccountId(`05${i.toString(16).padStart(64, '0')}`)

export function measureConfigMerge(): Figure[] {
  const crypto = createNativeCrypto()
  const keys = deriveAccountKeys(crypto, createAccountSeed(seededRandom(1)))
  const context = { crypto, keys, name: 'contacts', now: unixMillis(1_700_000_000_000) } as const
  const full = editOwnConfig(crypto, EMPTY_CONFIG, (data) => {
    for (let i = 0; i < CONTACTS; i++) {
      setContact(data, person(i), {
        name: `Person ${i}`,
        approved: true,
        approvedMe: true,
        createdSeconds: 1_700_000_000,
      })
    }
  })
  const base = buildConfigPush(context, full)
  const branches = [1, 2].map((i) =>
    buildConfigPush(
      context,
      editOwnConfig(crypto, base.state, (data) => setContact(data, person(i), { blocked: true })),
    ),
  )
  const theirs = branches[1]!.items.map((data, i) => ({ hash: branches[1]!.hashes[i] as MessageHash, data }))
  const [own] = branches
  const merged = receiveConfig(context, own!.state, theirs)
  const push = buildConfigPush(context, merged)
  const figure = (name: string, work: () => unknown): Figure => ({ name, value: medianMs(work), unit: 'ms' })
  return [
    figure('config of 1,000 contacts: one edit, and its state as bytes', () =>
      encodeConfigState(
        crypto,
        editOwnConfig(crypto, base.state, (data) => setContact(data, person(3), { nickname: 'x' })),
      ),
    ),
    figure('config of 1,000 contacts: open and merge a conflict', () => receiveConfig(context, own!.state, theirs)),
    figure('config of 1,000 contacts: build the items of the merge', () => buildConfigPush(context, merged)),
    {
      name: 'config of 1,000 contacts: items of the merge',
      value: push.items.reduce((sum, { length }) => sum + length, 0) / 1e6,
      unit: 'MB',
    },
  ]
}

function medianMs(work: () => unknown): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now()
    work()
    return performance.now() - start
  })
  return times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]!
}
