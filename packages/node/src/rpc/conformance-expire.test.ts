import { after } from 'node:test'
import { expect } from 'expect'
import { sortedTexts } from '../storage/sorted.ts'
import { type Form, HASH, isSigned, Swarm } from '../testing/conformance.ts'
import { type Row, testForms, testRows } from '../testing/conformance-rows.ts'

const swarm = await Swarm.create()
after(() => swarm[Symbol.asyncDispose]())

const alice = swarm.alice
const now = swarm.now
const DAY = 86_400_000
const row = (method: string, name: string, params: object, status: number, body: unknown = {}): Row => ({
  name,
  method,
  params,
  status,
  body,
})
const wrong = (method: string, name: string, params: object, detail: string) =>
  row(method, name, params, 400, `invalid request: ${detail}`)

const OTHER = 'jbomlH0eYypUNyU6i7qvpD6wx42oI+9Gt1MJDpe9YZ8'
const PAST = 'expire: timestamp should be >= current time'
const ALL_PAST = 'expire_all timestamp should be >= current time'
const BAD = 'expire: signature verification failed'

type Expiry = number | readonly number[]
const expire = (expiry: Expiry, change: object = {}, word = '', messages: readonly string[] = [HASH]) => ({
  ...alice.proof(`expire${word}${[expiry].flat().join('')}${messages.join('')}`),
  messages,
  expiry,
  ...change,
})
const all = (expiry: number, change: object = {}, word = '') => ({
  ...alice.proof(`expire_all${word}${expiry}`),
  expiry,
  ...change,
})

testRows(swarm, [
  row('expire', 'an expiry 60 s ago is taken', expire(now - 60_000), 200),
  row('expire', 'an earlier one is refused', expire(now - 60_001), 401, PAST),
  row('expire', 'one of several is enough', expire([now + DAY, now - 60_001], {}, '', [HASH, OTHER]), 401, PAST),
  row('expire', 'the time comes before the signature', expire(now - 60_001, { signature: alice.sign('x') }), 401, PAST),
  row('expire', 'a list of one is as good as a number', expire([now + DAY]), 200),
  row('expire', 'several are taken, one for each hash', expire([now + DAY, now + 2 * DAY], {}, '', [HASH, OTHER]), 200),
  wrong(
    'expire',
    'there are as many as hashes',
    expire([now, now], {}),
    "'expiry' must be a single expiry, or the same length as 'messages'",
  ),
  wrong('expire', 'there is at least one', expire([]), "'expiry' does not contain any expiration timestamps"),
  wrong(
    'expire',
    'it either shortens or extends',
    expire(now, { shorten: true, extend: true }),
    "cannot specify both 'shorten' and 'extend'",
  ),
  wrong(
    'expire',
    'shorten is true or false',
    expire(now, { shorten: 'x' }),
    "Invalid value given for 'shorten': expected boolean",
  ),
  wrong(
    'expire',
    'extend is true or false',
    expire(now, { extend: 'x' }),
    "Invalid value given for 'extend': expected boolean",
  ),
  row('expire', 'shorten is signed', expire(now + DAY, { shorten: true }, 'shorten'), 200),
  row('expire', 'extend is signed', expire(now + DAY, { extend: true }, 'extend'), 200),
  row('expire', 'shorten that was not signed is refused', expire(now + DAY, { shorten: true }), 401, BAD),
  row('expire', 'a word that was signed and is not there is refused', expire(now + DAY, {}, 'extend'), 401, BAD),
  row('expire', 'a key with another name is no word', expire(now + DAY, { extends: true }, 'extend'), 401, BAD),
  row('expire', 'false is as good as nothing', expire(now + DAY, { shorten: false, extend: false }), 200),
  row('expire', 'what is signed is what was asked, however far it is', expire(now + 400 * DAY), 200),
  row('expire_all', 'an expiry 60 s ago is taken', all(now - 60_000), 200),
  row('expire_all', 'an earlier one is refused', all(now - 60_001), 406, ALL_PAST),
  row(
    'expire_all',
    'the time comes before the signature',
    all(now - 60_001, { signature: alice.sign('x') }),
    406,
    ALL_PAST,
  ),
  row('expire_all', 'a far one is taken, and does nothing', all(now + 400 * DAY), 200),
  row('expire_all', 'a namespace is signed as its number', all(now, { namespace: 2 }, '2'), 200),
  row('expire_all', 'namespace 0 is signed as nothing', all(now, { namespace: 0 }), 200),
  row('expire_all', 'all namespaces are signed as the word', all(now, { namespace: 'all' }, 'all'), 200),
  row(
    'expire_all',
    'a signature for one namespace does not hold for all',
    all(now, { namespace: 'all' }),
    401,
    'expire_all signature verification failed',
  ),
])

/** The entries of all members, without their signatures, which are verified. */
async function entries(
  swarm: Swarm,
  form: Form,
  request: { method: string; params: object; signed: (entry: Record<string, unknown>) => string },
): Promise<Record<string, unknown>[]> {
  const { status, body } = await swarm.ask(request.method, request.params, form)
  expect({ status, t: body.t, hf: body.hf }).toEqual({ status: 200, t: swarm.now, hf: [19, 4] })
  return swarm.members.map((member) => {
    const { signature, ...entry } = body.swarm[member.nodeId]
    expect(isSigned(member, `${swarm.alice.owner}${request.signed(entry)}`, signature)).toBe(true)
    return entry
  })
}

