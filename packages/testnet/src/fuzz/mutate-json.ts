/** Changes of JSON that leave it JSON: keys and values go, come, change their type, and move between inputs. */
import { fromUtf8, parseJson, utf8 } from '@starling/protocol'
import type { Dice } from './dice.ts'
import { ascii, type Mutator, mutateBytes, type Surroundings } from './mutate-bytes.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const VALUES: readonly Json[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  0.5,
  -0,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  1e300,
  1_700_000_000_000,
  '',
  ' ',
  '0',
  '-1',
  '1700000000000',
  'true',
  '\u0000',
  '\ud800',
  '\u202e\ufffd',
  '__proto__',
  'constructor',
  'toString',
  'A'.repeat(43),
  `05${'a'.repeat(64)}`,
  'a'.repeat(64),
  'A'.repeat(86),
  'AAAA',
  [],
  {},
  [[]],
  [null],
  { '': 0 },
]

export const mutateJson: Mutator = (input, surroundings) => {
  const { dice, maxSize } = surroundings
  const value = dice.oneIn(8) ? undefined : read(input)
  if (value === undefined) return mutateBytes(input, surroundings)
  const changed = utf8(JSON.stringify(changeSomewhere(value, surroundings)))
  return changed.length > maxSize ? mutateBytes(input, surroundings) : changed
}

function read(input: Uint8Array): Json | undefined {
  try {
    return parseJson(fromUtf8(input)) as Json | undefined
  } catch {
    return undefined // no UTF-8: to be changed as bytes
  }
}

/** Walks down to a place and changes it there. The value is a fresh one: it can be changed as it is. */
function changeSomewhere(value: Json, surroundings: Surroundings): Json {
  const { dice } = surroundings
  if (typeof value !== 'object' || value === null || dice.oneIn(5)) return changed(value, surroundings)
  const keys = Object.keys(value)
  if (keys.length === 0) return changed(value, surroundings)
  const key = dice.pick(keys)
  set(value, key, changeSomewhere((value as Record<string, Json>)[key]!, surroundings))
  return value
}

function changed(value: Json, surroundings: Surroundings): Json {
  const { dice } = surroundings
  if (dice.oneIn(6)) return dice.pick(VALUES)
  if (dice.oneIn(10)) return pieceOf(read(dice.pick(surroundings.others)) ?? null, dice)
  if (Array.isArray(value)) return changedList(value, surroundings)
  if (typeof value === 'object' && value !== null) return changedObject(value, surroundings)
  if (typeof value === 'number')
    return dice.pick([value + 1, value - 1, -value, value * 1000, value / 1000, 0, String(value)])
  if (typeof value === 'string') return changedText(value, surroundings)
  return dice.pick(VALUES)
}

function changedObject(value: Record<string, Json>, { dice, words }: Surroundings): Json {
  const keys = Object.keys(value)
  const word = words.length > 0 ? ascii(dice.pick(words)) : 'x'
  if (keys.length > 0 && dice.oneIn(2)) {
    const key = dice.pick(keys)
    const moved = value[key]!
    const what = dice.below(4)
    if (what < 2) delete value[key]
    if (what === 1) set(value, word, moved)
    if (what === 2) set(value, word, moved)
    if (what === 3) set(value, key, [moved])
    return value
  }
  set(value, word, keys.length > 0 && dice.oneIn(2) ? value[dice.pick(keys)]! : dice.pick(VALUES))
  return value
}

function changedList(value: Json[], { dice }: Surroundings): Json {
  const at = dice.below(value.length)
  switch (dice.below(5)) {
    case 0:
      return value.filter((_, index) => index !== at)
    case 1:
      return [...value, dice.pick(VALUES)]
    case 2:
      return value.length === 0 ? [[]] : Array.from({ length: 1 + dice.small(64) }, () => value[at]!)
    case 3:
      return value.toReversed()
    default:
      return value.length === 0 ? null : value[at]!
  }
}

function changedText(value: string, surroundings: Surroundings): Json {
  const { dice, words } = surroundings
  const at = dice.below(value.length + 1)
  switch (dice.below(6)) {
    case 0:
      return value.slice(0, at)
    case 1:
      return value + value.slice(at)
    case 2:
      return value.slice(0, at) + String.fromCharCode(dice.below(0x180)) + value.slice(at + 1)
    case 3:
      return value.toUpperCase()
    case 4:
      return words.length > 0 ? ascii(dice.pick(words)) : ''
    default:
      return value.slice(0, at) + dice.pick(['0', 'A', '=', ' ', '\n', 'é', '\ud83d']) + value.slice(at)
  }
}

function pieceOf(value: Json, dice: Dice): Json {
  if (typeof value !== 'object' || value === null || dice.oneIn(3)) return value
  const inner = Object.values(value)
  return inner.length === 0 ? value : pieceOf(dice.pick(inner), dice)
}

/** Also where the key is `__proto__`, as a parser of JSON would have it. */
function set(target: object, key: string, value: Json): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}
