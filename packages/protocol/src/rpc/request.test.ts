import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { unixMillis } from '../brand.ts'
import { toBase64 } from '../bytes/base64.ts'
import { type BencodeInput, encodeBencode } from '../codec/bencode.ts'
import { nobleCrypto } from '../testing.ts'
import { holdsCondition, readCondition } from './condition.ts'
import { type Declared, decodeParams, encodeParams } from './method.ts'
import { authoriseCall, METHODS, parseMethodName, swarmOwner } from './registry.ts'
import { encodeBatch, parseBtRequest, parseRpcRequest } from './request.ts'

const now = unixMillis(1_700_000_000_000)
const owner = `05${'ab'.repeat(32)}`
const hash = 'p14QQPylA9w35o4x5k6BcPz6qnOhZYb9Kfzmfj5MTFU'
const signature = toBase64(new Uint8Array(64))
const token = toBase64(new Uint8Array(36).fill(3))
const storing = { pubkey: owner, timestamp: now, ttl: 60_000, data: 'aGVsbG8=' }
const deleting = { pubkey: owner, messages: [hash], signature }
const expiring = { ...deleting, expiry: now + 1000 }

const request = (method: string, params: unknown) => parseRpcRequest(JSON.stringify({ method, params }))

function refusal(method: string, params: unknown): string {
  const parsed = request(method, params)
  if (parsed.kind !== 'refused') return parsed.kind
  expect(parsed.answer.status).toBe(400)
  return parsed.answer.body
}

test('what is no request is refused word for word', () => {
  const refused = (text: string) => parseRpcRequest(text)
  expect(refused('{')).toEqual({ kind: 'refused', answer: { status: 400, body: 'invalid json' } })
  expect(refused('[]')).toEqual({ kind: 'refused', answer: { status: 400, body: 'invalid json: no `method` field' } })
  expect(refused('{"method":1,"params":{}}')).toMatchObject({ answer: { body: 'invalid json: no `method` field' } })
  expect(refused('{"method":"info"}')).toMatchObject({ answer: { body: 'invalid json: no `params` field' } })
  expect(refusal('steal', {})).toBe('no method steal')
  expect(refusal('constructor', {})).toBe('no method constructor')
})

