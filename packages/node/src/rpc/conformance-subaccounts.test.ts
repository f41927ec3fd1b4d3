import { after } from 'node:test'
import { concatBytes, toBase64, toHex, utf8 } from '@starling/protocol'
import { expect } from 'expect'
import { sortedTexts } from '../storage/sorted.ts'
import { FLAGS, type Form, HASH, isSigned, Swarm } from '../testing/conformance.ts'
import { type Row, testForms, testRows } from '../testing/conformance-rows.ts'

const swarm = await Swarm.create()
after(() => swarm[Symbol.asyncDispose]())

const group = swarm.group()
const now = swarm.now
const later = now + 86_400_000

const row = (method: string, name: string, params: object, status: number, body: unknown = {}): Row => ({
  name,
  method,
  params,
  status,
  body,
})

/** What each method wants of a subaccount, and what it says to one that may less. */
type Wanted = {
  readonly method: string
  readonly signed: string
  readonly rest: object
  readonly flags: number
  readonly bad: string
}
const { read, write, delete: remove } = FLAGS
const data = toBase64(utf8('x'))
const WANTED: readonly Wanted[] = [
  {
    method: 'store',
    signed: `store11${now}`,
    rest: { namespace: 11, timestamp: now, ttl: 60_000, data },
    flags: write,
    bad: 'store signature verification failed',
  },
  {
    method: 'store',
    signed: `store-1${now}`,
    rest: { namespace: -1, timestamp: now, ttl: 60_000, data },
    flags: write | remove,
    bad: 'store signature verification failed',
  },
  {
    method: 'retrieve',
    signed: `retrieve11${now}`,
    rest: { namespace: 11, timestamp: now },
    flags: read,
    bad: 'retrieve signature verification failed',
  },
  {
    method: 'get_expiries',
    signed: `get_expiries${now}${HASH}`,
    rest: { messages: [HASH], timestamp: now },
    flags: read,
    bad: 'get_expiries signature verification failed',
  },
  {
    method: 'delete',
    signed: `delete${HASH}`,
    rest: { messages: [HASH] },
    flags: remove,
    bad: 'delete_msgs signature verification failed',
  },
  {
    method: 'delete_all',
    signed: `delete_all11${now}`,
    rest: { namespace: 11, timestamp: now },
    flags: remove,
    bad: 'delete_all signature verification failed',
  },
  {
    method: 'delete_before',
    signed: `delete_before11${now}`,
    rest: { namespace: 11, before: now },
    flags: remove,
    bad: 'delete_before signature verification failed',
  },
  {
    method: 'expire_all',
    signed: `expire_all11${now}`,
    rest: { namespace: 11, expiry: now },
    flags: remove,
    bad: 'expire_all signature verification failed',
  },
  {
    method: 'expire',
    signed: `expire${later}${HASH}`,
    rest: { expiry: later, messages: [HASH] },
    flags: write,
    bad: 'expire: signature verification failed',
  },
]
const namesOf = (flags: number) =>
  Object.entries(FLAGS)
    .filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name)
    .join(' and ') || 'nothing'

