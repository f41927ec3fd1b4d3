import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import vectors from '../../vectors/network-monitor.json' with { type: 'json' }
import signatures from '../../vectors/network-signatures.json' with { type: 'json' }
import { days, unixMillis } from '../brand.ts'
import { fromBase64 } from '../bytes/base64.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { fromUtf8, utf8 } from '../bytes/utf8.ts'
import { decodeBencode, encodeBencode } from '../codec/bencode.ts'
import type { Ed25519SecretKey, Signature, X25519PublicKey } from '../crypto/keys.ts'
import { parseOwner } from '../identity/account-id.ts'
import { parseNodeId } from '../swarm/node-id.ts'
import { swarmId } from '../swarm/swarm-id.ts'
import { nobleCrypto } from '../testing.ts'
import type { Authentication } from './authentication.ts'
import {
  authoriseMonitor,
  encodeMonitorRequest,
  type MonitorParams,
  monitorRefusal,
  parseMonitorRequest,
  signMonitor,
} from './monitor.ts'
import {
  decodeMonitorAnswer,
  decodeMonitorEnd,
  decodeMonitorPush,
  encodeMonitorAnswer,
  encodeMonitorEnd,
  encodeMonitorPush,
  type MonitorOutcome,
} from './monitor-answers.ts'
import { NAMESPACES, parseNamespace } from './namespace.ts'

const crypto = nobleCrypto()
const requests = vectors.monitor.filter((vector) => vector.request_bt_hex !== undefined)
const { user, group, subaccount_key } = signatures.identities
const SECRETS: Readonly<Record<string, string>> = {
  user: user.ed25519_secret64_hex,
  group: group.ed25519_secret64_hex,
  subaccount: subaccount_key.ed25519_secret64_hex,
}
const vectorOf = (id: string) => vectors.monitor.find((vector) => vector.id === id)!

/** 0, if the subscription is given. */
function refused(params: MonitorParams, options: { isRevoked?: boolean; age?: number } = {}): number {
  const now = unixMillis(params.timestampSeconds * 1000 + (options.age ?? 0))
  return authoriseMonitor(params, { crypto, now, isRevoked: () => options.isRevoked === true })?.code ?? 0
}

function subscription(payload: Uint8Array): MonitorParams {
  const [item] = parseMonitorRequest(crypto, payload).items
  if (item?.kind !== 'subscribe') throw new Error(item?.error)
  const { kind: _, ...params } = item
  return params
}

for (const vector of requests) {
  test(`${vector.id}: is parsed, verified, signed and written as given`, () => {
    const payload = fromHex(vector.request_bt_hex!)
    const params = subscription(payload)
    expect(toHex(params.auth.signature)).toBe(vector.signature_hex)
    expect(refused(params)).toBe(0)
    expect(toHex(encodeMonitorRequest(params))).toBe(vector.request_bt_hex)
    const { auth, namespaces, ...asked } = params
    const texts: string[] = []
    const sign = (bytes: Uint8Array) => {
      texts.push(fromUtf8(bytes))
      return crypto.ed25519Sign(fromHex(SECRETS[vector.signer!]!) as Ed25519SecretKey, bytes)
    }
    const signed = signMonitor({ ...asked, namespaces: namespaces.toReversed() }, { ...auth, sign })
    expect(toHex(encodeMonitorRequest(signed))).toBe(vector.request_bt_hex)
    expect(texts).toEqual([vector.signed_utf8])
  })
}

test('the answer and a push are as given', () => {
  const answer = utf8(vectorOf('reply ok').reply_bt_utf8!)
  expect(decodeMonitorAnswer(answer)).toEqual([{ kind: 'subscribed' }])
  expect(encodeMonitorAnswer([{ kind: 'subscribed' }], false)).toEqual(answer)
  const { fields, bt_hex } = vectorOf('push notify.message')
  const push = decodeMonitorPush(fromHex(bt_hex!))
  expect(push).toEqual({
    owner: fields!['@'],
    hash: fields!.h,
    namespace: fields!.n,
    timestamp: fields!.t,
    expiry: fields!.z,
    data: fromBase64(fields!['~_base64']),
  })
  expect(toHex(encodeMonitorPush(push))).toBe(bt_hex)
  expect(decodeMonitorPush(encodeMonitorPush({ ...push, data: undefined })).data).toBeUndefined()
})

