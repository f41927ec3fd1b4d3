import { after, test } from 'node:test'
import { NAMESPACES, parseMessageHash, parseOwner, unixMillis } from '@starling/protocol'
import { expect } from 'expect'
import { type Form, HASH, Swarm } from '../testing/conformance.ts'
import { type Row, testForms, testRows } from '../testing/conformance-rows.ts'

const swarm = await Swarm.create()
after(() => swarm[Symbol.asyncDispose]())

const alice = swarm.alice
const now = swarm.now
const FAR = 'retrieve timestamp too far from current time'
const EMPTY = { messages: [], more: false, t: now, hf: [19, 4] }

const signed = (change: object = {}) => ({ ...alice.retrieve(now), ...change })
const at = (time: number) => alice.retrieve(time)
const row = (name: string, params: object, status: number, body: unknown): Row => ({
  name,
  method: 'retrieve',
  params,
  status,
  body,
})
const given = (name: string, params: object) => row(name, params, 200, EMPTY)
const wrong = (name: string, params: object, detail: string) => row(name, params, 400, `invalid request: ${detail}`)
const NO_SIGNATURE = "Required field 'signature' missing"

testRows(swarm, [
  given('an account without messages has an empty list', signed()),
  given('pubKey is another name for pubkey', signed({ pubkey: undefined, pubKey: alice.owner })),
  wrong(
    'the two names exclude each other',
    signed({ pubKey: alice.owner }),
    "Cannot specify both 'pubkey' and 'pubKey'",
  ),
  given('namespace 0 may be named, and is signed as nothing', signed({ namespace: 0 })),
  row(
    'with nothing given, a signature is wanted',
    { pubkey: alice.owner },
    401,
    'retrieve: request signature required',
  ),
  wrong('a private namespace wants one', { pubkey: alice.owner, namespace: 2 }, NO_SIGNATURE),
  wrong('namespace 0 wants one when it is named', { pubkey: alice.owner, namespace: 0 }, NO_SIGNATURE),
  wrong('who gives a time has to sign it', { pubkey: alice.owner, timestamp: now }, NO_SIGNATURE),
  wrong('who gives a key has to sign', { pubkey: alice.owner, pubkey_ed25519: alice.signingKey }, NO_SIGNATURE),
  wrong('who signs has to give the time', signed({ timestamp: undefined }), "Required field 'timestamp' missing"),
  ...[-1, -21, -981, -10].map((namespace) =>
    given(`anybody may read namespace ${namespace}`, { pubkey: alice.owner, namespace }),
  ),
  ...[-2, -11, -20, 10, 11].map((namespace) =>
    wrong(`not everybody may read namespace ${namespace}`, { pubkey: alice.owner, namespace }, NO_SIGNATURE),
  ),
  row(
    'a signature that is given where none is needed is verified',
    { ...alice.proof('x'), namespace: -1, timestamp: now },
    401,
    'retrieve signature verification failed',
  ),
  row(
    'a signature for another namespace is refused',
    signed({ namespace: 2 }),
    401,
    'retrieve signature verification failed',
  ),
  given('namespace -3741 is always empty', { pubkey: alice.owner, namespace: -3741 }),
  given('a signature from 60 s ago holds', at(now - 60_000)),
  row('one from earlier does not', at(now - 60_001), 406, FAR),
  given('a signature from 60 s in the future holds', at(now + 60_000)),
  row('one from later does not', at(now + 60_001), 406, FAR),
  row('the time comes before the signature', { ...at(now - 60_001), signature: alice.sign('x') }, 406, FAR),
  given('an unknown last_hash is the beginning', signed({ last_hash: HASH })),
  given('an empty one too', signed({ last_hash: '' })),
  given('lastHash is another name for it', signed({ lastHash: HASH })),
  wrong(
    'the two exclude each other',
    signed({ lastHash: HASH, last_hash: HASH }),
    "Cannot specify both 'last_hash' and 'lastHash'",
  ),
  wrong('a last_hash has 43 characters', signed({ last_hash: 'abc' }), 'Invalid last_hash: expected base64 (43 chars)'),
  wrong('a last_hash is base64', signed({ last_hash: `*${HASH.slice(1)}` }), 'Invalid last_hash: not base64'),
  wrong('max_count is a number', signed({ max_count: '1' }), "Invalid value given for 'max_count': expected integer"),
  wrong('max_size is a number', signed({ max_size: '1' }), "Invalid value given for 'max_size': expected integer"),
  wrong(
    'reverse_direction is true or false',
    signed({ reverse_direction: 'yes' }),
    "Invalid value given for 'reverse_direction': expected boolean",
  ),
  given('keys that nobody knows are ignored', signed({ maxSize: 1, pubkeyEd25519: 'x' })),
])

