import { test } from 'node:test'
import {
  deriveMessageHash,
  FrameKind,
  fromBase64,
  millis,
  nodeIdBytes,
  parseNamespace,
  parseOwner,
  type Signature,
  toBase64,
  unixMillis,
  utf8,
} from '@starling/protocol'
import vectors from '@starling/protocol/vectors/network-rpc.json' with { type: 'json' }
import { expect } from 'expect'
import { crypto, Fixture, FixtureAccount, type FixtureNode, pass, texts } from '../testing/fixture.ts'
import { sortedTexts } from './sorted.ts'

const alice = new FixtureAccount(1)
const DAY = 86_400_000
const NEVER = new AbortController().signal

test('a store is judged as the vectors say, through the whole service', async () => {
  for (const row of vectors.store_decisions.rows) {
    await using fixture = await Fixture.create(1)
    expect(fixture.clock.now()).toBe(row.now_ms)
    const { namespace, timestamp, ttl } = row
    const time = row.sig_timestamp ?? timestamp
    const signed = row.signed === true && {
      ...alice.proof(`store${namespace}${time}`),
      ...(row.sig_timestamp !== undefined && { sig_timestamp: time }),
    }
    const answer = await fixture.nodes[0]!.ask('store', alice.store(0, 'x', { namespace, timestamp, ttl, ...signed }))
    expect({ row, status: answer.status }).toEqual({ row, status: row.code })
    if (row.code !== 200) expect(answer.body).toBe(row.text)
  }
})

test('a stored message comes back, and every member signed for it', async () => {
  await using fixture = await Fixture.create(3)
  const now = fixture.clock.now()
  const { status, body } = await fixture.nodes[0]!.ask('store', alice.store(now))
  expect(status).toBe(200)
  const hash = deriveMessageHash(crypto, parseOwner(alice.owner), parseNamespace(0), utf8('hello'))
  expect(body).toMatchObject({ hash, t: now, hf: [19, 4] })
  expect(sortedTexts(Object.keys(body.swarm))).toEqual(sortedTexts(fixture.nodes.map(({ nodeId }) => nodeId)))
  for (const { nodeId } of fixture.nodes) {
    const { signature, ...entry } = body.swarm[nodeId]
    expect(entry).toMatchObject({ hash, expiry: now + DAY })
    expect(crypto.ed25519Verify(nodeIdBytes(nodeId), utf8(hash), fromBase64(signature) as Signature)).toBe(true)
  }
  for (const node of fixture.nodes) {
    const retrieved = await node.ask('retrieve', alice.retrieve(now))
    expect(retrieved.body).toEqual({
      messages: [{ hash, timestamp: now, expiration: now + DAY, data: toBase64(utf8('hello')) }],
      more: false,
      t: now,
      hf: [19, 4],
    })
  }
  const again = await fixture.nodes[1]!.ask('store', alice.store(now, 'hello', { ttl: 2 * DAY }))
  expect(again.body.swarm[fixture.nodes[0]!.nodeId]).toMatchObject({ already: true, expiry: now + 2 * DAY })
})

