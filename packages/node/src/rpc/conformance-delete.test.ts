import { after } from 'node:test'
import { expect } from 'expect'
import { sortedTexts } from '../storage/sorted.ts'
import { type Form, HASH, isSigned, Swarm } from '../testing/conformance.ts'
import { type Row, testForms, testRows } from '../testing/conformance-rows.ts'
import { texts } from '../testing/fixture.ts'

const swarm = await Swarm.create()
after(() => swarm[Symbol.asyncDispose]())

const alice = swarm.alice
const now = swarm.now
const row = (method: string, name: string, params: object, status: number, body: unknown = {}): Row => ({
  name,
  method,
  params,
  status,
  body,
})

const all = (time: number, change: object = {}) => ({ ...alice.proof(`delete_all${time}`), timestamp: time, ...change })
const before = (time: number, change: object = {}) => ({
  ...alice.proof(`delete_before${time}`),
  before: time,
  ...change,
})
const FAR = 'delete_all timestamp too far from current time'
const FUTURE = 'delete_before timestamp too far in the future'
const ones = { ...alice.proof(`delete${HASH}`), messages: [HASH] }

testRows(swarm, [
  row('delete', 'a signature covers no time, so it holds for ever', ones, 200),
  row('delete', 'a single hash needs no list', { ...ones, messages: HASH }, 200),
  row(
    'delete',
    'the order of the hashes is signed',
    { ...alice.proof(`delete${HASH}${'A'.repeat(43)}`), messages: ['A'.repeat(43), HASH] },
    401,
    'delete_msgs signature verification failed',
  ),
  row('delete', 'required and nothing there is 404 with the answer', { ...ones, required: true }, 404, {
    swarm: {},
    t: now,
  }),
  row('delete', 'not required is 200', { ...ones, required: false }, 200),
  row('delete', 'required is not signed', { ...ones, required: true }, 404),
  row('delete_all', 'a signature from 60 s ago holds', all(now - 60_000), 200),
  row('delete_all', 'one from earlier does not', all(now - 60_001), 406, FAR),
  row('delete_all', 'a signature from 60 s in the future holds', all(now + 60_000), 200),
  row('delete_all', 'one from later does not', all(now + 60_001), 406, FAR),
  row('delete_all', 'the time comes before the signature', all(now - 60_001, { signature: alice.sign('x') }), 406, FAR),
  row('delete_all', 'namespace 0 is signed as nothing', all(now, { namespace: 0 }), 200),
  row(
    'delete_all',
    'another namespace is signed as its number',
    { ...alice.proof(`delete_all-10${now}`), timestamp: now, namespace: -10 },
    200,
  ),
  row(
    'delete_all',
    'all namespaces are signed as the word',
    { ...alice.proof(`delete_allall${now}`), timestamp: now, namespace: 'all' },
    200,
  ),
  row(
    'delete_all',
    'a signature for one namespace does not hold for all',
    all(now, { namespace: 'all' }),
    401,
    'delete_all signature verification failed',
  ),
  row('delete_before', 'a time long ago is taken', before(now - 1_000_000_000), 200),
  row('delete_before', 'a time 60 s in the future is taken', before(now + 60_000), 200),
  row('delete_before', 'a later one is refused', before(now + 60_001), 401, FUTURE),
  row(
    'delete_before',
    'the time comes before the signature',
    before(now + 60_001, { signature: alice.sign('x') }),
    401,
    FUTURE,
  ),
  row(
    'delete_before',
    'a namespace is signed as its number',
    { ...alice.proof(`delete_before2${now}`), before: now, namespace: 2 },
    200,
  ),
  row(
    'delete_before',
    'all namespaces are signed as the word',
    { ...alice.proof(`delete_beforeall${now}`), before: now, namespace: 'all' },
    200,
  ),
  row(
    'delete_before',
    'a signature for one namespace does not hold for all',
    before(now, { namespace: 'all' }),
    401,
    'delete_before signature verification failed',
  ),
])

/** Every member's entry, after its signature of `signed` and what was deleted, sorted, was verified. */
async function entries(
  swarm: Swarm,
  form: Form,
  request: { method: string; params: object; signed: string },
): Promise<unknown[]> {
  const { status, body } = await swarm.ask(request.method, request.params, form)
  expect({ status, t: body.t, hf: body.hf }).toEqual({ status: 200, t: swarm.now, hf: [19, 4] })
  return swarm.members.map((member) => {
    const { signature, deleted, ...rest } = body.swarm[member.nodeId]
    expect(rest).toEqual({})
    const sorted = sortedTexts<string>(Array.isArray(deleted) ? deleted : Object.values(deleted).flat())
    expect(isSigned(member, `${swarm.alice.owner}${request.signed}${sorted.join('')}`, signature)).toBe(true)
    return deleted
  })
}