const every = [0, read, write, remove, read | write, read | remove, write | remove, read | write | remove]
testRows(
  swarm,
  WANTED.flatMap(({ method, signed, rest, flags, bad }) => [
    ...every.map((held) =>
      row(
        method,
        `a token with ${namesOf(held)} ${(held & flags) === flags ? 'is enough' : 'is not enough'} (${signed.slice(0, 8)})`,
        { ...group.memberProof(held, signed), ...rest },
        ...(((held & flags) === flags ? [200] : [401, bad]) as [number, unknown?]),
      ),
    ),
    row(
      method,
      `a token of another prefix needs the flag for it (${signed.slice(0, 8)})`,
      { ...group.memberProof(7, signed, 5), ...rest },
      401,
      bad,
    ),
    row(
      method,
      `with the flag it holds (${signed.slice(0, 8)})`,
      { ...group.memberProof(15, signed, 5), ...rest },
      200,
    ),
    {
      ...row(
        method,
        `a token in hex is as good (${signed.slice(0, 8)})`,
        { ...group.memberProof(15, signed), ...rest, subaccount: toHex(group.token(15)) },
        200,
      ),
      form: 'json' as const,
    },
    row(
      method,
      `an empty token counts as absent (${signed.slice(0, 8)})`,
      { ...group.proof(signed), ...rest, subaccount: '', subaccount_sig: group.sign('x') },
      200,
    ),
    row(
      method,
      `the owner's own signature does not do for a token (${signed.slice(0, 8)})`,
      { ...group.memberProof(15, signed), ...rest, signature: group.sign(signed) },
      401,
      bad,
    ),
    row(
      method,
      `a token that somebody else signed is refused (${signed.slice(0, 8)})`,
      { ...group.memberProof(15, signed), ...rest, subaccount_sig: swarm.alice.sign('x') },
      401,
      bad,
    ),
  ]),
)

const SHORTEN = 'expire: shorten parameter cannot be used with this subaccount token (missing delete access)'
const shorten = { expiry: later, messages: [HASH], shorten: true }
testRows(swarm, [
  row(
    'expire',
    'a token without delete may not shorten',
    { ...group.memberProof(write, `expireshorten${later}${HASH}`), ...shorten },
    400,
    SHORTEN,
  ),
  row(
    'expire',
    'with delete it may',
    { ...group.memberProof(write | remove, `expireshorten${later}${HASH}`), ...shorten },
    200,
  ),
  row(
    'expire',
    'the signature comes before that',
    { ...group.memberProof(write, 'x'), ...shorten },
    401,
    'expire: signature verification failed',
  ),
  row(
    'expire',
    'without delete it may extend',
    { ...group.memberProof(write, `expireextend${later}${HASH}`), expiry: later, messages: [HASH], extend: true },
    200,
    {},
  ),
])

