/**
 * What a config message holds: dicts of integers, byte strings, sets and dicts. It is bt-encoding with restrictions, so
 * that a value that nobody here knows survives unchanged. docs/protocol/config.md §1.
 */
import { compareBytes } from '../bytes/bytes.ts'
import { type BencodeValue, isBencodeDict } from '../codec/bencode.ts'
import { MalformedInputError } from '../errors.ts'

/** An integer is a `bigint` only if it is beyond ±(2^53 − 1). */
export type ConfigScalar = number | bigint | Uint8Array
/** Each element once: integers by value, then byte strings by their bytes. */
export type ConfigSet = readonly ConfigScalar[]
/** Keys are byte strings, one character of U+0000…U+00FF for each byte. */
export type ConfigDict = ReadonlyMap<string, ConfigValue>
export type ConfigValue = ConfigScalar | ConfigSet | ConfigDict
export type ConfigKind = 'scalar' | 'set' | 'dict'

/** Only for copies that nobody else holds. */
export type MutableDict = Map<string, ConfigValue>

/** Dicts inside one another; no known object has more than four. */
export const MAX_DATA_DEPTH = 32

export function configKind(value: ConfigValue): ConfigKind {
  if (value instanceof Map) return 'dict'
  return Array.isArray(value) ? 'set' : 'scalar'
}

export function isConfigDict(value: ConfigValue | undefined): value is ConfigDict {
  return value instanceof Map
}

export function isConfigSet(value: ConfigValue | undefined): value is ConfigSet {
  return Array.isArray(value)
}

export function isConfigScalar(value: ConfigValue | undefined): value is ConfigScalar {
  return value !== undefined && configKind(value) === 'scalar'
}

/**
 * Checks that a value is the data of a config message. Nothing is copied.
 *
 * @throws {MalformedInputError} `config`: no dict, an empty set or dict below the top, a set out of order, over 32 dicts deep.
 */
export function checkConfigData(value: BencodeValue | undefined, depth = 0): ConfigDict {
  if (!isBencodeDict(value)) throw new MalformedInputError('config', 'data is no dict')
  if (depth > MAX_DATA_DEPTH) throw new MalformedInputError('config', 'data is too deep')
  if (depth > 0 && value.size === 0) throw new MalformedInputError('config', 'empty dict')
  for (const item of value.values()) {
    if (isBencodeDict(item)) checkConfigData(item, depth + 1)
    else if (Array.isArray(item) && checkConfigSet(item).length === 0)
      throw new MalformedInputError('config', 'empty set')
  }
  return value as ConfigDict
}

/** @throws {MalformedInputError} `config`: no list, a list or dict inside it, or its elements are not strictly ascending. */
export function checkConfigSet(value: BencodeValue | undefined): ConfigSet {
  if (!Array.isArray(value)) throw new MalformedInputError('config', 'no set')
  const items = value as readonly BencodeValue[]
  for (const [i, item] of items.entries()) {
    if (Array.isArray(item) || isBencodeDict(item)) throw new MalformedInputError('config', 'a set in a set')
    if (i > 0 && compareScalars(items[i - 1] as ConfigScalar, item as ConfigScalar) >= 0) {
      throw new MalformedInputError('config', 'order of a set')
    }
  }
  return items as ConfigSet
}

/** The order of a set. */
export function compareScalars(a: ConfigScalar, b: ConfigScalar): number {
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? compareBytes(a, b) : 1
  if (b instanceof Uint8Array) return -1
  return a < b ? -1 : Number(a > b)
}

export function unionOfSets(a: ConfigSet, b: ConfigSet): ConfigSet {
  return [...a, ...differenceOfSets(b, a)].sort(compareScalars)
}

/** The elements of `a` that are not in `b`. */
export function differenceOfSets(a: ConfigSet, b: ConfigSet): ConfigSet {
  const without = new Set(b.map(scalarKey))
  return a.filter((item) => !without.has(scalarKey(item)))
}

/** A copy of all dicts; sets and byte strings, which nobody changes, are shared. */
export function copyDict(dict: ConfigDict): MutableDict {
  const copy: MutableDict = new Map()
  for (const [key, value] of dict) copy.set(key, isConfigDict(value) ? copyDict(value) : value)
  return copy
}

/** A copy without empty sets and dicts, at any depth. */
export function prunedDict(dict: ConfigDict): MutableDict {
  const copy: MutableDict = new Map()
  for (const [key, value] of dict) {
    const kept = isConfigDict(value) ? prunedDict(value) : value
    if (isConfigScalar(kept) || (isConfigDict(kept) ? kept.size : kept.length) > 0) copy.set(key, kept)
  }
  return copy
}

function scalarKey(value: ConfigScalar): string {
  return value instanceof Uint8Array ? `s${value.join()}` : `i${value}`
}
