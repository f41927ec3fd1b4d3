import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { millis, unixMillis } from '../brand.ts'
import { toBase64 } from '../bytes/base64.ts'
import { utf8 } from '../bytes/utf8.ts'
import { decodeBencode, encodeBencode } from '../codec/bencode.ts'
import { CodecError } from '../codec/codec.ts'
import type { Ed25519SecretKey, X25519PublicKey } from '../crypto/keys.ts'
import { MalformedInputError } from '../errors.ts'
import { encodeAccountId } from '../identity/account-id.ts'
import { nodeIdOf } from '../swarm/node-id.ts'
import { swarmId } from '../swarm/swarm-id.ts'
import { nobleCrypto } from '../testing.ts'
import { ownerSigner } from './authentication.ts'
import { encodeBtAnswer } from './bt-answer.ts'
import { groupHashes } from './changed-hashes.ts'
import { deriveMessageHash } from './message-hash.ts'
import { readResult, withNetworkTime } from './method.ts'
import { deleteAllEntry } from './methods/delete-all.ts'
import { clampExpiry, effectiveChange, expireEntry } from './methods/expire.ts'
import { type StoreEntry, type StoreParams, store, storeEntry } from './methods/store.ts'
import { NAMESPACES, parseNamespace } from './namespace.ts'
import { verifyStoreReceipts } from './receipt.ts'
import { METHODS, type MethodName } from './registry.ts'
import { encodeBatchAnswer, parseBatchAnswer, parseRpcAnswer } from './response.ts'
import { messageCost, selectWithinBudget } from './retrieve-budget.ts'
import { signRequest } from './signing.ts'
import { encodeStoreAuthorisation, verifyStoreAuthorisation } from './store-authorisation.ts'
import { parseSubaccountToken } from './subaccount.ts'
import { decodeMemberEntry, encodeMemberEntry, type SwarmEntry, signEntry } from './swarm-result.ts'

const crypto = nobleCrypto()
const now = unixMillis(1_700_000_000_000)
const keys = crypto.ed25519KeyPair(new Uint8Array(32).fill(7))
const owner = encodeAccountId(crypto.ed25519ToX25519(keys.publicKey))
const members = [1, 2, 3, 4].map((seed) => {
  const { publicKey, secretKey } = crypto.ed25519KeyPair(new Uint8Array(32).fill(seed))
  return { node: nodeIdOf(publicKey), secretKey }
})
const data = utf8('hello')
const hash = deriveMessageHash(crypto, owner, NAMESPACES.messages, data)

function stored({
  node,
  secretKey,
}: {
  node: (typeof members)[number]['node']
  secretKey: Ed25519SecretKey
}): SwarmEntry<StoreEntry> {
  const sign = (bytes: Uint8Array) => crypto.ed25519Sign(secretKey, bytes)
  return signEntry(storeEntry, { params: undefined, value: { hash, expiry: now, already: false }, node, sign })
}

test('only members that signed this message count as having stored it', () => {
  const [a, b, c, d] = members as [(typeof members)[0], (typeof members)[0], (typeof members)[0], (typeof members)[0]]
  const stranger = crypto.ed25519KeyPair(new Uint8Array(32).fill(9))
  const other = deriveMessageHash(crypto, owner, NAMESPACES.messages, utf8('other'))
  const entries: SwarmEntry<StoreEntry>[] = [
    stored(a),
    stored({ ...b, secretKey: a.secretKey }),
    { kind: 'failed', node: c.node, failure: { kind: 'timeout' } },
    stored({ node: nodeIdOf(stranger.publicKey), secretKey: stranger.secretKey }),
  ]
  expect(verifyStoreReceipts(crypto, { entries, hash, members: members.map(({ node }) => node) })).toEqual({
    verified: [a.node],
    failed: [
      { node: b.node, failure: { kind: 'badReceipt' } },
      { node: c.node, failure: { kind: 'timeout' } },
      { node: d.node, failure: { kind: 'missing' } },
    ],
  })
  const foreign = verifyStoreReceipts(crypto, { entries, hash: other, members: [a.node, a.node] })
  expect(foreign).toEqual({ verified: [], failed: [{ node: a.node, failure: { kind: 'badReceipt' } }] })
})