test('requests that are wrong are refused with the text of the protocol', async () => {
  await using fixture = await Fixture.create(1)
  const [node] = fixture.nodes as [FixtureNode]
  const now = fixture.clock.now()
  const hash = (await node.ask('store', alice.store(now))).body.hash
  const mallory = new FixtureAccount(2)
  const late = now - 60_001
  const cases: [string, object, number, string][] = [
    ['store', alice.store(now, '', { data: '!' }), 400, "invalid request: Invalid 'data' value: not base64 encoded"],
    [
      'store',
      alice.store(now, 'x'.repeat(76_801)),
      400,
      'invalid request: Message body exceeds maximum allowed length of 76800 bytes',
    ],
    [
      'store',
      alice.store(now, 'x', { pubkey: '05' }),
      400,
      'invalid request: Pubkey must be 66 hex digits (33 bytes) long',
    ],
    [
      'store',
      alice.store(now, 'x', { namespace: 2, ...mallory.proof(`store2${now}`), pubkey: alice.owner }),
      401,
      'store signature verification failed',
    ],
    ['retrieve', { pubkey: alice.owner }, 401, 'retrieve: request signature required'],
    ['retrieve', { pubkey: alice.owner, namespace: 2 }, 400, "invalid request: Required field 'signature' missing"],
    ['retrieve', alice.retrieve(late), 406, 'retrieve timestamp too far from current time'],
    [
      'retrieve',
      { ...alice.retrieve(now), signature: mallory.sign(`retrieve${now}`) },
      401,
      'retrieve signature verification failed',
    ],
    [
      'retrieve',
      { ...alice.retrieve(now), last_hash: 'x' },
      400,
      'invalid request: Invalid last_hash: expected base64 (43 chars)',
    ],
    ['delete', { ...alice.proof('delete'), messages: [hash] }, 401, 'delete_msgs signature verification failed'],
    [
      'delete',
      { ...alice.proof('delete'), messages: [] },
      400,
      'invalid request: messages does not contain any message hashes',
    ],
    ['delete', { ...alice.proof('delete'), messages: ['x'] }, 400, 'invalid request: invalid message hash: x'],
    [
      'expire',
      { ...alice.proof(`expire${late}${hash}`), messages: [hash], expiry: late },
      401,
      'expire: timestamp should be >= current time',
    ],
    ['expire', { ...alice.proof('x'), messages: [hash], expiry: now }, 401, 'expire: signature verification failed'],
    [
      'get_expiries',
      { ...alice.proof(`get_expiries${late}${hash}`), messages: [hash], timestamp: late },
      406,
      'get_expiries timestamp too far from current time',
    ],
    [
      'get_expiries',
      { ...alice.proof('x'), messages: [hash], timestamp: now },
      401,
      'get_expiries signature verification failed',
    ],
    ['oxend_request', { endpoint: 'x' }, 400, "invalid request: Invalid oxend endpoint 'x'"],
    ['shutdown', {}, 400, 'no method shutdown'],
  ]
  for (const [method, params, status, body] of cases) expect(await node.ask(method, params)).toEqual({ status, body })
  expect(await texts(node, alice)).toEqual(['hello'])
})

test('another swarm is named with 421, and its members with it, by every method of an account', async () => {
  await using fixture = await Fixture.create(2, ['0', '8000000000000000'])
  const now = fixture.clock.now()
  const swarm = (await fixture.nodes[0]!.ask('get_swarm', { pubkey: alice.owner })).body
  const [member, other] = swarm.swarm === '0' ? fixture.nodes : [...fixture.nodes].reverse()
  expect(swarm).toMatchObject({
    snodes: [{ pubkey_ed25519: member!.nodeId, ip: expect.any(String), port: '22021', port_https: 22_021 }],
    t: now,
  })
  const hash = (await member!.ask('store', alice.store(now))).body.hash
  const requests: [string, object][] = [
    ['store', alice.store(now)],
    ['retrieve', alice.retrieve(now)],
    ['delete', { ...alice.proof(`delete${hash}`), messages: [hash] }],
    ['expire', { ...alice.proof(`expire${now + DAY}${hash}`), messages: [hash], expiry: now + DAY }],
    ['get_expiries', { ...alice.proof(`get_expiries${now}${hash}`), messages: [hash], timestamp: now }],
  ]
  for (const [method, params] of requests) {
    expect(await member!.ask(method, params)).toMatchObject({ status: 200 })
    expect(await other!.ask(method, params)).toEqual({ status: 421, body: swarm })
  }
  expect(await other!.ask('get_snodes_for_pubkey', { pubKey: alice.owner })).toEqual({ status: 200, body: swarm })
})