const valid = (): Map<string, unknown> => new Map(decodeBencode(fromHex(requests[2]!.request_bt_hex!)) as never)
const codeOf = (item: Map<string, unknown>) => {
  const [parsed] = parseMonitorRequest(crypto, encodeBencode(item as never)).items
  return parsed?.kind === 'refused' ? parsed.code : 0
}

test('each thing that can be wrong has its code', () => {
  expect(codeOf(valid())).toBe(0)
  const without = (key: string) => {
    const item = valid()
    item.delete(key)
    return codeOf(item)
  }
  const withValue = (key: string, value: unknown) => codeOf(valid().set(key, value))
  expect({ d: without('d'), n: without('n'), p: without('p'), s: without('s'), t: without('t') }).toEqual({
    d: 0,
    n: 3,
    p: 2,
    s: 1,
    t: 1,
  })
  expect([without('S'), without('T')]).toEqual([1, 1])
  for (const n of [[], [1, 1], [2, 1], [-32_769], [32_768], 5, ['1'], Array.from({ length: 101 }, (_, i) => i)]) {
    expect(withValue('n', n)).toBe(3)
  }
  for (const p of [new Uint8Array(32), new Uint8Array(34), 3]) expect(withValue('p', p)).toBe(2)
  // Both keys, a key of the wrong size, and one that is no point.
  for (const P of [new Uint8Array(32).fill(9), new Uint8Array(31)]) expect(withValue('P', P)).toBe(2)
  const noPoint = valid().set('P', new Uint8Array(32).fill(255))
  noPoint.delete('p')
  expect(codeOf(noPoint)).toBe(2)
  for (const s of [new Uint8Array(63), 1]) expect(withValue('s', s)).toBe(1)
  for (const d of [2, -1, new Uint8Array(1)]) expect(withValue('d', d)).toBe(1)
  for (const t of [-1, new Uint8Array(1), 2n ** 60n]) expect(withValue('t', t)).toBe(1)
  expect(withValue('zz', 'what only later versions know')).toBe(0)
})

test('a request is one dict or a list of at most 20, and is answered alike', () => {
  const one = fromHex(requests[0]!.request_bt_hex!)
  const many = (count: number) => encodeBencode(Array.from({ length: count }, () => decodeBencode(one) as never))
  expect(parseMonitorRequest(crypto, one)).toMatchObject({ isList: false, items: [{ kind: 'subscribe' }] })
  expect(parseMonitorRequest(crypto, many(1))).toMatchObject({ isList: true, items: [{ kind: 'subscribe' }] })
  expect(parseMonitorRequest(crypto, many(20)).items).toHaveLength(20)
  for (const wrong of [many(0), many(21), utf8('5:hello'), utf8('li1ee'), utf8('{}'), new Uint8Array()]) {
    expect(parseMonitorRequest(crypto, wrong)).toMatchObject({ isList: false, items: [{ kind: 'refused', code: 1 }] })
  }
  const params = subscription(one)
  expect(encodeMonitorRequest([params, params])).toEqual(many(2))
})

test('a signature is taken for 14 days, and up to a day early', () => {
  const params = subscription(fromHex(requests[0]!.request_bt_hex!))
  for (const [age, code] of [
    [0, 0],
    [days(14), 0],
    [days(14) + 1, 4],
    [-days(1), 0],
    [-days(1) - 1, 4],
  ] as const) {
    expect(refused(params, { age })).toBe(code)
  }
})