test('entries of members come back from a whole answer, failures too', () => {
  const failures = [
    { kind: 'timeout' },
    { kind: 'refused', status: 421, reason: '{"snodes":[]}' },
    { kind: 'badAnswer' },
    { kind: 'storage', reason: undefined },
  ] as const
  const entries = [
    stored(members[0]!),
    ...failures.map((failure, i) => ({ kind: 'failed' as const, node: members[i]!.node, failure })),
  ]
  for (const entry of entries) {
    const body = JSON.stringify(withNetworkTime(store.result.write({ entries: [entry], hash }), { now, fork: [19, 3] }))
    const outcome = parseRpcAnswer('store', { status: 200, body })
    expect(outcome).toEqual({ kind: 'ok', networkTime: now, result: { entries: [entry], hash } })
    expect(decodeMemberEntry(storeEntry, entry.node, encodeMemberEntry(storeEntry, entry))).toEqual(entry)
  }
})

test('what other nodes say as 1 is true', () => {
  const { node } = members[0]!
  const written = store.result.write({ entries: [stored(members[0]!)], hash }) as { swarm: Record<string, object> }
  const body = { hash, swarm: { [node]: { ...written.swarm[node], already: 1 } } }
  expect(parseRpcAnswer('store', { status: 200, body })).toMatchObject({
    result: { entries: [{ value: { already: true } }] },
  })
  const failed = { hash, swarm: { [node]: { failed: 1, query_failure: 1 } } }
  expect(parseRpcAnswer('store', { status: 200, body: failed })).toMatchObject({
    result: { entries: [{ failure: { kind: 'storage' } }] },
  })
})

test('a member whose answer is garbage has answered badly', () => {
  const { node } = members[0]!
  for (const bytes of [utf8('nonsense'), utf8('de'), encodeBencode(new Map([['hash', 'short']]))]) {
    expect(decodeMemberEntry(storeEntry, node, bytes)).toEqual({ kind: 'failed', node, failure: { kind: 'badAnswer' } })
  }
})

test('results of every method come back from their encoding', () => {
  const changed = {
    kind: 'all',
    byNamespace: new Map([
      [parseNamespace(-10), [hash]],
      [parseNamespace(2), []],
    ]),
  }
  const results: { [Name in MethodName]?: unknown } = {
    info: { version: [2, 8, 0], timestamp: now },
    get_expiries: { expiries: [{ hash, expiry: now }] },
    retrieve: { messages: [{ hash, timestamp: now, expiry: now, data }], more: true },
    delete: { entries: [{ ...stored(members[0]!), value: { deleted: [hash] } }] },
    expire: { entries: [{ ...stored(members[0]!), value: { expiries: [now], updated: [hash], unchanged: [] } }] },
    delete_all: { entries: [{ ...stored(members[0]!), value: { deleted: changed } }] },
    delete_before: { entries: [{ ...stored(members[0]!), value: { deleted: { kind: 'one', hashes: [hash] } } }] },
    expire_all: { entries: [{ ...stored(members[0]!), value: { updated: changed } }] },
    revoke_subaccount: { entries: [{ ...stored(members[0]!), value: {} }] },
    unrevoke_subaccount: { entries: [{ ...stored(members[0]!), value: { count: 2 } }] },
    revoked_subaccounts: { tokens: [parseSubaccountToken(new Uint8Array(36).fill(3))] },
    get_swarm: {
      swarm: swarmId(5n),
      nodes: [
        {
          nodeId: members[0]!.node,
          x25519: new Uint8Array(32) as X25519PublicKey,
          ip: '127.0.0.1',
          httpsPort: 1,
          peerPort: 2,
        },
      ],
    },
  }
  for (const [name, result] of Object.entries(results)) {
    const method = name as MethodName
    const body = JSON.stringify(METHODS[method].result.write(result as never))
    expect(parseRpcAnswer(method, { status: 200, body })).toEqual({ kind: 'ok', result, networkTime: undefined })
  }
})

test('the list of all nodes is bytes, or base64 where it stands in JSON', () => {
  const node = {
    nodeId: members[0]!.node,
    swarmId: swarmId(7n),
    ip: '192.0.2.1',
    httpsPort: 22_021,
    peerPort: 22_020,
    version: [2, 8, 0] as const,
  }
  const body = METHODS.active_nodes_bin.result.write({ nodes: [node] })
  const expected = { kind: 'ok', result: { nodes: [node] }, networkTime: undefined }
  expect(parseRpcAnswer('active_nodes_bin', { status: 200, body })).toEqual(expected)
  expect(parseRpcAnswer('active_nodes_bin', { status: 200, body: toBase64(body) })).toEqual(expected)
  for (const wrong of ['%', toBase64(body.subarray(1)), {}, undefined]) {
    expect(parseRpcAnswer('active_nodes_bin', { status: 200, body: wrong })).toEqual({ kind: 'malformed' })
  }
})

