/**
 * One object on one device: its current version, and what is known of its copies in the swarm. Immutable: every function
 * gives a new state. docs/protocol/config.md §6.
 *
 * Invariants: an edit of a version that was handed out starts a new version; `obsolete` never names a copy of the current
 * version; `current` is empty unless the state is clean.
 */
import type { Crypto } from '../crypto/crypto.ts'
import type { MessageHash } from '../rpc/message-hash.ts'
import { type ConfigDict, copyDict, type MutableDict, prunedDict } from './data.ts'
import { applyDiff, diffData, withoutPlaces } from './diff.ts'
import type { FoundVersion } from './items.ts'
import { mergeVersions } from './merge.ts'
import { type ConfigDraft, type ConfigVersion, closeDraft, draftAfter, ROOT_VERSION } from './message.ts'
import type { PartSet } from './multi-part.ts'

export type ConfigState = {
  /** Message hashes of the current version: several, if it is in parts. */
  readonly current: readonly MessageHash[]
  /** Message hashes that can be deleted from the swarm, once a newer version is there. */
  readonly obsolete: readonly MessageHash[]
  readonly sets: readonly PartSet[]
} & (
  | { readonly kind: 'clean'; readonly version: ConfigVersion }
  /** Handed out for storing, not confirmed yet. `stored`: the data without what only this device has. */
  | { readonly kind: 'waiting'; readonly version: ConfigVersion; readonly stored: ConfigDict }
  /** Edited, or merged here. */
  | { readonly kind: 'dirty'; readonly draft: ConfigDraft; readonly stored: ConfigDict }
)

export const EMPTY_CONFIG: ConfigState = { kind: 'clean', version: ROOT_VERSION, current: [], obsolete: [], sets: [] }

export function configSeqno(state: ConfigState): number {
  return (state.kind === 'dirty' ? state.draft : state.version).seqno
}

export function configData(state: ConfigState): ConfigDict {
  return (state.kind === 'dirty' ? state.draft : state.version).data
}

/** `edit` may change the dict that it is given, and what is in it. An edit that changes nothing gives the same state. */
export function editConfig(state: ConfigState, edit: (data: MutableDict) => void): ConfigState {
  const before = configData(state)
  const edited = copyDict(before)
  edit(edited)
  const data = prunedDict(edited)
  if (diffData(before, data).size === 0) return state
  const draft = state.kind === 'dirty' ? state.draft : draftAfter(state.version)
  return dirty(state, { ...draft, data }, storedData(state))
}

/**
 * As `editConfig`, for a device: what is edited on top of a merge becomes a version after it. The other devices make the
 * same merge, of the same bytes, and so this one is not another branch to merge.
 */
export function editAfterMerge(crypto: Crypto, state: ConfigState, edit: (data: MutableDict) => void): ConfigState {
  const edited = editConfig(state, edit)
  return edited === state || !isFreshMerge(state) ? edited : editConfig(closeConfig(crypto, state), edit)
}

/**
 * Whether the draft is a merge that other devices make with the same bytes. A draft on an object that was empty has an
 * empty base, too, but something in it that is not stored.
 */
function isFreshMerge(state: ConfigState): boolean {
  if (state.kind !== 'dirty') return false
  const { draft, stored } = state
  return draft.seqno > 1 && draft.base.size === 0 && (stored.size > 0 || draft.data.size === 0)
}