test('deletes and changes of expiry happen at every member, which says so under its signature', async () => {
  await using fixture = await Fixture.create(3)
  const [node, other] = fixture.nodes as [FixtureNode, FixtureNode]
  const now = fixture.clock.now()
  const hashes: string[] = []
  for (const text of ['a', 'b']) hashes.push((await node.ask('store', alice.store(now, text))).body.hash)
  const sorted = sortedTexts(hashes)
  const until = now + 5 * DAY
  const expire = { ...alice.proof(`expire${until}${hashes.join('')}`), messages: hashes, expiry: until }
  const expired = await other.ask('expire', expire)
  const entry = expired.body.swarm[node.nodeId]
  expect(entry).toMatchObject({ expiry: until, updated: sorted })
  const expireBytes = utf8(`${alice.owner}${until}${hashes.join('')}${sorted.join('')}`)
  expect(crypto.ed25519Verify(nodeIdBytes(node.nodeId), expireBytes, fromBase64(entry.signature) as Signature)).toBe(
    true,
  )

  const shortened = {
    ...alice.proof(`expireextend${now + DAY}${hashes[0]}`),
    messages: [hashes[0]],
    expiry: now + DAY,
    extend: true,
  }
  const kept = (await node.ask('expire', shortened)).body.swarm[node.nodeId]
  expect(kept).toMatchObject({ updated: [], unchanged: { [hashes[0]!]: until } })

  const asked = { ...alice.proof(`get_expiries${now}${hashes.join('')}`), messages: hashes, timestamp: now }
  expect(await node.ask('get_expiries', asked)).toEqual({
    status: 200,
    body: { expiries: Object.fromEntries(hashes.map((hash) => [hash, until])) },
  })

  const removal = { ...alice.proof(`delete${hashes[0]}`), messages: [hashes[0]] }
  const deleted = await node.ask('delete', removal)
  const deletedBytes = utf8(`${alice.owner}${hashes[0]}${hashes[0]}`)
  for (const { nodeId } of fixture.nodes) {
    const { deleted: gone, signature } = deleted.body.swarm[nodeId]
    expect(gone).toEqual([hashes[0]])
    expect(crypto.ed25519Verify(nodeIdBytes(nodeId), deletedBytes, fromBase64(signature) as Signature)).toBe(true)
  }
  for (const member of fixture.nodes) expect(await texts(member, alice)).toEqual(['b'])
  expect(await node.ask('delete', removal)).toMatchObject({ status: 200 })
  expect(await node.ask('delete', { ...removal, required: true })).toMatchObject({ status: 404 })
})

test('no message outlives the longest TTL, whatever expiry is asked for', async () => {
  await using fixture = await Fixture.create(1)
  const [node] = fixture.nodes as [FixtureNode]
  const now = fixture.clock.now()
  const hash = (await node.ask('store', alice.store(now))).body.hash
  const until = now + 400 * DAY
  await node.ask('expire', { ...alice.proof(`expire${until}${hash}`), messages: [hash], expiry: until })
  node.clock.offset = millis(30 * DAY - 1)
  expect(await texts(node, alice)).toEqual(['hello'])
  node.clock.offset = millis(30 * DAY)
  expect(await texts(node, alice)).toEqual([])
  await pass(fixture, 3_620_000) // a clock that jumps is not believed for an hour
  expect(await node.store.stats()).toMatchObject({ messages: 0 })
})

test('info tells version and time, and a refresh lists all nodes', async () => {
  await using fixture = await Fixture.create(3, ['0', '0', 'ff'])
  const now = fixture.clock.now()
  const [node] = fixture.nodes as [FixtureNode]
  expect(await node.ask('info', {})).toEqual({
    status: 200,
    body: { version: [2, 8, 0], timestamp: now, t: now, hf: [19, 4] },
  })
  const { body } = await node.ask('oxend_request', { endpoint: 'get_service_nodes', params: { active_only: true } })
  expect(body.result).toMatchObject({ height: 1, status: 'OK' })
  expect(sortedTexts(body.result.service_node_states.map(({ public_ip }: { public_ip: string }) => public_ip))).toEqual(
    ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
  )
})