test('parameters are refused word for word', () => {
  const rows: [method: string, params: object, detail: string][] = [
    ['store', { ...storing, pubkey: undefined }, "Required field 'pubkey' missing"],
    ['store', { ...storing, pubkey: null }, "Required field 'pubkey' missing"],
    ['store', { ...storing, pubKey: owner }, "Cannot specify both 'pubkey' and 'pubKey'"],
    ['store', { ...storing, pubkey: 'ab' }, 'Pubkey must be 66 hex digits (33 bytes) long'],
    ['store', { ...storing, pubkey: 5 }, "Invalid value given for 'pubkey': expected string"],
    ['store', { ...storing, timestamp: undefined }, "Required field 'timestamp' missing"],
    ['store', { ...storing, timestamp: 'soon' }, `Invalid value given for 'timestamp': "soon"`],
    ['store', { ...storing, ttl: -1 }, "Invalid value given for 'ttl': expected positive integer"],
    ['store', { ...storing, ttl: undefined }, "Required field 'expiry' or 'ttl' missing"],
    ['store', { ...storing, expiry: now }, "Cannot specify both 'expiry' and 'ttl'"],
    ['store', { ...storing, data: undefined }, "Required field 'data' missing"],
    ['store', { ...storing, data: '%' }, "Invalid 'data' value: not base64 encoded"],
    [
      'store',
      { ...storing, data: toBase64(new Uint8Array(76_801)) },
      'Message body exceeds maximum allowed length of 76800 bytes',
    ],
    ['store', { ...storing, namespace: 0.5 }, "Invalid value given for 'namespace': expected 16-bit integer"],
    ['store', { ...storing, namespace: 32768 }, "Invalid value given for 'namespace': value out of range"],
    [
      'store',
      { ...storing, sig_timestamp: 1_700_000 },
      "Invalid timestamp for 'sig_timestamp': timestamp must be in milliseconds",
    ],
    ['store', { ...storing, signature: 'abc' }, 'invalid signature: expected base64 encoded Ed25519 signature'],
    [
      'store',
      { ...storing, signature, subaccount: '00'.repeat(36) },
      'invalid subaccount: subaccount_sig is required when using subaccount',
    ],
    ['store', { ...storing, subaccount: 'AA' }, 'invalid subaccount: expected base64 or hex-encoded subaccount token'],
    [
      'store',
      { ...storing, pubkey: owner.replace('05', '03'), pubkey_ed25519: '00'.repeat(32) },
      'pubkey_ed25519 is only permitted for 05[...] pubkeys',
    ],
    ['retrieve', { pubkey: owner, signature }, "Required field 'timestamp' missing"],
    ['retrieve', { pubkey: owner, namespace: 2 }, "Required field 'signature' missing"],
    ['retrieve', { pubkey: owner, timestamp: now }, "Required field 'signature' missing"],
    ['retrieve', { pubkey: owner, last_hash: '%'.repeat(43) }, 'Invalid last_hash: not base64'],
    ['retrieve', { pubkey: owner, last_hash: '%' }, 'Invalid last_hash: expected base64 (43 chars)'],
    ['retrieve', { pubkey: owner, lastHash: 'abcd' }, 'Invalid last_hash: expected base64 (43 chars)'],
    ['retrieve', { pubkey: owner, max_count: '5' }, "Invalid value given for 'max_count': expected integer"],
    ['retrieve', { pubkey: owner, wait: 60_001 }, "Invalid value given for 'wait': value out of range"],
    ['retrieve', { pubkey: owner, wait: -1 }, "Invalid value given for 'wait': expected positive integer"],
    ['delete', { ...deleting, signature: undefined }, "Required field 'signature' missing"],
    ['delete', { ...deleting, messages: [] }, 'messages does not contain any message hashes'],
    ['delete', { ...deleting, messages: ['abc'] }, 'invalid message hash: abc'],
    ['delete', { ...deleting, messages: [1] }, "Invalid value given for 'messages': expected string array"],
    ['delete', { ...deleting, required: 1 }, "Invalid value given for 'required': expected boolean"],
    ['expire', { ...expiring, expiry: undefined }, "Required field 'expiry' missing"],
    [
      'expire',
      { ...expiring, expiry: [now, now] },
      "'expiry' must be a single expiry, or the same length as 'messages'",
    ],
    ['expire', { ...expiring, shorten: true, extend: true }, "cannot specify both 'shorten' and 'extend'"],
    ['get_expiries', { ...deleting }, "Required field 'timestamp' missing"],
    ['get_swarm', {}, "Required field 'pubkey' missing"],
    ['get_swarm', { pubkey: 'x' }, 'Pubkey must be 66 hex digits/33 bytes long'],
  ]
  for (const [method, params, detail] of rows) expect(refusal(method, params)).toBe(`invalid request: ${detail}`)
})

test('aliases, text numbers, empty values, single strings and unknown keys are taken as the protocol says', () => {
  const call = (method: string, params: unknown) => {
    const parsed = request(method, params)
    if (parsed.kind !== 'call') throw new Error(JSON.stringify(parsed))
    return parsed.call
  }
  expect(call('get_snodes_for_pubkey', { pubKey: owner.toUpperCase() })).toEqual({
    method: 'get_swarm',
    params: { owner },
  })
  const { pubkey, ...rest } = storing
  expect(
    call('store', { ...rest, pubKey: pubkey, timestamp: '1700000000000', ttl: '60000', padding: 'x', namespace: null }),
  ).toMatchObject({
    params: { owner, namespace: 0, timestamp: now, expiry: now + 60_000, auth: undefined },
  })
  expect(
    call('retrieve', { pubkey: owner, lastHash: '', subaccount: '', pubkeyEd25519: 'x', maxSize: '1' }),
  ).toMatchObject({
    params: { lastHash: undefined, auth: undefined, wait: undefined },
  })
  expect(call('delete', { ...deleting, messages: hash })).toMatchObject({
    params: { messages: [hash], required: false },
  })
  expect(call('expire', expiring)).toMatchObject({ params: { expiries: [now + 1000], change: 'set' } })
  expect(swarmOwner(call('delete', deleting))).toBe(owner)
  expect(swarmOwner(call('get_swarm', { pubkey: owner }))).toBeUndefined()
})

