import { after, test } from 'node:test'
import { fromBase64, toBase64, utf8 } from '@starling/protocol'
import { expect } from 'expect'
import { sortedTexts } from '../storage/sorted.ts'
import { isSigned, Swarm } from '../testing/conformance.ts'
import { type Row, testForms, testRows } from '../testing/conformance-rows.ts'
import { FixtureAccount } from '../testing/fixture.ts'

const swarm = await Swarm.create()
after(() => swarm[Symbol.asyncDispose]())

const alice = swarm.alice
const now = swarm.now
const SECOND = 1000
const DAY = 86_400_000

const CLOCK = 'Timestamp error: check your clock'
const TTL = 'Provided expiry/TTL is not valid.'
const FAR = 'store signature timestamp too far from current time'
const BAD = 'store signature verification failed'
const LONG = 'invalid request: Message body exceeds maximum allowed length of 76800 bytes'

const plain = (change: object = {}) => alice.store(now, 'x', change)
const signed = (namespace: number, change: { timestamp?: number; sig_timestamp?: number; ttl?: number } = {}) =>
  plain({ namespace, ...alice.proof(`store${namespace}${change.sig_timestamp ?? change.timestamp ?? now}`), ...change })

const row = (name: string, params: object, status: number, body: unknown = {}): Row => ({
  name,
  method: 'store',
  params,
  status,
  body,
})
const taken = (name: string, params: object) => row(name, params, 200, { hash: expect.any(String) })
const wrong = (name: string, params: object, detail: string, form?: 'json'): Row => ({
  ...row(name, params, 400, `invalid request: ${detail}`),
  ...(form && { form }),
})

testRows(swarm, [
  wrong('data is base64', plain({ data: 'a-b_' }), "Invalid 'data' value: not base64 encoded", 'json'),
  taken('data has 76 800 bytes at most', plain({ data: toBase64(new Uint8Array(76_800)) })),
  { ...row('data of one byte more is refused', plain({ data: toBase64(new Uint8Array(76_801)) }), 400, LONG) },
  taken('empty data is data', plain({ data: '' })),
  wrong('an expiry or a ttl must be there', plain({ ttl: undefined }), "Required field 'expiry' or 'ttl' missing"),
  wrong('there is not both', plain({ expiry: now + DAY }), "Cannot specify both 'expiry' and 'ttl'"),
  taken('an expiry is as good as a ttl', plain({ ttl: undefined, expiry: now + DAY })),
  taken('pubKey is another name for pubkey', plain({ pubkey: undefined, pubKey: alice.owner })),
  wrong(
    'the two names exclude each other',
    plain({ pubKey: alice.owner }),
    "Cannot specify both 'pubkey' and 'pubKey'",
  ),
  {
    ...taken('timestamp and ttl may be decimal text', plain({ timestamp: String(now), ttl: '86400000' })),
    form: 'json',
  },
  wrong('other text is no time', plain({ timestamp: 'now' }), `Invalid value given for 'timestamp': "now"`, 'json'),
  wrong('other text is no ttl', plain({ ttl: '1e5' }), `Invalid value given for 'ttl': "1e5"`, 'json'),
  wrong('a ttl is not negative', plain({ ttl: -1 }), "Invalid value given for 'ttl': expected positive integer"),
  wrong(
    'a time is whole',
    plain({ timestamp: 0.5 }),
    "Invalid value given for 'timestamp': expected positive integer",
    'json',
  ),
  taken('keys that nobody knows are ignored', plain({ padding: '000', anything: [1] })),
  row(
    'a message time in seconds escapes that check, and fails at the next',
    plain({ timestamp: 1_700_000_000 }),
    406,
    CLOCK,
  ),
])