test('members that did not store are named with the reason, and the message waits for them', async () => {
  await using fixture = await Fixture.create(4)
  const [node, silent, refusing, garbling] = fixture.nodes as [FixtureNode, FixtureNode, FixtureNode, FixtureNode]
  fixture.wire = ({ to, kind }) => {
    if (kind !== FrameKind.forward) return 'unreachable'
    if (to === silent) return 'silent'
    if (to === refusing) return { status: 503, body: utf8('busy') }
    return { status: 200, body: utf8('what?') }
  }
  const storing = node.ask('store', alice.store(fixture.clock.now()))
  await pass(fixture, 5_000)
  const { status, body } = await storing
  expect(status).toBe(200)
  expect(body.swarm[silent.nodeId]).toEqual({ failed: true, timeout: true })
  expect(body.swarm[refusing.nodeId]).toEqual({ failed: true, code: '503', reason: 'busy' })
  expect(body.swarm[garbling.nodeId]).toEqual({ failed: true, bad_peer_response: true })
  expect(body.swarm[node.nodeId]).toMatchObject({ hash: body.hash })
  expect(await node.store.hintedMembers(fixture.clock.now())).toEqual(
    sortedTexts([silent, refusing, garbling].map(({ nodeId }) => nodeId)),
  )
})

test('a member that is silent is waited for once, not by every store', async () => {
  await using fixture = await Fixture.create(2)
  const [node, silent] = fixture.nodes as [FixtureNode, FixtureNode]
  fixture.wire = ({ to }) => (to === silent ? 'silent' : undefined)
  const first = node.ask('store', alice.store(fixture.clock.now(), 'one'))
  await pass(fixture, 5_000)
  await first
  const at = fixture.clock.monotonic()
  await node.ask('store', alice.store(fixture.clock.now(), 'two'))
  expect(fixture.clock.monotonic()).toBe(at)
})

test('a client that goes away leaves no half of a store behind', async () => {
  await using fixture = await Fixture.create(2)
  const [node, silent] = fixture.nodes as [FixtureNode, FixtureNode]
  fixture.wire = () => 'silent'
  const gone = new AbortController()
  const text = JSON.stringify({ method: 'store', params: alice.store(fixture.clock.now()) })
  const storing = node.post(text, gone.signal).catch(() => {})
  gone.abort()
  await pass(fixture, 5_000)
  await storing
  expect(await node.store.hintedMembers(fixture.clock.now())).toEqual([silent.nodeId])
})

test('a full disk is a truthful answer, reads go on, and what others stored counts', async () => {
  await using fixture = await Fixture.create(2)
  const [full, well] = fixture.nodes as [FixtureNode, FixtureNode]
  const now = fixture.clock.now()
  await full.ask('store', alice.store(now, 'before'))
  full.disk.failWrites('full')
  const partly = await full.ask('store', alice.store(now, 'after'))
  expect(partly.status).toBe(200)
  expect(partly.body.swarm[full.nodeId]).toMatchObject({ failed: true, query_failure: true })
  expect(partly.body.swarm[well.nodeId]).toMatchObject({ hash: partly.body.hash })
  const forwarded = await well.ask('store', alice.store(now, 'later'))
  expect(forwarded.body.swarm[full.nodeId]).toMatchObject({ failed: true, query_failure: true })
  expect(await texts(full, alice)).toEqual(['before'])
  well.disk.failWrites('full')
  expect(await full.ask('store', alice.store(now, 'nowhere'))).toMatchObject({ status: 500 })

  full.disk.failWrites(undefined)
  well.disk.failWrites(undefined)
  await pass(fixture, 60_000)
  expect(sortedTexts(await texts(full, alice))).toEqual(['before', 'later'])
})

