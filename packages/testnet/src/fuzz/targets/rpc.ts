/** JSON of the storage RPC: requests as a node reads them, answers as a client does. */
import {
  encodeBatch,
  encodeBatchAnswer,
  encodeCall,
  fromUtf8,
  LIMITS,
  METHODS,
  type MethodName,
  methodOf,
  parseBatchAnswer,
  parseJson,
  parseRpcAnswer,
  parseRpcRequest,
  type RpcRequest,
  toBase64,
  toHex,
  utf8,
} from '@starling/protocol'
import { mustEqual } from '../equal.ts'
import { behindSelector } from '../mutate-combined.ts'
import { mutateJson } from '../mutate-json.ts'
import { NOW, nodeIds, toBeSigned } from '../people.ts'
import { type FuzzTarget, must } from '../target.ts'
import { vectorJson, vectorTexts, vectorValues } from '../vectors.ts'

const NAMES = Object.keys(METHODS) as MethodName[]
const HASH = 'A'.repeat(43)
const STATUSES = [200, 404, 400, 401, 406, 421, 425, 429, 500, 503]

export const RPC_WORDS = [
  ...NAMES,
  ...NAMES.flatMap((name) => Object.keys(METHODS[name].fields)),
  ...['method', 'params', 'requests', 'batch', 'sequence', 'ifelse', 'if', 'then', 'else', 'get_snodes_for_pubkey'],
  ...['all', 'swarm', 'failed', 'timeout', 'code', 'reason', 'results', 'body', 'hf', 't'],
  HASH,
  'A'.repeat(86),
]

/** Requests of every method that are well formed, the signatures of Alice left open. */
export function requestSeeds(): object[] {
  const retrieve = { method: 'retrieve', params: { ...toBeSigned, timestamp: NOW, namespace: 2 } }
  const store = { pubkey: toBeSigned.pubkey, timestamp: NOW, ttl: 86_400_000, data: 'aGVsbG8=' }
  return [
    { method: 'store', params: store },
    { method: 'store', params: { ...store, ...toBeSigned, namespace: 2, sig_timestamp: NOW } },
    { method: 'store', params: { pubKey: store.pubkey, timestamp: String(NOW), expiry: NOW + 60_000, data: '' } },
    retrieve,
    { method: 'retrieve', params: { pubkey: `03${'0'.repeat(64)}`, namespace: -10, last_hash: HASH } },
    { method: 'retrieve', params: { ...toBeSigned, timestamp: NOW, max_size: -5, max_count: 3, lastHash: '' } },
    { method: 'delete', params: { ...toBeSigned, messages: [HASH, 'B'.repeat(43)], required: true } },
    { method: 'delete_all', params: { ...toBeSigned, timestamp: NOW, namespace: 'all' } },
    { method: 'delete_before', params: { ...toBeSigned, timestamp: NOW, before: NOW, namespace: 2 } },
    { method: 'expire', params: { ...toBeSigned, messages: [HASH], expiry: NOW + 1000, shorten: true } },
    { method: 'expire', params: { ...toBeSigned, messages: [HASH, HASH], expiry: [NOW + 1000, NOW], extend: true } },
    { method: 'expire_all', params: { ...toBeSigned, expiry: NOW + 1000 } },
    { method: 'get_expiries', params: { ...toBeSigned, messages: [HASH], timestamp: NOW } },
    { method: 'revoke_subaccount', params: { ...toBeSigned, revoke: 'A'.repeat(48), timestamp: NOW } },
    { method: 'unrevoke_subaccount', params: { ...toBeSigned, unrevoke: ['A'.repeat(48)], timestamp: NOW } },
    { method: 'revoked_subaccounts', params: { ...toBeSigned, timestamp: NOW } },
    { method: 'get_swarm', params: { pubkey: store.pubkey } },
    { method: 'get_snodes_for_pubkey', params: { pubKey: store.pubkey } },
    { method: 'info', params: {} },
    { method: 'oxend_request', params: { endpoint: 'get_service_nodes', params: { active_only: true } } },
    { method: 'batch', params: { requests: [retrieve, { method: 'info', params: {} }] } },
    { method: 'batch', params: { requests: [retrieve], wait: 1000 } },
    { method: 'sequence', params: { requests: [{ method: 'store', params: store }, retrieve] } },
    {
      method: 'ifelse',
      params: Object.fromEntries([
        ['if', { hf_at_least: [19, 3] }],
        ['then', retrieve],
        ['else', { method: 'info', params: {} }],
      ]),
    },
  ]
}

export function* requestTexts(): Generator<Uint8Array> {
  for (const request of requestSeeds()) yield utf8(JSON.stringify(request))
  for (const params of vectorValues('network-signatures', 'params'))
    for (const method of ['store', 'retrieve', 'delete', 'expire']) yield utf8(JSON.stringify({ method, params }))
  for (const text of vectorTexts('network-onion', 'destination_request_json_utf8')) yield utf8(text)
}

