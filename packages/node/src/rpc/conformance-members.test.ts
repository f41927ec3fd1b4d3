import { test } from 'node:test'
import {
  bencodeDict,
  clientRequest,
  decodeBencode,
  encodeBencode,
  FrameKind,
  forwardRequest,
  fromBase64,
  fromHex,
  toBase64,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { expect } from 'expect'
import { NodeStoreError } from '../storage/node-store-error.ts'
import { HASH, isSigned, Swarm } from '../testing/conformance.ts'
import { testForms } from '../testing/conformance-rows.ts'
import { type FixtureNode, pass } from '../testing/fixture.ts'

const NEVER = new AbortController().signal
const DAY = 86_400_000
const TOKEN = 'AwMAAA11UHVOCACl0jfu9YJgNXZrmz5aFYaKlAqyiZWHiOOw'

/** Every method that all members carry out, signed at a time; and all others of an account. */
const requestsAt = ({ alice }: Swarm, now: number): Readonly<Record<string, Record<string, unknown>>> => ({
  store: { ...alice.store(now, 'x', { namespace: 2, ...alice.proof(`store2${now}`) }) },
  delete: { ...alice.proof(`delete${HASH}`), messages: [HASH] },
  delete_all: { ...alice.proof(`delete_all${now}`), timestamp: now },
  delete_before: { ...alice.proof(`delete_before${now}`), before: now },
  expire: { ...alice.proof(`expire${now}${HASH}`), messages: [HASH], expiry: now },
  expire_all: { ...alice.proof(`expire_all${now}`), expiry: now },
})
const revocationsAt = (swarm: Swarm, now: number): Readonly<Record<string, Record<string, unknown>>> => {
  const token = fromBase64(TOKEN)
  const group = swarm.group()
  return {
    revoke_subaccount: { ...group.proof(`revoke_subaccount${now}`, token), revoke: [TOKEN], timestamp: now },
    unrevoke_subaccount: { ...group.proof(`unrevoke_subaccount${now}`, token), timestamp: now, unrevoke: [TOKEN] },
  }
}
const readsAt = ({ alice }: Swarm, now: number): Readonly<Record<string, Record<string, unknown>>> => ({
  retrieve: { ...alice.retrieve(now) },
  get_expiries: { ...alice.proof(`get_expiries${now}${HASH}`), messages: [HASH], timestamp: now },
  revoked_subaccounts: { ...alice.proof(`revoked_subaccounts${now}`), timestamp: now },
})

/** As one member hands a request to another: binary values raw, `expiry` instead of `ttl`. */
function forwardOf(method: string, params: Readonly<Record<string, unknown>>, at: number): Uint8Array {
  const { ttl, ...rest } = params as { ttl?: number; timestamp?: number }
  const written: Record<string, unknown> = { ...rest, ...(ttl !== undefined && { expiry: rest.timestamp! + ttl }) }
  for (const key of ['pubkey', 'pubkey_ed25519'] as const)
    if (written[key]) written[key] = fromHex(String(written[key]))
  for (const key of ['signature', 'data'] as const) if (written[key]) written[key] = fromBase64(String(written[key]))
  for (const key of ['revoke', 'unrevoke'] as const) {
    if (written[key]) written[key] = (written[key] as string[]).map((token) => fromBase64(token))
  }
  const dict = encodeBencode(bencodeDict(written as never))
  return forwardRequest.encode({ version: 2, at: unixMillis(at), method, params: dict })
}

async function forward(swarm: Swarm, payload: Uint8Array, options: { from?: FixtureNode; to?: FixtureNode } = {}) {
  const { from = swarm.node, to = swarm.members[1]! } = options
  const reply = await to.node.answerPeer(from.nodeId, FrameKind.forward, payload, NEVER)
  return { status: reply.status, text: Buffer.from(reply.body).toString() }
}

const EVERY = [
  'store',
  'delete',
  'delete_all',
  'delete_before',
  'expire',
  'expire_all',
  'revoke_subaccount',
  'unrevoke_subaccount',
]

for (const method of EVERY) {
  test(`${method}: a member does what another hands on, and answers with its entry alone`, async () => {
    await using swarm = await Swarm.create()
    const params = { ...requestsAt(swarm, swarm.now), ...revocationsAt(swarm, swarm.now) }[method]!
    const to = swarm.members[1]!
    const reply = await to.node.answerPeer(
      swarm.node.nodeId,
      FrameKind.forward,
      forwardOf(method, params, swarm.now),
      NEVER,
    )
    expect(reply.status).toBe(200)
    const entry = decodeBencode(reply.body) as ReadonlyMap<string, unknown>
    expect([...entry.keys()]).toContain('signature')
    expect((entry.get('signature') as Uint8Array).length).toBe(64)
    expect(entry.has('swarm')).toBe(false)
    expect(swarm.members[2]!.received).not.toContain(FrameKind.forward)
  })

  test(`${method}: another member is told the same request, with the time at which it was taken up`, async () => {
    await using swarm = await Swarm.create()
    const params = { ...requestsAt(swarm, swarm.now), ...revocationsAt(swarm, swarm.now) }[method]!
    const told: Uint8Array[] = []
    swarm.fixture.wire = ({ kind, payload }) => {
      if (kind === FrameKind.forward) told.push(payload)
      return undefined
    }
    await swarm.ask(method, { ...params, required: method === 'delete' ? true : undefined, anything: 1 })
    expect(told).toHaveLength(2)
    const expected = forwardOf(method, params, swarm.now)
    const { params: dict, ...rest } = forwardRequest.decode(told[0]!)
    expect(rest).toEqual({ version: 2, at: swarm.now, method })
    const written = decodeBencode(dict) as ReadonlyMap<string, unknown>
    const { params: wanted } = clientRequest.decode(expected.subarray(9))
    // Namespaces stand there even where they are the default; lists of one are as good as the one.
    for (const [key, value] of decodeBencode(wanted) as ReadonlyMap<string, unknown>) {
      expect([key, written.get(key)]).toEqual([key, value])
    }
    expect(written.has('required')).toBe(false)
    expect(written.has('anything')).toBe(false)
    expect(written.has('ttl')).toBe(false)
  })
}

// What a member says of a request that was signed at `age` before its clock: 60 s, or 70 s where it was on its way longer.
const windows: readonly [method: string, age: number, status: number, text: string][] = [
  ['store', 60_000, 200, ''],
  ['store', 60_001, 406, 'store signature timestamp too far from current time'],
  ['delete_all', 70_000, 200, ''],
  ['delete_all', 70_001, 406, 'delete_all timestamp too far from current time'],
  ['delete_all', -70_000, 200, ''],
  ['delete_all', -70_001, 406, 'delete_all timestamp too far from current time'],
  ['delete_before', -60_000, 200, ''],
  ['delete_before', -60_001, 401, 'delete_before timestamp too far in the future'],
  ['expire', 60_000, 200, ''],
  ['expire', 60_001, 401, 'expire: timestamp should be >= current time'],
  ['expire_all', 70_000, 200, ''],
  ['expire_all', 70_001, 406, 'expire_all timestamp should be >= current time'],
  ['revoke_subaccount', 60_000, 200, ''],
  ['revoke_subaccount', 60_001, 406, 'revoke_subaccount timestamp too far from current time'],
  ['revoke_subaccount', -60_001, 406, 'revoke_subaccount timestamp too far from current time'],
  ['unrevoke_subaccount', 60_000, 200, ''],
  ['unrevoke_subaccount', 60_001, 406, 'unrevoke_subaccount timestamp too far from current time'],
]
for (const [method, age, status, text] of windows) {
  test(`${method}: handed on ${age} ms after its time, it is answered ${status}`, async () => {
    await using swarm = await Swarm.create()
    const time = swarm.now - age
    const params = { ...requestsAt(swarm, time), ...revocationsAt(swarm, time) }[method]!
    const answer = await forward(swarm, forwardOf(method, params, swarm.now))
    expect(answer.status).toBe(status)
    if (status !== 200) expect(answer.text).toBe(text)
  })
}

test('forward: the clocks of two members differ by 70 s at most', async () => {
  await using swarm = await Swarm.create()
  const params = requestsAt(swarm, swarm.now)['delete']!
  for (const age of [70_000, -70_000]) {
    expect((await forward(swarm, forwardOf('delete', params, swarm.now - age))).status).toBe(200)
  }
  for (const age of [70_001, -70_001]) {
    expect(await forward(swarm, forwardOf('delete', params, swarm.now - age))).toEqual({
      status: 406,
      text: 'Timestamp error: check your clock',
    })
  }
})

test('forward: an expiry that a member missed is judged by when it was taken up, however late it comes', async () => {
  await using swarm = await Swarm.create()
  const at = swarm.now - 20 * DAY
  const params = (method: string, time: number) => requestsAt(swarm, time)[method]!
  for (const [method, tolerance, status, text] of [
    ['expire', 60_000, 401, 'expire: timestamp should be >= current time'],
    ['expire_all', 70_000, 406, 'expire_all timestamp should be >= current time'],
  ] as const) {
    const late = (time: number) => forward(swarm, forwardOf(method, params(method, time), at))
    expect((await late(at - tolerance)).status).toBe(200)
    expect(await late(at - tolerance - 1)).toEqual({ status, text })
  }
})

test('forward: what a subaccount asked before its token was revoked is done, what it asked since is not', async () => {
  await using swarm = await Swarm.create()
  const group = swarm.group()
  const token = group.token(3)
  const to = swarm.members[1]!
  const revocation = { ...group.proof(`revoke_subaccount${swarm.now}`, token), timestamp: swarm.now, revoke: TOKEN }
  await swarm.ask('revoke_subaccount', { ...revocation, revoke: [toBase64(token)] }, 'json', to)
  const { subaccount, subaccount_sig, ...rest } = group.memberProof(3, `store11${swarm.now}`) as Record<string, string>
  const params = {
    ...rest,
    subaccount: fromBase64(subaccount!),
    subaccount_sig: fromBase64(subaccount_sig!),
    ...{ namespace: 11, timestamp: swarm.now, ttl: DAY, sig_timestamp: swarm.now, data: toBase64(utf8('x')) },
  }
  expect((await forward(swarm, forwardOf('store', params, swarm.now - 1))).status).toBe(200)
  for (const at of [swarm.now, swarm.now + 1]) {
    expect(await forward(swarm, forwardOf('store', params, at))).toEqual({
      status: 401,
      text: 'store signature verification failed',
    })
  }
})

test('forward: what is not for members is refused, and says why', async () => {
  await using swarm = await Swarm.create()
  const reads = { ...readsAt(swarm, swarm.now), info: {} }
  const { store } = requestsAt(swarm, swarm.now)
  for (const [method, params] of Object.entries(reads)) {
    const answer = await forward(swarm, forwardOf(method, params, swarm.now))
    expect([method, answer]).toEqual([
      method,
      method === 'info' ? { status: 403, text: 'not a member' } : { status: 400, text: 'not a swarm-wide method' },
    ])
  }
  const cases: [payload: Uint8Array, from: FixtureNode, status: number, text: string][] = [
    [forwardOf('store', store!, swarm.now), swarm.strangers[0]!, 403, 'not a member'],
    [forwardOf('steal', {}, swarm.now), swarm.node, 501, 'unknown method'],
    [
      forwardOf('store', { ...store, pubkey: undefined }, swarm.now),
      swarm.node,
      400,
      "invalid request: Required field 'pubkey' missing",
    ],
    [
      forwardRequest.encode({ version: 2, at: unixMillis(swarm.now), method: 'store', params: utf8('x') }),
      swarm.node,
      400,
      'invalid request: not a bt dict',
    ],
    [utf8('x'), swarm.node, 400, 'unknown_version'],
  ]
  for (const [payload, from, status, text] of cases) {
    expect(await forward(swarm, payload, { from })).toEqual({ status, text })
  }
})

test('forward: a member of another swarm answers 421 with the right one, as JSON', async () => {
  await using swarm = await Swarm.create()
  const [to, from] = swarm.strangers as [FixtureNode, FixtureNode]
  const payload = forwardOf('delete', requestsAt(swarm, swarm.now)['delete']!, swarm.now)
  expect((await forward(swarm, payload, { from: swarm.node, to })).status).toBe(421)
  const answer = await forward(swarm, payload, { from: swarm.node, to })
  const named = await swarm.ask('get_swarm', { pubkey: swarm.alice.owner })
  expect(JSON.parse(answer.text)).toEqual(named.body)
  expect(await forward(swarm, payload, { from, to: swarm.node })).toEqual({ status: 403, text: 'not a member' })
})

testForms('421: every method of an account names the right swarm, as get_swarm does', async (swarm, form) => {
  const { body } = await swarm.ask('get_swarm', { pubkey: swarm.alice.owner }, form)
  const group = await swarm.ask('get_swarm', { pubkey: swarm.group().owner }, form)
  const now = swarm.now
  const requests = { ...requestsAt(swarm, now), ...readsAt(swarm, now) }
  const stranger = swarm.strangers[0]!
  for (const [method, params] of Object.entries(requests)) {
    expect([method, await swarm.ask(method, params, form, stranger)]).toEqual([method, { status: 421, body }])
  }
  for (const [method, params] of Object.entries(revocationsAt(swarm, now))) {
    expect([method, await swarm.ask(method, params, form, stranger)]).toEqual([
      method,
      { status: 421, body: group.body },
    ])
  }
  // Before anything else is looked at.
  expect(await swarm.ask('store', swarm.alice.store(now, 'x', { ttl: 1 }), form, stranger)).toEqual({
    status: 421,
    body,
  })
})

testForms('entries: each member that did not do it is named with the reason', async (swarm, form) => {
  const [, second, third] = swarm.members as [FixtureNode, FixtureNode, FixtureNode]
  const ask = async (wire: Swarm['fixture']['wire'], method: string, params: object) => {
    swarm.fixture.wire = (request) => (request.kind === FrameKind.forward ? wire(request) : undefined)
    const answer = swarm.ask(method, params, form)
    await pass(swarm.fixture, 5_000)
    swarm.fixture.wire = () => undefined
    const { status, body } = await answer
    await pass(swarm.fixture, 30_000) // nobody is suspect any more
    return {
      status,
      second: body.swarm[second.nodeId],
      third: body.swarm[third.nodeId],
      own: body.swarm[swarm.node.nodeId],
    }
  }
  const params = () => requestsAt(swarm, swarm.now)
  for (const method of ['store', 'delete', 'delete_all', 'delete_before', 'expire', 'expire_all']) {
    const some = await ask(
      ({ to }) => (to === second ? 'silent' : { status: 200, body: utf8('?') }),
      method,
      params()[method]!,
    )
    expect([method, some]).toEqual([
      method,
      {
        status: 200,
        second: { failed: true, timeout: true },
        third: { failed: true, bad_peer_response: true },
        own: expect.objectContaining({ signature: expect.any(String) }),
      },
    ])
    const refused = await ask(() => ({ status: 401, body: utf8('no') }), method, params()[method]!)
    expect(refused.second).toEqual({ failed: true, code: '401', reason: 'no' })
  }
})

testForms(
  'entries: a member whose disk failed says so, an answer that nobody could give is 500',
  async (swarm, form) => {
    const failed = { failed: true, query_failure: true }
    const all = () => ({ ...requestsAt(swarm, swarm.now), ...revocationsAt(swarm, swarm.now) })
    for (const [reason, entry] of [
      ['io', { ...failed, reason: 'storage failure' }],
      ['full', failed],
    ] as const) {
      for (const method of EVERY.filter((method) => reason === 'io' || method === 'store')) {
        const params = all()[method]!
        swarm.members[1]!.disk.failWrites(reason)
        const some = await swarm.ask(method, params, form)
        expect([method, some.status, some.body.swarm[swarm.members[1]!.nodeId]]).toEqual([method, 200, entry])
        for (const { disk } of swarm.members) disk.failWrites(reason)
        const none = await swarm.ask(
          method,
          { ...params, ...(method === 'store' && { data: toBase64(utf8(reason)) }) },
          form,
        )
        expect([method, none.status]).toEqual([method, 500])
        for (const { nodeId } of swarm.members) expect(none.body.swarm[nodeId]).toMatchObject(entry)
        for (const { disk } of swarm.members) disk.failWrites(undefined)
      }
    }
  },
)

test('entries: signatures are those of the members, over what each of them did', async () => {
  await using swarm = await Swarm.create()
  const [hash] = await swarm.store(['x'])
  const params = { ...swarm.alice.proof(`delete${hash}`), messages: [hash] }
  await swarm.members[1]!.store.delete(swarm.alice.owner as never, [hash as never])
  const { body } = await swarm.ask('delete', params)
  const gone = (index: number) => body.swarm[swarm.members[index]!.nodeId]
  expect(gone(0).deleted).toEqual([hash])
  expect(gone(1).deleted).toEqual([])
  expect(isSigned(swarm.members[0]!, `${swarm.alice.owner}${hash}${hash}`, gone(0).signature)).toBe(true)
  expect(isSigned(swarm.members[1]!, `${swarm.alice.owner}${hash}`, gone(1).signature)).toBe(true)
  expect(isSigned(swarm.members[1]!, `${swarm.alice.owner}${hash}`, gone(0).signature)).toBe(false)
})

testForms('store: an account that has all it may have is told so by every member', async (swarm, form) => {
  const full = () => Promise.reject(new NodeStoreError('owner_full'))
  swarm.members[1]!.store.put = full
  const entry = { failed: true, query_failure: true, reason: 'account is full' }
  const some = await swarm.ask('store', swarm.alice.store(swarm.now, 'a'), form)
  expect([some.status, some.body.swarm[swarm.members[1]!.nodeId]]).toEqual([200, entry])
  for (const { store } of swarm.members) store.put = full
  const none = await swarm.ask('store', swarm.alice.store(swarm.now, 'b'), form)
  expect(none.status).toBe(500)
  for (const { nodeId } of swarm.members) expect(none.body.swarm[nodeId]).toMatchObject(entry)
})