test('a message that is stored although no hint fits is acknowledged by those who have it', async () => {
  await using fixture = await Fixture.create(2)
  const [node] = fixture.nodes as [FixtureNode]
  fixture.wire = () => 'unreachable'
  const add = node.store.addHints
  node.store.addHints = async () => {
    node.disk.failWrites('full')
    return add([
      { member: fixture.nodes[1]!.nodeId, work: { kind: 'request', request: utf8('x') }, expiry: unixMillis(1e15) },
    ])
  }
  expect(await node.ask('store', alice.store(fixture.clock.now()))).toMatchObject({ status: 200 })
  expect(node.log.text()).toContain('storage.hint_failed')
})

test('a broken disk fails the requests that need it, with a declared answer, and nothing else', async () => {
  await using fixture = await Fixture.create(1)
  const [node] = fixture.nodes as [FixtureNode]
  const now = fixture.clock.now()
  node.disk.failWrites('io')
  const answer = await node.ask('store', alice.store(now))
  expect(answer.status).toBe(500)
  expect(answer.body.swarm[node.nodeId]).toMatchObject({ failed: true, query_failure: true, reason: 'storage failure' })
  await pass(fixture, 60_000)
  node.disk.failWrites(undefined)
  expect(await node.ask('store', alice.store(fixture.clock.now()))).toMatchObject({ status: 200 })
  node.disk.crash()
  const params = alice.retrieve(fixture.clock.now())
  expect(await node.ask('retrieve', params)).toEqual({ status: 500, body: 'request failed' })
  const batch = {
    requests: [
      { method: 'retrieve', params },
      { method: 'info', params: {} },
    ],
  }
  const results = (await node.ask('batch', batch)).body.results
  expect(results.map(({ code }: { code: number }) => code)).toEqual([500, 200])
})

test('an outbox keeps the newest message alone, whatever the order of arrival', async () => {
  await using fixture = await Fixture.create(2)
  const [node, other] = fixture.nodes as [FixtureNode, FixtureNode]
  const now = fixture.clock.now()
  const store = (at: FixtureNode, text: string, timestamp: number) =>
    at.ask('store', alice.store(timestamp, text, { namespace: -21, ...alice.proof(`store-21${timestamp}`) }))
  await store(node, 'old', now - 2)
  await store(other, 'newest', now)
  await store(node, 'late', now - 1)
  for (const member of [node, other]) {
    const { body } = await member.ask('retrieve', { pubkey: alice.owner, namespace: -21 })
    expect(body.messages.map(({ data }: { data: string }) => Buffer.from(data, 'base64').toString())).toEqual([
      'newest',
    ])
  }
})

test('peers that nobody knows, and payloads that are none, get a status and change nothing', async () => {
  await using fixture = await Fixture.create(1)
  const [node] = fixture.nodes as [FixtureNode]
  const unknown = new Fixture(3).nodes[2]!.nodeId
  const kinds = [FrameKind.relay, FrameKind.forward, FrameKind.transfer, FrameKind.directory, FrameKind.rpc, 99]
  for (const kind of kinds) {
    expect(await node.node.answerPeer(unknown, kind, utf8('x'), NEVER)).toMatchObject({ status: 403 })
    for (const garbage of ['', 'x', 'd1:a1:be', '\u0001\u0000\u0005']) {
      const { status } = await node.node.answerPeer(node.nodeId, kind, utf8(garbage), NEVER)
      expect([400, 501, kind === FrameKind.directory ? 200 : 400]).toContain(status)
    }
  }
  expect(await node.node.answerPeer(unknown, FrameKind.probe, new Uint8Array(), NEVER)).toMatchObject({ status: 200 })
  expect(await node.node.answerPeer(unknown, FrameKind.publish, utf8('x'), NEVER)).toMatchObject({ status: 200 })
  expect(node.node.keeper.view.snapshot?.document.epoch).toBe(1)
})