/** The texts that an answer has, and whether there is more. */
async function page(from: Swarm, form: Form, change: object): Promise<[texts: string[], more: boolean]> {
  const { status, body } = await from.ask('retrieve', { ...from.alice.retrieve(from.now), ...change }, form)
  if (status !== 200) throw new Error(String(body))
  const texts = body.messages.map(({ data }: { data: string }) => Buffer.from(data, 'base64').toString().slice(0, 1))
  return [texts, body.more]
}

/** 10 messages that cost 1,143 bytes each of a budget: `a` to `j`. */
const LETTERS = [...'abcdefghij']
const SIZED = LETTERS.map((letter) => letter + ' '.repeat(749))
const COST = 1143

const pages: readonly [name: string, change: object, texts: string, more: boolean][] = [
  ['without limits everything comes', {}, 'abcdefghij', false],
  ['0 is no limit', { max_count: 0, max_size: 0 }, 'abcdefghij', false],
  ['max_count is how many come at most', { max_count: 3 }, 'abc', true],
  ['exactly as many leave nothing', { max_count: 10 }, 'abcdefghij', false],
  ['max_size is what they may cost', { max_size: 3 * COST }, 'abc', true],
  ['one byte less is one message less', { max_size: 3 * COST - 1 }, 'ab', true],
  ['exactly their cost leaves nothing', { max_size: 10 * COST }, 'abcdefghij', false],
  ['one message comes whatever it costs', { max_size: 1 }, 'a', true],
  ['a negative max_size is a part of 7 800 000', { max_size: -1706 }, 'abcd', true],
  ['a smaller part is less', { max_size: -1707 }, 'abc', true],
  ['both limits hold', { max_count: 5, max_size: 2 * COST }, 'ab', true],
  ['and the other way round', { max_count: 1, max_size: 2 * COST }, 'a', true],
  ['max_count alone lifts the default budget', { max_count: 10 }, 'abcdefghij', false],
  ['in reverse the newest comes first', { reverse_direction: true }, 'jihgfedcba', false],
  ['in reverse the limits count from there', { reverse_direction: true, max_count: 2 }, 'ji', true],
]

testForms('retrieve: budgets, counts and directions', async (swarm, form) => {
  const hashes = await swarm.store(SIZED)
  for (const [name, change, texts, more] of pages) {
    expect([name, ...(await page(swarm, form, change))]).toEqual([name, [...texts], more])
  }
  const after = (index: number, change: object = {}) => page(swarm, form, { last_hash: hashes[index], ...change })
  expect(await after(2)).toEqual([[...'defghij'], false])
  expect(await after(9)).toEqual([[], false])
  expect(await after(2, { max_count: 2 })).toEqual([['d', 'e'], true])
  expect(await after(2, { reverse_direction: true })).toEqual([['b', 'a'], false])
  expect(await after(0, { reverse_direction: true })).toEqual([[], false])
})

testForms('retrieve: page by page, everything comes once, in the order of arrival', async (swarm, form) => {
  await swarm.store(SIZED)
  for (const isReverse of [false, true]) {
    const seen: string[] = []
    let last: string | undefined
    for (let more = true; more; ) {
      const params = {
        ...swarm.alice.retrieve(swarm.now),
        max_count: 3,
        reverse_direction: isReverse,
        ...(last && { last_hash: last }),
      }
      const { body } = await swarm.ask('retrieve', params, form)
      for (const { data } of body.messages) seen.push(Buffer.from(data, 'base64').toString().slice(0, 1))
      last = body.messages.at(-1).hash
      more = body.more
    }
    expect(seen).toEqual(isReverse ? LETTERS.toReversed() : LETTERS)
  }
})