/** Merges what was found in the swarm, in any order and as often as it comes. */
export function mergeConfig(crypto: Crypto, state: ConfigState, found: readonly FoundVersion[]): ConfigState {
  const own = ownVersion(crypto, state)
  // A copy that was found goes before an own version whose copy is unknown: of two equal ones the first stays.
  const [first, ...rest] = state.current.length > 0 ? [...own, ...found] : [...found, ...own]
  if (first === undefined) return state
  const inputs = [first, ...rest] as const
  const merged = mergeVersions([first.version, ...rest.map(({ version }) => version)])
  const adopted = merged.kind === 'adopted' ? inputs[merged.index] : undefined
  const passed = inputs.filter((input) => input !== adopted).flatMap(({ hashes }) => hashes)
  const obsolete = without([...state.obsolete, ...passed], adopted?.hashes ?? [])
  if (merged.kind === 'merged') {
    const { seqno, data, lag } = merged
    // Where the own version was out already, its device writes everything as changed: all apps do, and equal merges must
    // become equal bytes.
    const base = state.kind === 'dirty' ? data : new Map()
    return dirty({ ...state, obsolete }, { seqno, data, base, lag, unknown: new Map() }, storedIn(state, data))
  }
  if (adopted === undefined || adopted.version.seqno <= configSeqno(state)) return { ...state, obsolete }
  return { kind: 'clean', version: adopted.version, current: adopted.hashes, obsolete, sets: state.sets }
}

/** Closes the current version for storing. A clean state stays clean: its version can be stored again at any time. */
export function closeConfig(crypto: Crypto, state: ConfigState): Exclude<ConfigState, { kind: 'dirty' }> {
  if (state.kind !== 'dirty') return state
  const { current, obsolete, sets, draft, stored } = state
  return { kind: 'waiting', version: closeDraft(crypto, draft), stored, current, obsolete, sets }
}

/** The version `seqno` is stored, completely, under `hashes`. Ignored, if it is not the current one any more. */
export function confirmStored(
  state: ConfigState,
  stored: { readonly seqno: number; readonly hashes: readonly MessageHash[] },
): ConfigState {
  if (state.kind === 'dirty' || stored.seqno !== state.version.seqno || stored.hashes.length === 0) return state
  const obsolete = without([...state.obsolete, ...state.current], stored.hashes)
  return { kind: 'clean', version: state.version, current: stored.hashes, obsolete, sets: state.sets }
}

/** Copies that are gone from the swarm. */
export function confirmDeleted(state: ConfigState, hashes: readonly MessageHash[]): ConfigState {
  return { ...state, obsolete: without(state.obsolete, hashes) }
}

/**
 * Puts the edits that only this device has on a state that came without them; where the others changed the same place,
 * theirs stays. For an own branch that fell out of reach of merges.
 */
export function keepUnstoredEdits(crypto: Crypto, before: ConfigState, state: ConfigState): ConfigState {
  if (before.kind === 'clean') return state
  const own = configData(before)
  const theirs = diffData(before.stored, configData(state))
  const edits = withoutPlaces(diffData(before.stored, own), theirs)
  return editAfterMerge(crypto, state, (data) => applyDiff(data, edits, own))
}

function storedData(state: ConfigState): ConfigDict {
  return state.kind === 'clean' ? state.version.data : state.stored
}

/** The result of a merge without the edits that only this device has. */
function storedIn(state: ConfigState, merged: ConfigDict): ConfigDict {
  if (state.kind === 'clean') return merged
  const own = configData(state)
  const undo = withoutPlaces(diffData(own, state.stored), diffData(own, merged))
  const data = copyDict(merged)
  applyDiff(data, undo, state.stored)
  return prunedDict(data)
}

function dirty(state: ConfigState, draft: ConfigDraft, stored: ConfigDict): ConfigState {
  const obsolete = without([...state.obsolete, ...state.current], [])
  return { kind: 'dirty', draft, stored, current: [], obsolete, sets: state.sets }
}

/** Nothing for the root, which is never stored. */
function ownVersion(crypto: Crypto, state: ConfigState): FoundVersion[] {
  if (state.kind === 'dirty') return [{ version: closeDraft(crypto, state.draft), hashes: [] }]
  return state.version.seqno === 0 ? [] : [{ version: state.version, hashes: state.current }]
}

/** Each hash once. */
function without(hashes: readonly MessageHash[], removed: readonly MessageHash[]): readonly MessageHash[] {
  return [...new Set(hashes)].filter((hash) => !removed.includes(hash))
}