const token = group.token(3)
const time = (method: string, key: string, at: number, tokens: readonly Uint8Array[] = [token]) => ({
  ...group.proof(`${method}${at}`, ...tokens),
  timestamp: at,
  [key]: tokens.length === 1 ? toBase64(token) : tokens.map(toBase64),
})
const many = (count: number) => Array<Uint8Array>(count).fill(token)
const revocations = (
  [
    ['revoke_subaccount', 'revoke'],
    ['unrevoke_subaccount', 'unrevoke'],
  ] as const
).flatMap(([method, key]) => {
  const far = `${method} timestamp too far from current time`
  const bad = `${method} signature verification failed`
  const signed = `${method}${now}`
  const fault = `invalid request: invalid ${key}: expected base64 or hex-encoded subaccount tag`
  const asked = (change: object) => ({ ...time(method, key, now), ...change })
  return [
    row(method, 'a signature from 60 s ago holds', time(method, key, now - 60_000), 200),
    row(method, 'one from earlier does not', time(method, key, now - 60_001), 406, far),
    row(method, 'a signature from 60 s in the future holds', time(method, key, now + 60_000), 200),
    row(method, 'one from later does not', time(method, key, now + 60_001), 406, far),
    row(
      method,
      'the time comes before the signature',
      { ...time(method, key, now - 60_001), signature: group.sign('x') },
      406,
      far,
    ),
    row(method, 'a list is signed as its raw tokens', time(method, key, now, [token, group.token(1)]), 200),
    { ...row(method, 'a token in hex is signed raw too', asked({ [key]: toHex(token) }), 200), form: 'json' as const },
    row(method, 'an empty list is taken', { ...group.proof(signed), timestamp: now, [key]: [] }, 200),
    row(method, 'a token has 36 bytes', asked({ [key]: toBase64(token.subarray(1)) }), 400, fault),
    row(method, 'each of a list has', asked({ [key]: [toBase64(token), 'x'] }), 400, fault),
    row(
      method,
      'tokens are text',
      asked({ [key]: 5 }),
      400,
      `invalid request: Invalid value given for '${key}': expected string array`,
    ),
    row(method, 'a subaccount may not', { ...time(method, key, now), ...group.memberProof(15, signed) }, 401, bad),
    row(method, 'another token than was signed is refused', asked({ [key]: toBase64(group.token(7)) }), 401, bad),
  ]
})
testRows(swarm, [
  ...revocations,
  row('revoke_subaccount', '50 tokens at once are taken', time('revoke_subaccount', 'revoke', now, many(50)), 200),
  row(
    'revoke_subaccount',
    'more are refused',
    time('revoke_subaccount', 'revoke', now, many(51)),
    400,
    'invalid request: invalid revoke: cannot revoke more than 50 subaccounts at once',
  ),
  row(
    'unrevoke_subaccount',
    '1000 tokens at once are taken',
    time('unrevoke_subaccount', 'unrevoke', now, many(1000)),
    200,
  ),
  row(
    'unrevoke_subaccount',
    'more are refused',
    time('unrevoke_subaccount', 'unrevoke', now, many(1001)),
    400,
    'invalid request: invalid unrevoke: cannot unrevoke more than 1000 subaccounts at once',
  ),
  ...(
    [
      ['from 60 s ago holds', -60_000, 200],
      ['from earlier does not', -60_001, 406],
      ['from 60 s in the future holds', 60_000, 200],
      ['from later does not', 60_001, 406],
    ] as const
  ).map(([name, offset, status]) =>
    row(
      'revoked_subaccounts',
      `a signature ${name}`,
      { ...group.proof(`revoked_subaccounts${now + offset}`), timestamp: now + offset },
      status,
      status === 200 ? { t: now } : 'revoked_subaccounts timestamp too far from current time',
    ),
  ),
  row(
    'revoked_subaccounts',
    'a signing key besides the ID is not used',
    { ...swarm.alice.proof(`revoked_subaccounts${now}`), timestamp: now },
    401,
    'revoked_subaccounts signature verification failed',
  ),
])

testForms(
  'revoke_subaccount: every member signs, refuses the token from then on, and lists it',
  async (swarm, form) => {
    const group = swarm.group()
    const tokens = [group.token(3), group.token(7)]
    const { status, body } = await swarm.ask('revoke_subaccount', revocation(swarm, 'revoke', tokens), form)
    expect({ status, t: body.t }).toEqual({ status: 200, t: swarm.now })
    const signed = concatBytes(utf8(`${group.owner}${swarm.now}`), ...tokens)
    for (const member of swarm.members) {
      const { signature, ...rest } = body.swarm[member.nodeId]
      expect(rest).toEqual({})
      expect(isSigned(member, signed, signature)).toBe(true)
      expect(await revoked(swarm, form, member)).toEqual(sortedTexts(tokens.map(toBase64)))
      expect(await reads(swarm, form, 3, 11, member)).toBe(401)
      expect(await reads(swarm, form, 15, 11, member)).toBe(200)
    }
  },
)

testForms('retrieve: a revoked subaccount may still read namespaces that say so', async (swarm, form) => {
  await swarm.ask('revoke_subaccount', revocation(swarm, 'revoke', [swarm.group().token(3)]), form)
  for (const namespace of [-11, -111, -211, -12_311]) expect(await reads(swarm, form, 3, namespace)).toBe(200)
  for (const namespace of [11, -12, 0, -21]) expect(await reads(swarm, form, 3, namespace)).toBe(401)
})