const requests: FuzzTarget = {
  name: 'rpc-request',
  sources: ['request', 'fields', 'method', 'registry', 'authentication', 'namespace'].map(
    (file) => `protocol/src/rpc/${file}.ts`,
  ),
  mutate: mutateJson,
  words: RPC_WORDS,
  seeds: requestTexts,
  run(input) {
    const request = parseRpcRequest(fromUtf8(input))
    const written = textOf(request)
    if (written === undefined) return request
    if (expiresInSeconds(request)) return request
    const again = parseRpcRequest(written)
    mustEqual(textOf(again), written, 'a request that was read is written, and read as the same')
    return request
  },
}

/** A store whose timestamp and TTL give an expiry that looks like seconds: it is refused, but when its times are judged. */
function expiresInSeconds(request: RpcRequest): boolean {
  const calls = request.kind === 'call' ? [request.call] : request.kind === 'batch' ? request.calls : []
  return calls.some(({ method, params }) => method === 'store' && params.expiry < LIMITS.minTimestamp)
}

function textOf(request: RpcRequest): string | undefined {
  switch (request.kind) {
    case 'call':
      return JSON.stringify(encodeCall(request.call))
    case 'batch': {
      must(request.calls.length > 0 && request.calls.length <= LIMITS.batchSize, 'a batch is bounded')
      const { wait } = request
      return JSON.stringify(encodeBatch(request.mode, request.calls, wait === undefined ? {} : { wait }))
    }
    default:
      return undefined
  }
}

/** The first byte chooses a method and a status. */
const answers: FuzzTarget = {
  name: 'rpc-answer',
  sources: [
    'protocol/src/rpc/response.ts',
    'protocol/src/rpc/swarm-result.ts',
    ...['store', 'retrieve', 'delete', 'expire', 'get-expiries', 'get-swarm', 'info', 'oxend-request'].map(
      (file) => `protocol/src/rpc/methods/${file}.ts`,
    ),
  ],
  mutate: behindSelector(mutateJson),
  words: [...RPC_WORDS, ...nodeIds, 'service_node_states', 'pubkey_x25519', 'public_ip', 'snodes', 'port', 'ip'],
  *seeds() {
    for (const [index] of NAMES.entries())
      for (const body of [...vectorJson('network-signatures', 'swarm_entry').map(inSwarm), ...answerSeeds()])
        yield Uint8Array.from([index, ...body])
  },
  run(input) {
    const [selector = 0] = input
    const body = fromUtf8(input.subarray(1))
    const method = NAMES[selector % NAMES.length]!
    const status = STATUSES[Math.floor(selector / NAMES.length) % STATUSES.length]!
    const outcome = parseRpcAnswer(method, { status, body })
    if (outcome.kind === 'ok') {
      const write = (result: unknown) => {
        const written: unknown = methodOf(method).result.write(result as never)
        return written instanceof Uint8Array ? toBase64(written) : JSON.stringify(written)
      }
      const written = write(outcome.result)
      const again = parseRpcAnswer(method, { status: 200, body: written })
      must(again.kind === 'ok' && write(again.result) === written, 'a result that was read is written, and read again')
    }
    const inner = parseBatchAnswer({ status: 200, body })
    mustEqual(parseBatchAnswer({ status: 200, body: encodeBatchAnswer(inner) }), inner, 'a batch answer is written')
    return [outcome, inner]
  },
}

function inSwarm(entry: Uint8Array): Uint8Array {
  return utf8(JSON.stringify({ swarm: { [nodeIds[0]!]: parseJson(fromUtf8(entry)) }, hash: HASH, t: NOW, hf: [19, 3] }))
}

function answerSeeds(): Uint8Array[] {
  const message = { hash: HASH, timestamp: NOW, expiration: NOW + 1, data: 'AAAA' }
  const node = { pubkey_ed25519: nodeIds[0], pubkey_x25519: toHex(new Uint8Array(32)) }
  const bodies = [
    { messages: [message, message], more: false, t: NOW, hf: [19, 3] },
    {
      swarm: {
        [nodeIds[1]!]: { failed: true, timeout: true },
        [nodeIds[2]!]: { failed: true, code: '500', reason: 'x' },
      },
    },
    { swarm: { [nodeIds[1]!]: { failed: true, query_failure: true }, x: {} }, hash: HASH },
    { expiries: { [HASH]: NOW } },
    { snodes: [{ ...node, ip: '127.0.0.1', port: '22021', port_https: 22_021, port_omq: 22_020 }], swarm: 'ff' },
    { timestamp: NOW, version: [2, 8, 0] },
    {
      result: {
        height: 1,
        service_node_states: [{ ...node, public_ip: '1.2.3.4', storage_port: 1, storage_lmq_port: 2, swarm: '0' }],
      },
    },
    {
      results: [
        { code: 200, body: { messages: [] } },
        { code: 421, body: 'text' },
      ],
    },
  ]
  return bodies.map((body) => utf8(JSON.stringify(body)))
}

export const rpcTargets: readonly FuzzTarget[] = [requests, answers]