// The rules of time, at their exact edges.
testRows(swarm, [
  row('a TTL under 10 s is refused', plain({ ttl: 9_999 }), 403, TTL),
  taken('a TTL of 10 s is taken', plain({ ttl: 10_000 })),
  taken('14 days in a public inbox are taken', plain({ ttl: 14 * DAY })),
  row('more than 14 days are refused there', plain({ ttl: 14 * DAY + 1 }), 403, TTL),
  taken('30 days in a private namespace are taken', signed(2, { ttl: 30 * DAY })),
  row('more than 30 days are refused there', signed(2, { ttl: 30 * DAY + 1 }), 403, TTL),
  row('-20 is a public inbox', plain({ namespace: -20, ttl: 14 * DAY + 1 }), 403, TTL),
  taken('-21 is a private namespace', signed(-21, { ttl: 30 * DAY })),
  row('a lifetime is that of expiry and timestamp', plain({ ttl: undefined, expiry: now + 9_999 }), 403, TTL),
  taken('a message from 10 s in the future is taken', plain({ timestamp: now + 10 * SECOND })),
  row('one from later is refused', plain({ timestamp: now + 10 * SECOND + 1 }), 406, CLOCK),
  taken('a message that expired 10 s ago is taken', plain({ timestamp: now - 40 * SECOND, ttl: 30_000 })),
  row('one that expired earlier is refused', plain({ timestamp: now - 40 * SECOND, ttl: 29_999 }), 406, CLOCK),
  taken('an old message is taken, if it has not expired', plain({ timestamp: now - 13 * DAY, ttl: 14 * DAY })),
  taken('a signature from 60 s ago holds', signed(2, { sig_timestamp: now - 60_000 })),
  row('one from earlier does not', signed(2, { sig_timestamp: now - 60_001 }), 406, FAR),
  taken('a signature from 60 s in the future holds', signed(2, { sig_timestamp: now + 60_000 })),
  row('one from later does not', signed(2, { sig_timestamp: now + 60_001 }), 406, FAR),
  row('without a time of its own the message time is signed', signed(2, { timestamp: now - 60_001 }), 406, FAR),
  taken('with one, the message may be older', signed(2, { timestamp: now - DAY, ttl: 2 * DAY, sig_timestamp: now })),
])

// What needs a signature.
const isPublic = [0, 10, 400, 32_760, -10, -20, -1230]
const isPrivate = [1, 2, 3, 4, 5, 11, 12, 13, 14, 32_767, -1, -11, -21, -111, -32_768]
testRows(swarm, [
  ...isPublic.map((namespace) => taken(`anybody may store in namespace ${namespace}`, plain({ namespace }))),
  ...isPrivate.map((namespace) =>
    row(
      `namespace ${namespace} wants a signature`,
      plain({ namespace }),
      401,
      `store: signature required to store to namespace ${namespace}`,
    ),
  ),
  ...isPrivate.map((namespace) => taken(`the owner may store in namespace ${namespace}`, signed(namespace))),
  taken('a signature in a public inbox is not looked at', plain({ ...alice.proof('anything') })),
  wrong(
    'but it is read',
    plain({ ...alice.proof('x'), signature: 'x' }),
    'invalid signature: expected base64 encoded Ed25519 signature',
  ),
  row('a signature for another namespace is refused', { ...signed(2), namespace: 3 }, 401, BAD),
  row('a signature of another method is refused', plain({ namespace: 2, ...alice.proof(`retrieve2${now}`) }), 401, BAD),
  row(
    'nothing is ever stored in namespace -3741',
    signed(-3741),
    403,
    'store: nothing can be stored in namespace -3741',
  ),
])

// Each row is wrong in two ways: the earlier check is the one that answers.
const stranger = new FixtureAccount(3)
for (let seed = 4; isOurs(stranger.owner); seed++) Object.assign(stranger, new FixtureAccount(seed))
function isOurs(owner: string): boolean {
  return swarm.node.node.keeper.view.snapshot!.isMember(swarm.node.nodeId, Buffer.from(owner, 'hex').subarray(1))
}
testRows(swarm, [
  wrong(
    'parameters come before the swarm',
    stranger.store(now, 'x', { data: 5 }),
    "Invalid value given for 'data': expected string",
  ),
  row('the swarm comes before the TTL', stranger.store(now, 'x', { ttl: 1 }), 421, { swarm: expect.any(String) }),
  row('the TTL comes before the clock', plain({ timestamp: now + DAY, ttl: 1 }), 403, TTL),
  row('the clock comes before the need for a signature', plain({ timestamp: now + DAY, namespace: 2 }), 406, CLOCK),
  row(
    'the need for a signature comes before its time',
    plain({ namespace: 2, sig_timestamp: now - DAY }),
    401,
    'store: signature required to store to namespace 2',
  ),
  row(
    'the time of a signature comes before the signature',
    plain({ namespace: 2, ...alice.proof('x'), sig_timestamp: now - DAY }),
    406,
    FAR,
  ),
])