test('results in bt-encoding have raw bytes, numbers for booleans, and nothing for what is absent', () => {
  const body = METHODS.retrieve.result.write(
    { messages: [{ hash, timestamp: now, expiry: now, data }], more: true },
    'bt',
  )
  const decoded = decodeBencode(encodeBtAnswer({ ...body, absent: undefined, none: null })) as ReadonlyMap<
    string,
    unknown
  >
  expect([...decoded.keys()]).toEqual(['messages', 'more'])
  expect(decoded.get('more')).toBe(1)
  const [message] = decoded.get('messages') as ReadonlyMap<string, unknown>[]
  expect(message!.get('data')).toEqual(data)
  expect(message!.get('hash')).toEqual(utf8(hash))
  expect(message!.get('expiration')).toBe(now)
  expect(() => encodeBtAnswer({ half: 0.5 })).toThrow(CodecError)
})

test('hashes of all namespaces are listed by namespace, and signed in one order', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((text) =>
    deriveMessageHash(crypto, owner, NAMESPACES.messages, utf8(text)),
  ) as [typeof hash, typeof hash, typeof hash]
  const placed = [
    { hash: a, namespace: parseNamespace(2) },
    { hash: b, namespace: parseNamespace(-1) },
    { hash: c, namespace: parseNamespace(2) },
  ]
  const sorted = [a, b, c].sort((x, y) => (x < y ? -1 : 1))
  expect(groupHashes(parseNamespace(2), placed)).toEqual({ kind: 'one', hashes: sorted })
  const all = groupHashes('all', placed)
  if (all.kind === 'one') throw new Error('not all')
  expect(all.byNamespace.get(parseNamespace(-1))).toEqual([b])
  expect(all.byNamespace.get(parseNamespace(2))).toEqual(sorted.filter((hash) => hash !== b))
  const signed = (deleted: Parameters<typeof deleteAllEntry.signed>[1]['deleted']) =>
    deleteAllEntry.signed({ owner, timestamp: now }, { deleted })
  expect(signed(all)).toEqual(signed({ kind: 'one', hashes: sorted }))
  expect(() => readEntry({ 99999: [] })).toThrow(MalformedInputError)
  expect(() => readEntry({ 0: 'x' })).toThrow(MalformedInputError)
  expect(() => readEntry('x')).toThrow(MalformedInputError)
})

function readEntry(deleted: unknown): unknown {
  return readResult(deleteAllEntry.fields, { deleted }, 'json')
}

test('each status means one thing', () => {
  const kind = (status: number, body: unknown = 'text') => parseRpcAnswer('info', { status, body })
  expect(kind(200)).toEqual({ kind: 'malformed' })
  expect(kind(200, '{"version":[1]}')).toEqual({ kind: 'malformed' })
  expect(kind(401)).toEqual({ kind: 'unauthorised' })
  expect(kind(406)).toEqual({ kind: 'clock', networkTime: undefined })
  expect(kind(421, '{"snodes":[],"swarm":"5","t":1700000000000}')).toEqual({
    kind: 'wrongSwarm',
    swarm: { swarm: 5n, nodes: [] },
  })
  expect(kind(421, 'elsewhere')).toEqual({ kind: 'wrongSwarm', swarm: undefined })
  expect(kind(503)).toEqual({ kind: 'busy' })
  expect(kind(400, ' bad\n')).toEqual({ kind: 'refused', status: 400, text: 'bad' })
  expect(kind(500)).toEqual({ kind: 'failed', status: 500, text: 'text' })
  expect(parseRpcAnswer('delete', { status: 404, body: { swarm: {} } })).toMatchObject({
    kind: 'ok',
    result: { entries: [] },
  })
})

test('a batch is answered in the order of its requests', () => {
  const answers = [
    { status: 200, body: { t: 1 } },
    { status: 421, body: 'text' },
  ]
  expect(parseBatchAnswer({ status: 200, body: JSON.stringify(encodeBatchAnswer(answers)) })).toEqual(answers)
  for (const body of ['{}', '{"results":[{"body":1}]}', '{"results":1}', 'x']) {
    expect(() => parseBatchAnswer({ status: 200, body })).toThrow(expect.objectContaining({ code: 'rpc_result' }))
  }
})

