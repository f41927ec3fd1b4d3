/** bt-encoding, and what members of a swarm send each other. */
import {
  type BencodeInput,
  CodecError,
  decodeBencode,
  decodeForward,
  decodeLenientBencode,
  decodeMemberEntry,
  deleteEntry,
  encodeBencode,
  encodeForward,
  encodeMemberEntry,
  expireEntry,
  isJsonObject,
  METHODS,
  type MethodName,
  methodOf,
  parseRpcRequest,
  storeEntry,
  utf8,
} from '@starling/protocol'
import { mustEqual, mustEqualBytes } from '../equal.ts'
import { mutateBt } from '../mutate-bt.ts'
import { behindSelector } from '../mutate-combined.ts'
import { nodeIds } from '../people.ts'
import { type FuzzTarget, must } from '../target.ts'
import { vectorBytes, vectorValues } from '../vectors.ts'
import { RPC_WORDS, requestSeeds } from './rpc.ts'

const bencode: FuzzTarget = {
  name: 'bencode',
  sources: ['protocol/src/codec/bencode.ts'],
  mutate: mutateBt,
  words: ['i0e', 'i-1e', 'le', 'de', '0:', '1:a', 'i9223372036854775807e', 'd1:ai1ee', 'l'.repeat(20)],
  *seeds() {
    yield* vectorBytes('network-onion', 'bt_hex')
    for (const text of ['i1e', 'd1:ai1e1:bl3:abcee', 'l0:lleee', 'i-9223372036854775808e', '10:0123456789'])
      yield utf8(text)
    yield* vectorBytes('config', 'plaintext')
  },
  run(input) {
    const lenient = attempt(() => decodeLenientBencode(input))
    const value = decodeBencode(input)
    mustEqualBytes(encodeBencode(value as BencodeInput), input, 'one value has one form')
    mustEqual(lenient, value, 'what is strictly right is right')
    return value
  },
}

/** A forwarded request: the frame around it, and its parameters. */
const forward: FuzzTarget = {
  name: 'forward',
  sources: ['protocol/src/rpc/member-requests.ts', 'protocol/src/rpc/method.ts', 'protocol/src/rpc/fields.ts'],
  mutate: behindSelector(mutateBt),
  words: RPC_WORDS,
  *seeds() {
    for (const request of requestSeeds()) {
      const parsed = parseRpcRequest(JSON.stringify(request))
      if (parsed.kind !== 'call') continue
      const { method, params } = parsed.call
      const encoded = encodeForward(methodOf<MethodName>(method), params)
      yield Uint8Array.from([NAMES.indexOf(method), ...encoded])
    }
  },
  run(input) {
    const name = NAMES[(input[0] ?? 0) % NAMES.length]!
    const method = methodOf<MethodName>(name)
    const parsed = decodeForward(method, input.subarray(1))
    if (parsed.kind === 'refused') return parsed
    const encoded = encodeForward(method, parsed.params)
    const again = decodeForward(method, encoded)
    must(again.kind === 'ok', 'forwarded parameters are read again')
    mustEqualBytes(encodeForward(method, again.params), encoded, 'forwarded parameters are written the same again')
    return parsed
  },
}
const NAMES = Object.keys(METHODS) as MethodName[]

const RULES = [storeEntry, deleteEntry, expireEntry] as const

/** What a member answers; the first byte chooses to what. */
const entries: FuzzTarget = {
  name: 'member-entry',
  sources: ['protocol/src/rpc/swarm-result.ts'],
  mutate: behindSelector(mutateBt),
  words: [
    ...RPC_WORDS,
    'bad_peer_response',
    'query_failure',
    'already',
    'deleted',
    'updated',
    'unchanged',
    'expiry',
    'hash',
  ],
  *seeds() {
    for (const [index] of RULES.entries()) {
      yield Uint8Array.from([index, ...utf8('d6:failedi1e7:timeouti1ee')])
      yield Uint8Array.from([index, ...utf8('d4:code3:5006:failedi1e6:reason1:xe')])
      for (const entry of vectorValues('network-signatures', 'swarm_entry').filter(isJsonObject))
        yield Uint8Array.from([index, ...encodeBencode(btOf(entry))])
    }
  },
  run(input) {
    const rules = RULES[(input[0] ?? 0) % RULES.length] as typeof storeEntry
    const entry = decodeMemberEntry(rules, nodeIds[0]!, input.subarray(1))
    const encoded = encodeMemberEntry(rules, entry)
    mustEqualBytes(
      encodeMemberEntry(rules, decodeMemberEntry(rules, nodeIds[0]!, encoded)),
      encoded,
      'an entry is read again',
    )
    return entry
  },
}

/** Booleans are 0 and 1. */
export function btOf(value: unknown): BencodeInput {
  if (typeof value === 'boolean') return Number(value)
  if (Array.isArray(value)) return value.map(btOf)
  if (isJsonObject(value)) return new Map(Object.entries(value).map(([key, inner]) => [key, btOf(inner)]))
  return value as BencodeInput
}

function attempt<T>(fn: () => T): T | undefined {
  try {
    return fn()
  } catch (error) {
    if (error instanceof CodecError) return undefined // the strict reader refuses it, too
    throw error
  }
}

export const btTargets: readonly FuzzTarget[] = [bencode, forward, entries]