testForms('unrevoke_subaccount: the answer counts what was revoked, and the token holds again', async (swarm, form) => {
  const tokens = [swarm.group().token(3), swarm.group().token(1)]
  await swarm.ask('revoke_subaccount', revocation(swarm, 'revoke', tokens.slice(0, 1)), form)
  await swarm.fixture.clock.advance(1000 as never)
  const request = revocation(swarm, 'unrevoke', tokens)
  const { body } = await swarm.ask('unrevoke_subaccount', request, form)
  const signed = concatBytes(utf8(`${swarm.group().owner}${swarm.now}`), ...tokens)
  for (const member of swarm.members) {
    const { signature, ...rest } = body.swarm[member.nodeId]
    expect(rest).toEqual({ count: 1 })
    expect(isSigned(member, signed, signature)).toBe(true)
    expect(await reads(swarm, form, 3, 11, member)).toBe(200)
    expect(await revoked(swarm, form, member)).toEqual([])
  }
})

testForms('revoke_subaccount: the newest 50 of an account count', async (swarm, form) => {
  const group = swarm.group()
  const tokenOf = (index: number) => Uint8Array.from(group.token(3), (byte, at) => (at === 35 ? index : byte))
  await swarm.ask('revoke_subaccount', revocation(swarm, 'revoke', [group.token(3)]), form)
  expect(await reads(swarm, form, 3, 11)).toBe(401)
  await swarm.fixture.clock.advance(1000 as never)
  const others = Array.from({ length: 50 }, (_, index) => tokenOf(index)).filter(
    (token) => toHex(token) !== toHex(group.token(3)),
  )
  await swarm.ask('revoke_subaccount', revocation(swarm, 'revoke', others.slice(0, 49)), form)
  expect(await reads(swarm, form, 3, 11)).toBe(401)
  await swarm.fixture.clock.advance(1000 as never)
  await swarm.ask('revoke_subaccount', revocation(swarm, 'revoke', [tokenOf(200)]), form)
  expect(await revoked(swarm, form)).toHaveLength(50)
  expect(await reads(swarm, form, 3, 11)).toBe(200)
})

testForms('expire: a token without delete extends, even if it did not say so', async (swarm, form) => {
  const group = swarm.group()
  const params = { ...group.proof(`store11${swarm.now}`), namespace: 11, timestamp: swarm.now, ttl: 60_000, data }
  const { hash } = (await swarm.ask('store', params, form)).body
  const expire = async (until: number) => {
    const proof = group.memberProof(write, `expire${until}${hash}`)
    const { body } = await swarm.ask('expire', { ...proof, messages: [hash], expiry: until }, form)
    return body.swarm[swarm.node.nodeId]
  }
  const kept = await expire(swarm.now + 30_000)
  expect(kept).toMatchObject({ updated: [] })
  expect(kept).not.toHaveProperty('unchanged')
  expect(await expire(swarm.now + 90_000)).toMatchObject({ updated: [hash] })
})

function revocation(swarm: Swarm, key: 'revoke' | 'unrevoke', tokens: readonly Uint8Array[]): object {
  const proof = swarm.group().proof(`${key}_subaccount${swarm.now}`, ...tokens)
  return { ...proof, timestamp: swarm.now, [key]: tokens.map(toBase64) }
}

/** The tokens that a member lists, sorted. */
async function revoked(swarm: Swarm, form: Form, member = swarm.node): Promise<string[]> {
  const params = { ...swarm.group().proof(`revoked_subaccounts${swarm.now}`), timestamp: swarm.now }
  const { status, body } = await swarm.ask('revoked_subaccounts', params, form, member)
  expect({ status, t: body.t, hf: body.hf }).toEqual({ status: 200, t: swarm.now, hf: [19, 4] })
  return sortedTexts(body.revoked_subaccounts)
}

/** The status that a subaccount with these flags gets for a retrieve. */
async function reads(swarm: Swarm, form: Form, flags: number, namespace: number, member = swarm.node): Promise<number> {
  const proof = swarm.group().memberProof(flags, `retrieve${namespace || ''}${swarm.now}`)
  return (await swarm.ask('retrieve', { ...proof, namespace, timestamp: swarm.now }, form, member)).status
}