test('any answer is read or called malformed', () => {
  const names = fc.constantFrom('swarm', 'messages', 'hash', 'snodes', 'expiries', 'version', 'timestamp', 'results')
  const bodies = fc.oneof(fc.string(), fc.jsonValue(), fc.dictionary(names, fc.jsonValue()))
  const property = fc.property(bodies, fc.constantFrom(200, 404, 421, 500), (body, status) => {
    for (const name of Object.keys(METHODS) as MethodName[]) parseRpcAnswer(name, { status, body })
    try {
      parseBatchAnswer({ status, body })
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedInputError)
    }
  })
  fc.assert(property, { numRuns: 300 })
})

test('a later member can verify what authorised a private store', () => {
  const namespace = parseNamespace(2)
  const signer = ownerSigner(crypto, keys.secretKey, { account: true })
  const unsigned = { owner, namespace, timestamp: now, expiry: unixMillis(now + 60_000), data, signedAt: undefined }
  const params: StoreParams = signRequest(store, unsigned, signer)
  const authorisation = encodeStoreAuthorisation(params)
  const verify = (message: Partial<{ namespace: typeof namespace; authorisation: Uint8Array }>) =>
    verifyStoreAuthorisation(crypto, { owner, namespace, authorisation, ...message }, () => false)
  expect(verify({})).toBe(true)
  expect(verify({ namespace: parseNamespace(3) })).toBe(false)
  expect(verify({ authorisation: new Uint8Array(0) })).toBe(false)
  for (let at = 0; at < authorisation.length; at++) {
    expect(verify({ authorisation: authorisation.map((byte, i) => (i === at ? byte ^ 1 : byte)) })).toBe(false)
  }
  const inbox = signRequest(store, { ...unsigned, namespace: NAMESPACES.messages }, signer)
  expect(inbox.auth).toBeUndefined()
  expect(encodeStoreAuthorisation(inbox)).toHaveLength(0)
  expect(verify({ namespace: NAMESPACES.messages, authorisation: new Uint8Array(0) })).toBe(true)
})

test('a retrieve answers what fits its budget, and at least one message', () => {
  const messages = [100, 100, 100].map((size) => ({ data: new Uint8Array(size) }))
  const cost = messageCost(100)
  expect(cost).toBe(100 + 43 + 133)
  const select = (limits: { maxSize?: number; maxCount?: number }) => {
    const { messages: chosen, more } = selectWithinBudget(messages, limits)
    return { count: chosen.length, more }
  }
  expect(select({ maxSize: 1 })).toEqual({ count: 1, more: true })
  expect(select({ maxSize: 2 * cost })).toEqual({ count: 2, more: true })
  expect(select({ maxSize: 2 * cost - 1 })).toEqual({ count: 1, more: true })
  expect(select({ maxCount: 2 })).toEqual({ count: 2, more: true })
  expect(select({})).toEqual({ count: 3, more: false })
  expect(selectWithinBudget([], {})).toEqual({ messages: [], more: false })
})

test('what a member left unchanged is signed in the order of hashes, however it is listed', () => {
  const [a, b] = [hash, deriveMessageHash(crypto, owner, NAMESPACES.messages, utf8('other'))]
  const unchanged = [a, b].map((hash) => ({ hash, expiry: now }))
  const signed = (unchanged: { hash: typeof hash; expiry: typeof now }[]) =>
    expireEntry.signed({ owner, messages: [a, b] }, { expiries: [now], updated: [], unchanged })
  expect(signed(unchanged.toReversed())).toEqual(signed(unchanged))
})

test('an expiry is clamped to thirty days, and a subaccount without delete access only extends', () => {
  const month = millis(2_592_000_000)
  expect(clampExpiry(unixMillis(now + month + 1), now)).toBe(now + month)
  expect(clampExpiry(unixMillis(now + 5), now)).toBe(now + 5)
  const signer = ownerSigner(crypto, keys.secretKey, { account: true })
  const auth = { ...signer, signature: signer.sign(data) }
  const token = (flags: number) => ({ token: new Uint8Array(36).fill(flags, 1, 2) as never, signature: auth.signature })
  expect(effectiveChange({ change: 'set', auth })).toBe('set')
  expect(effectiveChange({ change: 'set', auth: { ...auth, subaccount: token(3) } })).toBe('extend')
  expect(effectiveChange({ change: 'shorten', auth: { ...auth, subaccount: token(7) } })).toBe('shorten')
  expect(expireEntry.read({ expiry: [now], updated: [], unchanged: undefined })).toEqual({
    expiries: [now],
    updated: [],
    unchanged: undefined,
  })
})