const thrice = <T>(entry: T) => [entry, entry, entry]

/** What `expire` members sign: expiries, asked hashes, updated ones, and each unchanged one with its expiry. */
const signedOf = (asked: readonly string[]) => (entry: Record<string, unknown>) => {
  const {
    expiry,
    updated,
    unchanged = {},
  } = entry as {
    expiry: Expiry
    updated: string[]
    unchanged?: Record<string, number>
  }
  const rest = sortedTexts(Object.keys(unchanged)).map((hash) => `${hash}${unchanged[hash]}`)
  return `${[expiry].flat().join('')}${asked.join('')}${updated.join('')}${rest.join('')}`
}

testForms('expire: one expiry is set for all that exist, earlier or later', async (swarm, form) => {
  const hashes = await swarm.store(['a', 'b'])
  for (const until of [swarm.now + 5 * DAY, swarm.now + 5_000]) {
    const asked = [HASH, ...hashes]
    const params = expire(until, {}, '', asked)
    const expected = { expiry: until, updated: sortedTexts(hashes) }
    expect(await entries(swarm, form, { method: 'expire', params, signed: signedOf(asked) })).toEqual(thrice(expected))
  }
})

testForms('expire: several expiries are answered in the order of the sorted hashes', async (swarm, form) => {
  const hashes = await swarm.store(['a', 'b', 'c'])
  const expiries = [1, 2, 3].map((days) => swarm.now + days * DAY + 5)
  const asked = [HASH, ...hashes]
  const params = expire([swarm.now, ...expiries], {}, '', asked)
  const sorted = sortedTexts(hashes)
  const expected = { expiry: sorted.map((hash) => expiries[hashes.indexOf(hash)]), updated: sorted }
  expect(await entries(swarm, form, { method: 'expire', params, signed: signedOf(asked) })).toEqual(thrice(expected))
})

testForms('expire: extend never shortens, and says what stays', async (swarm, form) => {
  const [short, long] = [await swarm.store(['a'], { ttl: DAY }), await swarm.store(['b'], { ttl: 3 * DAY })].flat() as [
    string,
    string,
  ]
  const until = swarm.now + 2 * DAY
  const asked = [long, short, HASH]
  const params = expire(until, { extend: true }, 'extend', asked)
  expect(await entries(swarm, form, { method: 'expire', params, signed: signedOf(asked) })).toEqual(
    thrice({ expiry: until, updated: [short], unchanged: { [long]: swarm.now + 3 * DAY } }),
  )
})

testForms('expire: shorten never extends, and says what stays', async (swarm, form) => {
  const [short, long] = [await swarm.store(['a'], { ttl: DAY }), await swarm.store(['b'], { ttl: 3 * DAY })].flat() as [
    string,
    string,
  ]
  const until = swarm.now + 2 * DAY
  const asked = [long, short]
  const params = expire(until, { shorten: true }, 'shorten', asked)
  expect(await entries(swarm, form, { method: 'expire', params, signed: signedOf(asked) })).toEqual(
    thrice({ expiry: until, updated: [long], unchanged: { [short]: swarm.now + DAY } }),
  )
})

testForms('expire: nothing lives longer than 30 days from now', async (swarm, form) => {
  const hashes = await swarm.store(['a'])
  const params = expire(swarm.now + 31 * DAY, {}, '', hashes)
  expect(await entries(swarm, form, { method: 'expire', params, signed: signedOf(hashes) })).toEqual(
    thrice({ expiry: swarm.now + 30 * DAY, updated: hashes }),
  )
})

const signedAll =
  (expiry: number) =>
  ({ updated }: Record<string, unknown>) =>
    `${expiry}${sortedTexts<string>(Array.isArray(updated) ? updated : Object.values(updated as object).flat()).join('')}`

testForms('expire_all: only what would live longer is shortened, in one namespace', async (swarm, form) => {
  const [, long] = [await swarm.store(['a'], { ttl: DAY }), await swarm.store(['b'], { ttl: 3 * DAY })]
  await swarm.store(['c'], { namespace: 10, ttl: 3 * DAY })
  const until = swarm.now + 2 * DAY
  const request = { method: 'expire_all', params: all(until), signed: signedAll(until) }
  expect(await entries(swarm, form, request)).toEqual(thrice({ updated: long }))
  expect(await entries(swarm, form, request)).toEqual(thrice({ updated: [] }))
})

testForms('expire_all: of all namespaces the hashes are listed by namespace', async (swarm, form) => {
  const zero = await swarm.store(['a', 'b'], { ttl: 3 * DAY })
  const ten = await swarm.store(['c'], { namespace: 10, ttl: 3 * DAY })
  const until = swarm.now + 2 * DAY
  const request = { method: 'expire_all', params: all(until, { namespace: 'all' }, 'all'), signed: signedAll(until) }
  expect(await entries(swarm, form, request)).toEqual(thrice({ updated: { 0: sortedTexts(zero), 10: ten } }))
})
