/** Subscriptions, and requests in bt-encoding: what clients ask for on links, and what nodes push. */
import {
  authoriseMonitor,
  bencodeDict,
  decodeMonitorAnswer,
  decodeMonitorEnd,
  decodeMonitorPush,
  encodeBencode,
  encodeMonitorAnswer,
  encodeMonitorEnd,
  encodeMonitorPush,
  encodeMonitorRequest,
  MAX_MONITOR_ITEMS,
  type MessageHash,
  monitorRefusal,
  ownerSigner,
  parseBtRequest,
  parseMonitorRequest,
  parseOwner,
  type RpcRequest,
  signMonitor,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { mustEqualBytes } from '../equal.ts'
import { mutateBt } from '../mutate-bt.ts'
import { behindSelector } from '../mutate-combined.ts'
import { alice, crypto, NOW } from '../people.ts'
import { type FuzzTarget, must } from '../target.ts'
import { btOf } from './bt.ts'
import { RPC_WORDS, requestSeeds } from './rpc.ts'

const WORDS = [
  'p',
  'P',
  's',
  'S',
  'T',
  'n',
  'd',
  't',
  '@',
  'h',
  'z',
  '~',
  'errcode',
  'error',
  'success',
  'snodes',
  'swarm',
]
const owner = parseOwner(alice.accountId)

function subscription(namespaces: readonly number[]) {
  const asked = { owner, namespaces: namespaces as never, withData: true, timestampSeconds: NOW / 1000 }
  return alice.signing.secretKey.use((key) => signMonitor(asked, ownerSigner(crypto, key, { account: true })))
}

const requests: FuzzTarget = {
  name: 'monitor-request',
  sources: ['protocol/src/rpc/monitor.ts'],
  mutate: mutateBt,
  words: WORDS,
  *seeds() {
    yield encodeMonitorRequest(subscription([0]))
    yield encodeMonitorRequest([subscription([-10, 0, 2]), subscription([0])])
  },
  run(input) {
    const request = parseMonitorRequest(crypto, input)
    must(request.items.length > 0 && request.items.length <= MAX_MONITOR_ITEMS, 'there is an answer to each, and few')
    for (const item of request.items) {
      if (item.kind !== 'subscribe') continue
      authoriseMonitor(item, { crypto, now: unixMillis(NOW), isRevoked: () => false })
      const encoded = encodeMonitorRequest(item)
      const [again] = parseMonitorRequest(crypto, encoded).items
      must(again?.kind === 'subscribe', 'a subscription is written and read')
      mustEqualBytes(encodeMonitorRequest(again), encoded, 'a subscription is written the same again')
    }
    return request
  },
  output: { base: 8192, factor: 32 },
}

/** Behind a byte that says what: an answer, a message, an end. */
const pushes: FuzzTarget = {
  name: 'monitor-push',
  sources: ['protocol/src/rpc/monitor-answers.ts'],
  mutate: behindSelector(mutateBt),
  words: WORDS,
  *seeds() {
    const refusal = monitorRefusal('wrongSwarm', 'elsewhere')
    const time = unixMillis(NOW)
    const message = { owner, hash: 'A'.repeat(43) as MessageHash, namespace: 0 as never, timestamp: time, expiry: time }
    yield Uint8Array.of(0, ...encodeMonitorAnswer([{ kind: 'subscribed' }], false))
    yield Uint8Array.of(0, ...encodeMonitorAnswer([{ kind: 'subscribed' }, refusal], true))
    yield Uint8Array.of(1, ...encodeMonitorPush({ ...message, data: undefined }))
    yield Uint8Array.of(1, ...encodeMonitorPush({ ...message, data: utf8('hello') }))
    yield Uint8Array.of(2, ...encodeMonitorEnd({ owner, ...refusal }))
    yield Uint8Array.of(2, ...encodeMonitorEnd({ owner, ...refusal, swarm: { swarm: undefined, nodes: [] } }))
  },
  run(input) {
    const bytes = input.subarray(1)
    const kind = (input[0] ?? 0) % 3
    const [read, write] = FORMS[kind]!
    const value = read(bytes)
    const encoded = write(value)
    mustEqualBytes(write(read(encoded)), encoded, 'what is pushed is written the same again')
    return value
  },
  output: { base: 8192, factor: 32 },
}

type Form = readonly [read: (bytes: Uint8Array) => unknown, write: (value: never) => Uint8Array]
const FORMS = [
  [decodeMonitorAnswer, (value: Parameters<typeof encodeMonitorAnswer>[0]) => encodeMonitorAnswer(value, true)],
  [decodeMonitorPush, encodeMonitorPush],
  [decodeMonitorEnd, encodeMonitorEnd],
] as readonly Form[] as readonly (readonly [(bytes: Uint8Array) => unknown, (value: unknown) => Uint8Array])[]

const btRequests: FuzzTarget = {
  name: 'rpc-bt-request',
  sources: ['protocol/src/rpc/request.ts', 'protocol/src/rpc/fields.ts', 'protocol/src/rpc/condition.ts'],
  mutate: mutateBt,
  words: [...RPC_WORDS, 'hf_at_least', 'height_before', 'v_at_least', 'condition'],
  *seeds() {
    for (const request of requestSeeds()) yield encodeBencode(btOf(request))
    yield encodeBencode(bencodeDict({ method: 'info', params: bencodeDict({}) }))
  },
  run: (input): RpcRequest => parseBtRequest(input),
  output: { base: 8192, factor: 64 },
}

export const monitorTargets: readonly FuzzTarget[] = [requests, pushes, btRequests]