test('a signature holds for what was signed only, and a revoked token for what cannot be revoked only', () => {
  const params = subscription(fromHex(requests[2]!.request_bt_hex!))
  const changed = (change: Partial<MonitorParams>) => refused({ ...params, ...change })
  expect(changed({})).toBe(0)
  expect(changed({ withData: !params.withData })).toBe(5)
  expect(changed({ namespaces: [NAMESPACES.messages] })).toBe(5)
  expect(changed({ timestampSeconds: params.timestampSeconds + 1 })).toBe(5)
  expect(changed({ owner: parseOwner(`03${'11'.repeat(32)}`) })).toBe(5)
  expect(refused(params, { isRevoked: true })).toBe(5)
  const sign = (bytes: Uint8Array) => crypto.ed25519Sign(fromHex(SECRETS['subaccount']!) as Ed25519SecretKey, bytes)
  const notices = signMonitor({ ...params, namespaces: [parseNamespace(-11)] }, { ...params.auth, sign })
  expect(refused(notices, { isRevoked: true })).toBe(0)
  const more = signMonitor(
    { ...params, namespaces: [parseNamespace(-11), parseNamespace(11)] },
    { ...params.auth, sign },
  )
  expect(refused(more, { isRevoked: true })).toBe(5)
})

test('a refusal says why, and where the messages are', () => {
  const swarm = {
    swarm: swarmId(255n),
    nodes: [
      {
        nodeId: parseNodeId('ab'.repeat(32)),
        x25519: new Uint8Array(32).fill(7) as X25519PublicKey,
        ip: '192.0.2.1',
        httpsPort: 22_021,
        peerPort: 22_020,
      },
    ],
  }
  const outcomes: MonitorOutcome[] = [
    { kind: 'subscribed' },
    monitorRefusal('signature', 'signature verification failed'),
    { ...monitorRefusal('wrongSwarm', 'not here'), swarm },
  ]
  expect(decodeMonitorAnswer(encodeMonitorAnswer(outcomes, true))).toEqual(outcomes)
  const owner = parseOwner(user.account_id)
  const end = { owner, ...monitorRefusal('wrongSwarm', 'not here'), swarm }
  expect(decodeMonitorEnd(encodeMonitorEnd(end))).toEqual(end)
  const wire = decodeBencode(encodeMonitorAnswer([outcomes[2]!], false)) as ReadonlyMap<string, unknown>
  expect([...wire.keys()]).toEqual(['errcode', 'error', 'snodes', 'swarm'])
})

test('garbage is refused with a code, or is a typed error where it claims to come from a node', () => {
  const whole = fromHex(requests[2]!.request_bt_hex!)
  const property = fc.property(
    fc.nat(whole.length - 1),
    fc.nat(255),
    fc.uint8Array({ maxLength: 40 }),
    (at, byte, bytes) => {
      const altered = whole.slice()
      altered[at] = byte
      for (const payload of [altered, whole.slice(0, at), bytes]) {
        expect(parseMonitorRequest(crypto, payload).items).toHaveLength(1)
        for (const decode of [decodeMonitorAnswer, decodeMonitorPush, decodeMonitorEnd]) {
          try {
            decode(payload)
          } catch (error) {
            expect(error).toMatchObject({ code: 'rpc_result' })
          }
        }
      }
    },
  )
  fc.assert(property, { numRuns: 150 })
})

test('every subscription that can be signed survives its encoding', () => {
  const namespaces = fc.uniqueArray(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1, maxLength: 100 })
  const property = fc.property(namespaces, fc.boolean(), fc.nat(), fc.boolean(), (numbers, withData, t, account) => {
    const secretKey = fromHex(SECRETS[account ? 'user' : 'group']!) as Ed25519SecretKey
    const auth: Omit<Authentication, 'signature'> = {
      signingKey: account ? (secretKey.slice(32) as never) : undefined,
      subaccount: undefined,
    }
    const owner = parseOwner(account ? user.account_id : group.account_id)
    const params = signMonitor(
      { owner, namespaces: numbers.map(parseNamespace), withData, timestampSeconds: t },
      { ...auth, sign: () => new Uint8Array(64).fill(3) as Signature },
    )
    expect(subscription(encodeMonitorRequest(params))).toEqual(params)
  })
  fc.assert(property, { numRuns: 50 })
})