test('a batch has one to twenty plain requests, and one that is malformed fails it', () => {
  const info = { method: 'info', params: {} }
  const rows: [requests: unknown, detail: string][] = [
    [undefined, 'Invalid batch request: no valid "requests" field'],
    [[], 'Invalid batch request: no valid "requests" field'],
    [Array(21).fill(info), 'Invalid batch request: subrequest limit exceeded'],
    [[info, 'info'], 'Invalid batch request: requests must be objects'],
    [[{ method: 'info' }], 'Invalid batch request: subrequests must have method/params keys'],
    [[{ method: 'steal', params: {} }], 'Invalid batch subrequest: invalid method "steal"'],
    [[{ method: 'sequence', params: {} }], 'Invalid batch subrequest: subrequests may not contain meta-requests'],
    [[info, { method: 'delete', params: {} }], "Required field 'pubkey' missing"],
  ]
  for (const mode of ['batch', 'sequence'] as const) {
    for (const [requests, detail] of rows) expect(refusal(mode, { requests })).toBe(`invalid request: ${detail}`)
    const calls = Array(20).fill(info)
    expect(request(mode, { requests: calls })).toEqual({ kind: 'batch', mode, calls, wait: undefined })
    expect(request(mode, { requests: calls, wait: 60_000 })).toMatchObject({ wait: 60_000 })
    expect(refusal(mode, { requests: calls, wait: 'long' })).toBe(
      "invalid request: Invalid value given for 'wait': expected positive integer",
    )
    expect(parseRpcRequest(JSON.stringify(encodeBatch(mode, calls)))).toEqual({
      kind: 'batch',
      mode,
      calls,
      wait: undefined,
    })
  }
})

test('a request in bt-encoding is the same request', () => {
  const key = new Uint8Array(33).fill(0xab)
  key[0] = 5
  const params = new Map<string, BencodeInput>([
    ['namespace', 'all'],
    ['pubkey', key],
    ['signature', new Uint8Array(64)],
    ['timestamp', now],
  ])
  const asked = (method: string, params: BencodeInput) =>
    parseBtRequest(
      encodeBencode(
        new Map<string, BencodeInput>([
          ['method', method],
          ['params', params],
        ]),
      ),
    )
  const inJson = request('delete_all', { namespace: 'all', pubkey: owner, signature, timestamp: now })
  expect(asked('delete_all', params)).toEqual(inJson)
  const call = new Map<string, BencodeInput>([
    ['method', 'delete_all'],
    ['params', params],
  ])
  expect(asked('batch', new Map([['requests', [call]]]))).toMatchObject({
    kind: 'batch',
    calls: [inJson.kind === 'call' && inJson.call],
  })
  const condition = new Map<string, BencodeInput>([
    ['if', new Map([['v_at_least', [2, 8]]])],
    ['else', call],
  ])
  expect(asked('ifelse', condition)).toMatchObject({
    kind: 'ifelse',
    condition: { v_at_least: [2, 8] },
    whenTrue: undefined,
    whenFalse: inJson,
  })
  expect(parseBtRequest(new Uint8Array())).toEqual({ kind: 'refused', answer: { status: 400, body: 'invalid json' } })
})

test('conditions compare number by number, and what is missing is 0', () => {
  const state = { fork: [19, 4], version: [2, 8, 0], height: 7 } as const
  const holds = (source: object) => holdsCondition(readCondition(source as Record<string, unknown>, 'json'), state)
  expect(holds({ hf_at_least: [19, 4] })).toBe(true)
  expect(holds({ hf_at_least: [19, 5] })).toBe(false)
  expect(holds({ hf_before: [19] })).toBe(false)
  expect(holds({ v_before: [2, 8, 0] })).toBe(false)
  expect(holds({ v_before: [2, 8, 0, 1] })).toBe(false)
  expect(holds({ v_at_least: [2, 7, 99], height_at_least: 7, height_before: 8 })).toBe(true)
  expect(holds({ height_at_least: 8 })).toBe(false)
})