const thrice = (deleted: unknown) => [deleted, deleted, deleted]
const kept = async (swarm: Swarm, namespace = 0) =>
  Promise.all(swarm.members.map((member) => texts(member, swarm.alice, namespace)))

testForms(
  'delete: every member deletes what it has of it, and signs what was asked and what was there',
  async (swarm, form) => {
    const hashes = await swarm.store(['a', 'b', 'c'])
    const asked = [hashes[2]!, HASH, hashes[0]!]
    const params = { ...swarm.alice.proof(`delete${asked.join('')}`), messages: asked }
    const there = sortedTexts([hashes[0]!, hashes[2]!])
    expect(await entries(swarm, form, { method: 'delete', params, signed: asked.join('') })).toEqual(thrice(there))
    expect(await kept(swarm)).toEqual(thrice(['b']))
    expect(await entries(swarm, form, { method: 'delete', params, signed: asked.join('') })).toEqual(thrice([]))
    expect(await swarm.ask('delete', { ...params, required: true }, form)).toMatchObject({ status: 404 })
  },
)

testForms('delete: the owner can store the same message again', async (swarm, form) => {
  const hashes = await swarm.store(['a'])
  await swarm.ask('delete', { ...swarm.alice.proof(`delete${hashes[0]}`), messages: hashes }, form)
  const { body } = await swarm.ask('store', swarm.alice.store(swarm.now, 'a'), form, swarm.members[1])
  for (const { nodeId } of swarm.members) expect(body.swarm[nodeId]).not.toHaveProperty('already')
  expect(await kept(swarm)).toEqual(thrice(['a']))
})

testForms('delete_all: one namespace is emptied, and its hashes are listed', async (swarm, form) => {
  const hashes = await swarm.store(['a', 'b'])
  await swarm.store(['c'], { namespace: 10 })
  const params = { ...swarm.alice.proof(`delete_all${swarm.now}`), timestamp: swarm.now }
  const request = { method: 'delete_all', params, signed: String(swarm.now) }
  expect(await entries(swarm, form, request)).toEqual(thrice(sortedTexts(hashes)))
  expect(await kept(swarm)).toEqual(thrice([]))
  expect(await kept(swarm, 10)).toEqual(thrice(['c']))
})

testForms('delete_all: of all namespaces the hashes are listed by namespace', async (swarm, form) => {
  const zero = await swarm.store(['a', 'b'])
  const ten = await swarm.store(['c'], { namespace: 10 })
  const legacy = await swarm.store(['d'], { namespace: -10 })
  const params = { ...swarm.alice.proof(`delete_allall${swarm.now}`), timestamp: swarm.now, namespace: 'all' }
  const request = { method: 'delete_all', params, signed: String(swarm.now) }
  expect(await entries(swarm, form, request)).toEqual(thrice({ 0: sortedTexts(zero), 10: ten, '-10': legacy }))
  expect(await entries(swarm, form, request)).toEqual(thrice({}))
  for (const namespace of [0, 10, -10]) expect(await kept(swarm, namespace)).toEqual(thrice([]))
})

testForms("delete_before: a message goes by its sender's time, which may be the named one", async (swarm, form) => {
  const { alice, now } = swarm
  const hashes: string[] = []
  for (const [text, age] of [
    ['old', 2],
    ['same', 1],
    ['new', 0],
  ] as const) {
    hashes.push((await swarm.ask('store', alice.store(now - age, text), form)).body.hash)
  }
  const params = { ...alice.proof(`delete_before${now - 1}`), before: now - 1 }
  const request = { method: 'delete_before', params, signed: String(now - 1) }
  expect(await entries(swarm, form, request)).toEqual(thrice(sortedTexts(hashes.slice(0, 2))))
  expect(await kept(swarm)).toEqual(thrice(['new']))
})

testForms('delete_before: of all namespaces the hashes are listed by namespace', async (swarm, form) => {
  const zero = await swarm.store(['a'])
  const ten = await swarm.store(['b', 'c'], { namespace: 10 })
  await swarm.store(['new'], { timestamp: swarm.now + 5 })
  const params = { ...swarm.alice.proof(`delete_beforeall${swarm.now}`), before: swarm.now, namespace: 'all' }
  const request = { method: 'delete_before', params, signed: String(swarm.now) }
  expect(await entries(swarm, form, request)).toEqual(thrice({ 0: zero, 10: sortedTexts(ten) }))
  expect(await kept(swarm)).toEqual(thrice(['new']))
})