testForms('retrieve: the default budget is a fifth, and max_size -1 all of it', async (swarm, form) => {
  const texts = [...'abcdefghijklmnop'].map((letter) => letter + ' '.repeat(76_799))
  await swarm.store(texts)
  const cost = 100 + 43 + Math.floor((4 * 76_800) / 3)
  const fits = Math.floor(1_560_000 / cost)
  expect((await page(swarm, form, {}))[0]).toHaveLength(fits)
  expect(fits).toBeLessThan(texts.length)
  expect(await page(swarm, form, { max_size: -1 })).toEqual([texts.map((text) => text[0]), false])
  expect((await page(swarm, form, { max_size: 99_999_999 }))[0]).toHaveLength(texts.length)
})

test('retrieve: namespaces are apart', async () => {
  await using swarm = await Swarm.create()
  await swarm.store(['zero'])
  await swarm.store(['ten'], { namespace: 10 })
  const read = async (namespace: number) => {
    const { body } = await swarm.ask('retrieve', swarm.alice.retrieve(swarm.now, { namespace }))
    return body.messages.map(({ data }: { data: string }) => Buffer.from(data, 'base64').toString())
  }
  expect(await read(0)).toEqual(['zero'])
  expect(await read(10)).toEqual(['ten'])
  expect(await read(20)).toEqual([])
})

test('retrieve: namespace -3741 is empty, whatever another member may have handed over', async () => {
  await using swarm = await Swarm.create()
  const [hash] = await swarm.store(['x'])
  const [message] = (
    await swarm.node.store.retrieve({
      owner: parseOwner(swarm.alice.owner),
      namespace: NAMESPACES.messages,
      now: unixMillis(swarm.now),
      sizeBudget: 1,
      countLimit: 1,
    })
  ).messages
  await swarm.node.store.put({ ...message!, hash: parseMessageHash(HASH), namespace: NAMESPACES.testing })
  const { body } = await swarm.ask('retrieve', { pubkey: swarm.alice.owner, namespace: -3741 })
  expect(body).toEqual({ messages: [], more: false, t: swarm.now, hf: [19, 4] })
  expect(message!.hash).toBe(hash)
})

test('retrieve: what has expired does not come', async () => {
  await using swarm = await Swarm.create()
  await swarm.store(['short'], { ttl: 10_000 })
  await swarm.store(['long'], { ttl: 20_000 })
  expect(await page(swarm, 'json', {})).toEqual([['s', 'l'], false])
  for (const { clock } of swarm.members) clock.offset = 10_000 as never
  const { body } = await swarm.ask('retrieve', swarm.alice.retrieve(swarm.now + 10_000))
  expect(body.messages).toHaveLength(1)
})

const expiriesRow = (name: string, time: number, status: number, body: unknown): Row => ({
  name,
  method: 'get_expiries',
  params: { ...alice.proof(`get_expiries${time}${HASH}`), messages: [HASH], timestamp: time },
  status,
  body,
})
const FAR_EXPIRIES = 'get_expiries timestamp too far from current time'
testRows(swarm, [
  expiriesRow('unknown hashes are left out', now, 200, { expiries: {} }),
  expiriesRow('a signature from 60 s ago holds', now - 60_000, 200, { expiries: {} }),
  expiriesRow('one from earlier does not', now - 60_001, 406, FAR_EXPIRIES),
  expiriesRow('a signature from 60 s in the future holds', now + 60_000, 200, { expiries: {} }),
  expiriesRow('one from later does not', now + 60_001, 406, FAR_EXPIRIES),
  {
    name: 'what is no hash is unknown',
    method: 'get_expiries',
    params: { ...alice.proof(`get_expiries${now}x`), messages: 'x', timestamp: now },
    status: 200,
    body: { expiries: {} },
  },
])

testForms(
  'get_expiries: the answer has the expiries of what is there, and neither time nor fork',
  async (swarm, form) => {
    const hashes = await swarm.store(['a', 'b'])
    const asked = [hashes[1], HASH, hashes[0]]
    const proof = swarm.alice.proof(`get_expiries${swarm.now}${asked.join('')}`)
    expect(await swarm.ask('get_expiries', { ...proof, messages: asked, timestamp: swarm.now }, form)).toEqual({
      status: 200,
      body: { expiries: Object.fromEntries(hashes.map((hash) => [hash, swarm.now + 86_400_000])) },
    })
  },
)