test('a request outside its time is refused before its signature is looked at', () => {
  const refused = (method: string, params: object) => {
    const parsed = request(method, params)
    if (parsed.kind !== 'call') throw new Error(JSON.stringify(parsed))
    return authoriseCall(parsed.call, { crypto: nobleCrypto(), now, isRevoked: () => false })
  }
  const late = now - 60_001
  expect(refused('retrieve', { pubkey: owner })).toEqual({ status: 401, body: 'retrieve: request signature required' })
  expect(refused('retrieve', { pubkey: owner, namespace: -10 })).toBeUndefined()
  expect(refused('retrieve', { pubkey: owner, signature, timestamp: late })).toEqual({
    status: 406,
    body: 'retrieve timestamp too far from current time',
  })
  expect(refused('retrieve', { pubkey: owner, signature, timestamp: now + 60_000 })).toEqual({
    status: 401,
    body: 'retrieve signature verification failed',
  })
  expect(refused('get_expiries', { ...deleting, timestamp: late })).toEqual({
    status: 406,
    body: 'get_expiries timestamp too far from current time',
  })
  expect(refused('get_expiries', { ...deleting, timestamp: now })).toEqual({
    status: 401,
    body: 'get_expiries signature verification failed',
  })
  expect(refused('expire', { ...expiring, expiry: late })).toEqual({
    status: 401,
    body: 'expire: timestamp should be >= current time',
  })
  expect(refused('expire', expiring)).toEqual({ status: 401, body: 'expire: signature verification failed' })
  expect(refused('delete', deleting)).toEqual({ status: 401, body: 'delete_msgs signature verification failed' })
  expect(refused('store', { ...storing, namespace: 2, signature })).toEqual({
    status: 401,
    body: 'store signature verification failed',
  })
  expect(refused('store', storing)).toBeUndefined()
  const subaccount = { subaccount: `0303${'00'.repeat(34)}`, subaccount_sig: signature }
  expect(refused('expire', { ...expiring, ...subaccount, shorten: true })).toEqual({
    status: 401,
    body: 'expire: signature verification failed',
  })
})

test('any JSON is parsed or refused, never thrown at', () => {
  const names = fc.constantFrom(
    'pubkey',
    'pubKey',
    'messages',
    'timestamp',
    'signature',
    'data',
    'ttl',
    'expiry',
    'namespace',
    'requests',
    'wait',
  )
  const plausible = fc.oneof(
    fc.constantFrom<unknown>(owner, signature, hash, now, 60_000, [hash], true, ''),
    fc.jsonValue(),
  )
  const params = fc.oneof(fc.jsonValue(), fc.dictionary(names, plausible))
  const meta = ['batch', 'sequence', 'ifelse', '__proto__']
  const method = fc.oneof(fc.constantFrom(...Object.keys(METHODS), ...meta), fc.string())
  const context = { crypto: nobleCrypto(), now, isRevoked: () => false }
  const property = fc.property(method, params, (method, params) => {
    const call = { method, params }
    for (const value of [params, { requests: [call] }, { if: { height_before: 1 }, else: call }]) {
      const parsed = request(method, value)
      if (parsed.kind === 'refused') expect(parsed.answer.status).toBe(400)
      if (parsed.kind === 'call') authoriseCall(parsed.call, context)
    }
  })
  fc.assert(property, { numRuns: 500 })
  fc.assert(fc.property(fc.string(), (text) => void parseRpcRequest(text)))
})

test('parameters that parse are the same after being written and parsed again', () => {
  const rows: [string, object][] = [
    ['store', { ...storing, namespace: -21, signature, sig_timestamp: now + 5 }],
    [
      'retrieve',
      {
        pubkey: owner,
        namespace: 3,
        signature,
        timestamp: now,
        last_hash: hash,
        max_size: -5,
        max_count: 2,
        wait: 5000,
      },
    ],
    ['delete', { ...deleting, required: true }],
    ['expire', { ...expiring, extend: true }],
    ['get_expiries', { ...deleting, timestamp: now, messages: ['any text'] }],
    ['get_swarm', { pubkey: owner }],
    ['info', {}],
    ['active_nodes_bin', {}],
    ['retrieve', { pubkey: owner, signature, timestamp: now, reverse_direction: true }],
    ['delete_all', { pubkey: owner, signature, timestamp: now, namespace: 'all' }],
    ['delete_all', { pubkey: owner, signature, timestamp: now, namespace: -11 }],
    ['delete_before', { pubkey: owner, signature, before: now, namespace: 'all' }],
    ['expire_all', { pubkey: owner, signature, expiry: now }],
    ['revoke_subaccount', { pubkey: owner, signature, timestamp: now, revoke: token }],
    ['unrevoke_subaccount', { pubkey: owner, signature, timestamp: now, unrevoke: [token, '03'.repeat(36)] }],
    ['revoked_subaccounts', { pubkey: owner, signature, timestamp: now }],
  ]
  for (const [name, params] of rows) {
    const method = METHODS[parseMethodName(name)!] as unknown as Declared<unknown>
    const parsed = decodeParams(method, params as Record<string, unknown>)
    if (parsed.kind !== 'ok') throw new Error(parsed.answer.body)
    expect(decodeParams(method, encodeParams(method, parsed.params))).toEqual(parsed)
  }
})