test('store: another swarm is named as get_swarm names it', async () => {
  const named = await swarm.ask('get_swarm', { pubkey: stranger.owner })
  expect(await swarm.ask('store', stranger.store(now))).toEqual({ status: 421, body: named.body })
})

testForms('store: every member keeps the message and signs its hash', async (swarm, form) => {
  const { status, body } = await swarm.ask('store', alice.store(swarm.now, 'hello'), form)
  const { hash } = body
  expect({ status, body }).toEqual({ status: 200, body: { hash, t: swarm.now, hf: [19, 4], swarm: body.swarm } })
  expect(sortedTexts(Object.keys(body.swarm))).toEqual(sortedTexts(swarm.members.map(({ nodeId }) => nodeId)))
  for (const member of swarm.members) {
    const { signature, ...entry } = body.swarm[member.nodeId]
    const time = member === swarm.node ? { t: swarm.now } : {}
    expect(entry).toEqual({ hash, expiry: swarm.now + DAY, ...time })
    expect(isSigned(member, hash, signature)).toBe(true)
    const { body: kept } = await swarm.ask('retrieve', alice.retrieve(swarm.now), form, member)
    expect(kept.messages).toEqual([
      { hash, timestamp: swarm.now, expiration: swarm.now + DAY, data: toBase64(utf8('hello')) },
    ])
  }
})

testForms('store: what is there already is not stored again, but may live longer', async (swarm, form) => {
  const store = (ttl: number) => swarm.ask('store', alice.store(swarm.now, 'hello', { ttl }), form)
  const entries = async (ttl: number) => Object.values((await store(ttl)).body.swarm) as { already?: boolean }[]
  for (const entry of await entries(2 * DAY)) expect(entry).not.toHaveProperty('already')
  for (const entry of await entries(DAY)) expect(entry).toMatchObject({ already: true, expiry: swarm.now + 2 * DAY })
  for (const entry of await entries(3 * DAY))
    expect(entry).toMatchObject({ already: true, expiry: swarm.now + 3 * DAY })
  expect((await swarm.ask('retrieve', alice.retrieve(swarm.now), form)).body.messages).toHaveLength(1)
})

testForms('store: the hash is of owner, namespace and data alone', async (swarm, form) => {
  const hash = async (change: object) =>
    (await swarm.ask('store', alice.store(swarm.now, 'hello', change), form)).body.hash
  const plain = await hash({})
  expect(fromBase64(plain)).toHaveLength(32)
  expect(await hash({ timestamp: swarm.now - 5, ttl: 20_000 })).toBe(plain)
  expect(await hash({ namespace: 10 })).not.toBe(plain)
  expect(await hash({ data: toBase64(utf8('hello!')) })).not.toBe(plain)
})

testForms('store: an outbox keeps one message, the newest by its own time', async (swarm, form) => {
  const store = (text: string, timestamp: number) =>
    swarm.ask('store', alice.store(timestamp, text, { namespace: -1, ...alice.proof(`store-1${timestamp}`) }), form)
  for (const [text, age] of [
    ['one', 3],
    ['two', 1],
    ['three', 2],
  ] as const) {
    expect((await store(text, swarm.now - age)).status).toBe(200)
  }
  for (const member of swarm.members) {
    const { body } = await swarm.ask('retrieve', { pubkey: alice.owner, namespace: -1 }, form, member)
    expect(body.messages.map(({ data }: { data: string }) => Buffer.from(data, 'base64').toString())).toEqual(['two'])
  }
})
