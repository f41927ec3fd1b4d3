/** Changes of protobuf by fields: they go, come twice, change places, numbers and types, and are changed inside. */
import { concatBytes } from '@starling/protocol'
import { type Mutator, mutateBytes, type Surroundings } from './mutate-bytes.ts'

/** `value` with its length in front is a string, bytes or a message; a number and fixed sizes are as they stand. */
type Field = { readonly number: number; readonly wireType: number; readonly value: Uint8Array }

const LENGTH_DELIMITED = 2

export const mutateProtobuf: Mutator = (input, surroundings) => {
  const { dice, maxSize } = surroundings
  const fields = dice.oneIn(6) ? undefined : parseFields(input)
  if (fields === undefined || fields.length === 0) return mutateBytes(input, surroundings)
  const changed = writeFields(changedFields(fields, surroundings, 0))
  return changed.length > maxSize ? mutateBytes(input, surroundings) : changed
}

function changedFields(fields: readonly Field[], surroundings: Surroundings, depth: number): readonly Field[] {
  const { dice } = surroundings
  const at = dice.below(fields.length)
  const field = fields[at]!
  const inside = field.wireType === LENGTH_DELIMITED && depth < 8 ? parseFields(field.value) : undefined
  if (inside && inside.length > 0 && !dice.oneIn(3))
    return fields.with(at, { ...field, value: writeFields(changedFields(inside, surroundings, depth + 1)) })
  switch (dice.below(8)) {
    case 0:
      return fields.toSpliced(at, 1)
    case 1:
      return [...fields, field]
    case 2:
      return [field, ...fields.toSpliced(at, 1)]
    case 3:
      return fields.with(at, {
        ...field,
        number: dice.pick([1, 2, 3, 8, 15, 16, 101, dice.below(2 ** 29), field.number + 1]),
      })
    case 4:
      return fields.with(at, { ...field, wireType: dice.below(8) })
    case 5:
      return [...fields, ...(parseFields(dice.pick(surroundings.others)) ?? [])]
    default:
      return fields.with(at, { ...field, value: mutateBytes(field.value, surroundings) })
  }
}

/** `undefined`, if these bytes cannot be fields. */
export function parseFields(bytes: Uint8Array): Field[] | undefined {
  const fields: Field[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = varint(bytes, at)
    if (tag === undefined) return undefined
    const wireType = Number(tag.value & 7n)
    const head = wireType === LENGTH_DELIMITED ? varint(bytes, tag.end) : undefined
    const start = head?.end ?? tag.end
    const end = endOf(bytes, start, wireType, head?.value)
    if (end === undefined || end > bytes.length || tag.value >> 3n === 0n) return undefined
    fields.push({ number: Number(tag.value >> 3n), wireType, value: bytes.subarray(start, end) })
    at = end
  }
  return fields
}

function endOf(bytes: Uint8Array, start: number, wireType: number, length: bigint | undefined): number | undefined {
  if (wireType === 0) return varint(bytes, start)?.end
  if (wireType === 1) return start + 8
  if (wireType === 5) return start + 4
  return length === undefined ? undefined : start + Number(length)
}

export function writeFields(fields: readonly Field[]): Uint8Array {
  return concatBytes(
    ...fields.flatMap(({ number, wireType, value }) => [
      writeVarint((BigInt(number) << 3n) | BigInt(wireType)),
      ...(wireType === LENGTH_DELIMITED ? [writeVarint(BigInt(value.length))] : []),
      value,
    ]),
  )
}

function varint(bytes: Uint8Array, from: number): { value: bigint; end: number } | undefined {
  let value = 0n
  for (let at = from; at < Math.min(bytes.length, from + 10); at++) {
    value |= BigInt(bytes[at]! & 127) << BigInt(7 * (at - from))
    if (bytes[at]! < 128) return { value, end: at + 1 }
  }
  return undefined
}

export function writeVarint(value: bigint): Uint8Array {
  const bytes: number[] = []
  for (let left = value; ; left >>= 7n) {
    bytes.push(Number(left & 127n) | (left > 127n ? 128 : 0))
    if (left <= 127n) return Uint8Array.from(bytes)
  }
}
