/** What a version of a config changed against its predecessor: places, not values. docs/protocol/config.md §2. */
import { type BencodeValue, isBencodeDict } from '../codec/bencode.ts'
import { MalformedInputError } from '../errors.ts'
import {
  type ConfigDict,
  type ConfigSet,
  type ConfigValue,
  checkConfigSet,
  compareScalars,
  configKind,
  copyDict,
  differenceOfSets,
  isConfigDict,
  isConfigScalar,
  isConfigSet,
  MAX_DATA_DEPTH,
  type MutableDict,
  unionOfSets,
} from './data.ts'

/** Scalar set, scalar removed, elements added to and removed from a set, changes inside a dict. Encodes as it is. */
export type DiffEntry = '' | '-' | readonly [added: ConfigSet, removed: ConfigSet] | ConfigDiff
export type ConfigDiff = ReadonlyMap<string, DiffEntry>

const EMPTY: ConfigDict = new Map()
const MINUS = 0x2d

/** Both are pruned. */
export function diffData(before: ConfigDict, after: ConfigDict): ConfigDiff {
  const diff = new Map<string, DiffEntry>()
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const entry = diffValue(before.get(key), after.get(key))
    if (entry !== undefined) diff.set(key, entry)
  }
  return diff
}

/**
 * Replays a diff on `data`, in place. It has no values: they come from `source`, the data of a version on whose branch the
 * diff is, as they are later on that branch.
 */
export function applyDiff(data: MutableDict, diff: ConfigDiff, source: ConfigDict): void {
  for (const [key, entry] of diff) {
    const value = source.get(key)
    if (entry === '-') data.delete(key)
    else if (entry === '' && isConfigScalar(value)) data.set(key, value)
    else if (entry instanceof Map && isConfigDict(value)) applyInside(data, key, { entry, source: value })
    else if (Array.isArray(entry) && isConfigSet(value)) applyToSet(data, key, entry as [ConfigSet, ConfigSet])
    else data.delete(key) // a later change on that branch removed it or gave it another kind
  }
}

/** The changes of `diff` in places that `other` does not change. Elements of sets never collide. */
export function withoutPlaces(diff: ConfigDiff, other: ConfigDiff): ConfigDiff {
  const kept = new Map<string, DiffEntry>()
  for (const [key, entry] of diff) {
    const theirs = other.get(key)
    if (entry instanceof Map && theirs instanceof Map) {
      const inside = withoutPlaces(entry, theirs)
      if (inside.size > 0) kept.set(key, inside)
    } else if (theirs === undefined || (Array.isArray(entry) && Array.isArray(theirs))) kept.set(key, entry)
  }
  return kept
}

/** @throws {MalformedInputError} `config`, on anything but the four forms of an entry. */
export function parseDiff(value: BencodeValue | undefined, depth = 0): ConfigDiff {
  if (!isBencodeDict(value)) throw new MalformedInputError('config', 'a diff is no dict')
  if (depth > MAX_DATA_DEPTH) throw new MalformedInputError('config', 'a diff is too deep')
  const diff = new Map<string, DiffEntry>()
  for (const [key, entry] of value) diff.set(key, parseEntry(entry, depth))
  return diff
}

function parseEntry(entry: BencodeValue, depth: number): DiffEntry {
  if (entry instanceof Uint8Array) {
    if (entry.length === 0) return ''
    if (entry.length === 1 && entry[0] === MINUS) return '-'
  } else if (isBencodeDict(entry)) return parseDiff(entry, depth + 1)
  else if (Array.isArray(entry) && entry.length === 2) return [checkConfigSet(entry[0]), checkConfigSet(entry[1])]
  throw new MalformedInputError('config', 'entry of a diff')
}

function diffValue(before: ConfigValue | undefined, after: ConfigValue | undefined): DiffEntry | undefined {
  if (after === undefined) return before === undefined ? undefined : removedEntry(before)
  // Where the kind changed, the new value alone is listed: readers drop the old one by themselves.
  const old = before !== undefined && configKind(before) === configKind(after) ? before : undefined
  if (isConfigDict(after)) {
    const inside = diffData((old as ConfigDict | undefined) ?? EMPTY, after)
    return inside.size > 0 ? inside : undefined
  }
  if (isConfigSet(after)) {
    const were = (old as ConfigSet | undefined) ?? []
    const added = differenceOfSets(after, were)
    const removed = differenceOfSets(were, after)
    return added.length + removed.length > 0 ? [added, removed] : undefined
  }
  return isConfigScalar(old) && compareScalars(old, after) === 0 ? undefined : ''
}

function removedEntry(value: ConfigValue): DiffEntry {
  if (isConfigDict(value)) return diffData(value, EMPTY)
  return isConfigSet(value) ? [[], value] : '-'
}

function applyInside(data: MutableDict, key: string, change: { entry: ConfigDiff; source: ConfigDict }): void {
  const before = data.get(key)
  const inside = isConfigDict(before) ? copyDict(before) : new Map<string, ConfigValue>()
  applyDiff(inside, change.entry, change.source)
  data.set(key, inside)
}

function applyToSet(data: MutableDict, key: string, [added, removed]: readonly [ConfigSet, ConfigSet]): void {
  const before = data.get(key)
  data.set(key, differenceOfSets(unionOfSets(isConfigSet(before) ? before : [], added), removed))
}
