/**
 * Changes of bt-encoding that leave its structure in place: values go, come and change; sometimes an order, a number or a
 * length is written as it must not be. Byte strings that hold bt-encoding themselves are changed inside.
 */
import { concatBytes, utf8 } from '@starling/protocol'
import { ascii, bytesOf, type Mutator, mutateBytes, type Surroundings } from './mutate-bytes.ts'

/** Just as it is written: also keys twice, out of order, or numbers with zeros in front. */
type Bt =
  | { kind: 'integer'; digits: string }
  | { kind: 'bytes'; value: Uint8Array; claimed?: string }
  | { kind: 'nested'; value: Bt }
  | { kind: 'list'; items: Bt[] }
  | { kind: 'dict'; items: Bt[] }

const INTEGERS = [
  '0',
  '-0',
  '01',
  '1',
  '-1',
  '',
  '-',
  '16',
  '65536',
  '1700000000000',
  '9007199254740992',
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775808',
  '9'.repeat(21),
]
const MAX_DEPTH = 60

export const mutateBt: Mutator = (input, surroundings) => {
  const { dice, maxSize } = surroundings
  const value = dice.oneIn(8) ? undefined : parseBt(input)
  if (value === undefined) return mutateBytes(input, surroundings)
  const changed = writeBt(changeSomewhere(value, surroundings))
  return changed.length > maxSize ? mutateBytes(input, surroundings) : changed
}

function changeSomewhere(value: Bt, surroundings: Surroundings): Bt {
  const { dice } = surroundings
  if (value.kind === 'nested') return { kind: 'nested', value: changeSomewhere(value.value, surroundings) }
  if ((value.kind === 'list' || value.kind === 'dict') && value.items.length > 0 && !dice.oneIn(4)) {
    const at = dice.below(value.items.length)
    value.items[at] = changeSomewhere(value.items[at]!, surroundings)
    return value
  }
  return changed(value, surroundings)
}

function changed(value: Bt, surroundings: Surroundings): Bt {
  const { dice, others } = surroundings
  if (dice.oneIn(8)) return anything(surroundings)
  if (dice.oneIn(10)) return parseBt(dice.pick(others)) ?? value
  if (dice.oneIn(12)) return { kind: 'list', items: [value] }
  switch (value.kind) {
    case 'integer':
      return {
        kind: 'integer',
        digits: dice.oneIn(2) ? dice.pick(INTEGERS) : String(Number(value.digits) + dice.below(5) - 2),
      }
    case 'bytes':
      if (dice.oneIn(20))
        return {
          ...value,
          claimed: dice.pick(['0', '00', '01', '-1', '', '9999999999', String(value.value.length + 1)]),
        }
      return { kind: 'bytes', value: mutateBytes(value.value, surroundings) }
    case 'nested':
      return value
    default:
      return { kind: value.kind, items: changedItems(value, surroundings) }
  }
}

function changedItems({ kind, items }: Bt & { kind: 'list' | 'dict' }, surroundings: Surroundings): Bt[] {
  const { dice } = surroundings
  const step = kind === 'dict' ? 2 : 1
  const at = step * dice.below(Math.ceil(items.length / step))
  const entry = items.slice(at, at + step)
  switch (dice.below(5)) {
    case 0:
      return items.toSpliced(at, step)
    case 1:
      return [...items, ...entry]
    case 2:
      return [...entry, ...items.toSpliced(at, step)]
    case 3:
      return items.toSpliced(at, 0, ...Array.from({ length: step }, () => anything(surroundings)))
    default:
      return items.length === 0
        ? [anything(surroundings)]
        : Array.from({ length: 1 + dice.small(64) }, () => entry).flat()
  }
}

function anything({ dice, words }: Surroundings): Bt {
  switch (dice.below(4)) {
    case 0:
      return { kind: 'integer', digits: dice.pick(INTEGERS) }
    case 1:
      return { kind: dice.pick(['list', 'dict'] as const), items: [] }
    case 2:
      return { kind: 'bytes', value: new Uint8Array(dice.pick([0, 1, 31, 32, 33, 36, 64, 65])) }
    default:
      return { kind: 'bytes', value: words.length > 0 ? dice.pick(words) : utf8('x') }
  }
}

/** Tolerant where the parsers are not: whatever the order of keys. `undefined`, if it is no bt-encoding at all. */
export function parseBt(bytes: Uint8Array): Bt | undefined {
  let at = 0
  const value = (depth: number): Bt | undefined => {
    if (depth > MAX_DEPTH) return undefined
    const mark = bytes[at]
    if (mark === 0x69) {
      const end = bytes.indexOf(0x65, at)
      if (end < 0 || end - at > 24) return undefined
      const digits = ascii(bytes.subarray(at + 1, end))
      at = end + 1
      return { kind: 'integer', digits }
    }
    if (mark === 0x6c || mark === 0x64) return container(mark === 0x6c ? 'list' : 'dict', depth)
    return byteString(depth)
  }
  const container = (kind: 'list' | 'dict', depth: number): Bt | undefined => {
    const items: Bt[] = []
    for (at++; bytes[at] !== 0x65; ) {
      const item = value(depth + 1)
      if (item === undefined) return undefined
      items.push(item)
    }
    at++
    return { kind, items }
  }
  const byteString = (depth: number): Bt | undefined => {
    const colon = bytes.indexOf(0x3a, at)
    const digits = colon < 0 || colon - at > 10 ? '' : ascii(bytes.subarray(at, colon))
    if (!/^\d+$/.test(digits) || colon + 1 + Number(digits) > bytes.length) return undefined
    const found = bytes.subarray(colon + 1, colon + 1 + Number(digits))
    at = colon + 1 + found.length
    const nested = (found[0] === 0x64 || found[0] === 0x6c) && depth < MAX_DEPTH ? parseBt(found) : undefined
    return nested ? { kind: 'nested', value: nested } : { kind: 'bytes', value: found }
  }
  const whole = value(0)
  return whole !== undefined && at === bytes.length ? whole : undefined
}

export function writeBt(value: Bt): Uint8Array {
  switch (value.kind) {
    case 'integer':
      return bytesOf(`i${value.digits}e`)
    case 'bytes':
      return concatBytes(bytesOf(`${value.claimed ?? value.value.length}:`), value.value)
    case 'nested':
      return writeBt({ kind: 'bytes', value: writeBt(value.value) })
    default:
      return concatBytes(bytesOf(value.kind === 'list' ? 'l' : 'd'), ...value.items.map(writeBt), bytesOf('e'))
  }
}
