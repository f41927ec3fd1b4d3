/** Changes of inputs that consist of two parts: a length of four bytes, little endian, that many bytes, then JSON. */
import { concatBytes } from '@starling/protocol'
import { type Mutator, mutateBytes } from './mutate-bytes.ts'
import { mutateJson } from './mutate-json.ts'

const HEAD = 4

/** The parts of an onion layer: each is changed by itself, and the length follows or does not. */
export const mutateCombined: Mutator = (input, surroundings) => {
  const { dice, others, maxSize } = surroundings
  const parts = dice.oneIn(4) ? undefined : split(input)
  if (parts === undefined) return mutateBytes(input, surroundings)
  const other = split(dice.pick(others))?.json ?? parts.json
  const [blob, json] = dice.oneIn(3)
    ? [mutateBytes(parts.blob, surroundings), parts.json]
    : [parts.blob, mutateJson(parts.json, { ...surroundings, others: [other] })]
  const changed = combine(blob, json)
  return changed.length > maxSize ? input : changed
}

export function combine(blob: Uint8Array, json: Uint8Array): Uint8Array {
  const head = new Uint8Array(HEAD)
  new DataView(head.buffer).setUint32(0, blob.length, true)
  return concatBytes(head, blob, json)
}

function split(input: Uint8Array): { blob: Uint8Array; json: Uint8Array } | undefined {
  if (input.length < HEAD) return undefined
  const size = new DataView(input.buffer, input.byteOffset).getUint32(0, true)
  if (HEAD + size > input.length) return undefined
  return { blob: input.subarray(HEAD, HEAD + size), json: input.subarray(HEAD + size) }
}

/** The first byte says what the rest is for: it is changed rarely, the rest by `inner`. */
export function behindSelector(inner: Mutator): Mutator {
  return (input, surroundings) => {
    const { dice, others } = surroundings
    if (input.length === 0 || dice.oneIn(20)) return mutateBytes(input, surroundings)
    const other = dice.pick(others).subarray(1)
    return concatBytes(input.subarray(0, 1), inner(input.subarray(1), { ...surroundings, others: [other] }))
  }
}
