import { after, test } from 'node:test'
import { encodeBencode, toBase64, utf8 } from '@starling/protocol'
import { expect } from 'expect'
import { FORMS, Swarm } from '../testing/conformance.ts'
import { type Row, testForms, testRows } from '../testing/conformance-rows.ts'

const swarm = await Swarm.create()
after(() => swarm[Symbol.asyncDispose]())

const alice = swarm.alice
const now = swarm.now

const bodies: readonly [name: string, body: string, text: string][] = [
  ['an empty body is no JSON', '', 'invalid json'],
  ['half an object is none', '{', 'invalid json'],
  ['a bt dict that is cut off is neither', 'd6:method', 'invalid json'],
  ['a bt dict with something behind it is none', 'dee', 'invalid json'],
  ['a bt dict with keys out of order is none', 'd6:paramsde6:method4:infoe', 'invalid json'],
  ['an array has no method', '[]', 'invalid json: no `method` field'],
  ['an empty object has none', '{}', 'invalid json: no `method` field'],
  ['an empty bt dict has none', 'de', 'invalid json: no `method` field'],
  ['null is no method', '{"method":null,"params":{}}', 'invalid json: no `method` field'],
  ['a number is none', '{"method":1,"params":{}}', 'invalid json: no `method` field'],
  ['a bt number is none', 'd6:methodi1e6:paramsdee', 'invalid json: no `method` field'],
  ['there have to be parameters', '{"method":"info"}', 'invalid json: no `params` field'],
  ['in bt-encoding too', 'd6:method4:infoe', 'invalid json: no `params` field'],
  ['null is no parameters', '{"method":"info","params":null}', 'invalid json: no `params` field'],
  ['a list is none', '{"method":"info","params":[]}', 'invalid json: no `params` field'],
  ['a bt list is none', 'd6:method4:info6:paramslee', 'invalid json: no `params` field'],
  ['a method that nobody knows is named', '{"method":"steal","params":{}}', 'no method steal'],
  ['in bt-encoding too', 'd6:method5:steal6:paramsdee', 'no method steal'],
  ['parameters come before the name of the method', '{"method":"steal"}', 'invalid json: no `params` field'],
  ['what an object inherits is no method', '{"method":"constructor","params":{}}', 'no method constructor'],
]
for (const [name, body, text] of bodies) {
  test(`request: ${name} (${body.slice(0, 40)})`, async () => {
    expect(await swarm.askRaw(utf8(body))).toEqual({ status: 400, body: text })
  })
}

test('request: bytes that are no UTF-8 are no JSON', async () => {
  expect(await swarm.askRaw(Uint8Array.of(0x7b, 0xff, 0x7d))).toEqual({ status: 400, body: 'invalid json' })
})

test('request: other keys beside method and params are ignored', async () => {
  const answer = await swarm.askRaw(utf8('{"jsonrpc":"2.0","id":5,"method":"info","params":{}}'))
  expect(answer).toEqual({ status: 200, body: { version: [2, 8, 0], timestamp: now, t: now, hf: [19, 4] } })
})

const row = (method: string, name: string, params: object, status: number, body: unknown): Row => ({
  name,
  method,
  params,
  status,
  body,
})
const wrong = (method: string, name: string, params: object, detail: string) =>
  row(method, name, params, 400, `invalid request: ${detail}`)

const nodes = swarm.members.map(({ nodeId }) => ({
  address: expect.stringMatching(/^[a-z0-9]{52}\.snode$/),
  pubkey_legacy: nodeId,
  pubkey_ed25519: nodeId,
  pubkey_x25519: expect.stringMatching(/^[0-9a-f]{64}$/),
  port: '22021',
  port_https: 22_021,
  port_omq: 22_020,
  port_quic: 22_020,
  ip: expect.stringMatching(/^192\.0\.2\.\d$/),
}))
const OWNER = 'Pubkey must be 66 hex digits/33 bytes long'
testRows(swarm, [
  row('info', 'version, time and fork', {}, 200, { version: [2, 8, 0], timestamp: now, t: now, hf: [19, 4] }),
  row('get_swarm', 'the members, with all that clients read of them', { pubkey: alice.owner }, 200, {
    snodes: expect.arrayContaining(nodes),
    swarm: expect.stringMatching(/^(0|8000000000000000)$/),
    t: now,
    hf: [19, 4],
  }),
  row('get_snodes_for_pubkey', 'is another name for it', { pubKey: alice.owner }, 200, { swarm: expect.any(String) }),
  row('get_swarm', 'any account is answered', { pubkey: `05${'ab'.repeat(32)}` }, 200, { snodes: expect.any(Array) }),
  row('get_swarm', 'upper case is as good', { pubkey: alice.owner.toUpperCase() }, 200, { t: now }),
  wrong('get_swarm', 'an owner must be there', {}, "Required field 'pubkey' missing"),
  wrong('get_swarm', 'an owner has 66 hex digits', { pubkey: '05' }, OWNER),
  wrong(
    'get_swarm',
    'there is one owner',
    { pubkey: alice.owner, pubKey: alice.owner },
    "Cannot specify both 'pubkey' and 'pubKey'",
  ),
  row('oxend_request', 'the list of all nodes', { endpoint: 'get_service_nodes', params: {} }, 200, {
    result: {
      height: 1,
      status: 'OK',
      service_node_states: expect.arrayContaining([
        expect.objectContaining({
          pubkey_ed25519: swarm.node.nodeId,
          pubkey_x25519: expect.any(String),
          public_ip: expect.any(String),
          storage_port: 22_021,
          requested_unlock_height: 0,
        }),
      ]),
    },
    t: now,
    hf: [19, 4],
  }),
  wrong('oxend_request', 'an endpoint must be there', {}, "Required field 'endpoint' missing"),
  wrong('oxend_request', 'there are no others', { endpoint: 'get_info' }, "Invalid oxend endpoint 'get_info'"),
])

for (const form of FORMS) {
  test(`active_nodes_bin: 51 bytes for each node, as they are (${form})`, async () => {
    const { status, body } = await swarm.ask('active_nodes_bin', {}, form)
    expect({ status, size: body.length }).toEqual({ status: 200, size: 6 * 51 })
    const ids = Array.from({ length: 6 }, (_, index) =>
      Buffer.from(body.subarray(index * 51, index * 51 + 32)).toString('hex'),
    )
    expect(ids).toContain(swarm.node.nodeId)
    expect([...body.subarray(48, 51)]).toEqual([2, 8, 0])
  })
}

const INFO = { method: 'info', params: {} }
const requests = (list: unknown) => ({ requests: list })
const BATCH_FAULTS: readonly [name: string, requests: unknown, detail: string][] = [
  ['requests must be there', undefined, 'Invalid batch request: no valid "requests" field'],
  ['requests are a list', INFO, 'Invalid batch request: no valid "requests" field'],
  ['there is at least one', [], 'Invalid batch request: no valid "requests" field'],
  ['there are 20 at most', Array(21).fill(INFO), 'Invalid batch request: subrequest limit exceeded'],
  ['each is an object', [INFO, 'info'], 'Invalid batch request: requests must be objects'],
  ['each has a method', [INFO, { params: {} }], 'Invalid batch request: subrequests must have method/params keys'],
  [
    'each has parameters',
    [INFO, { method: 'info' }],
    'Invalid batch request: subrequests must have method/params keys',
  ],
  ['each method is known', [INFO, { method: 'x', params: {} }], 'Invalid batch subrequest: invalid method "x"'],
  ...['batch', 'sequence', 'ifelse'].map((method): [string, unknown, string] => [
    `${method} does not stand in it`,
    [INFO, { method, params: {} }],
    'Invalid batch subrequest: subrequests may not contain meta-requests',
  ]),
  [
    'parameters that are wrong fail them all',
    [INFO, { method: 'get_swarm', params: {} }],
    "Required field 'pubkey' missing",
  ],
]
testRows(swarm, [
  ...['batch', 'sequence'].flatMap((mode) => [
    ...BATCH_FAULTS.map(([name, list, detail]) => wrong(mode, name, requests(list), detail)),
    row(mode, '20 are answered, each as if it were alone', requests(Array(20).fill(INFO)), 200, {
      results: Array(20).fill({ code: 200, body: { version: [2, 8, 0], t: now } }),
    }),
    row(mode, 'text stays text', requests([{ method: 'retrieve', params: { pubkey: alice.owner } }]), 200, {
      results: [{ code: 401, body: 'retrieve: request signature required' }],
    }),
  ]),
  row(
    'batch',
    'what fails does not stop the others',
    requests([{ method: 'retrieve', params: { pubkey: alice.owner } }, INFO]),
    200,
    {
      results: [{ code: 401 }, { code: 200 }],
    },
  ),
  row(
    'batch',
    'another swarm is the answer of that one alone, with its nodes',
    () => requests([INFO, { method: 'retrieve', params: strange() }]),
    200,
    {
      results: [{ code: 200 }, { code: 421, body: { snodes: expect.any(Array), swarm: expect.any(String) } }],
    },
  ),
])

/** A retrieve for an account of another swarm. */
function strange(): object {
  for (let index = 0; ; index++) {
    const owner = `03${index.toString(16).padStart(64, '0')}`
    const bytes = Buffer.from(owner, 'hex').subarray(1)
    if (swarm.node.node.keeper.view.snapshot!.isMember(swarm.node.nodeId, bytes)) continue
    return { pubkey: owner }
  }
}

for (const form of FORMS) {
  test(`batch: there is no time beside the results (${form})`, async () => {
    const { body } = await swarm.ask('batch', requests([INFO]), form)
    expect(Object.keys(body)).toEqual(['results'])
  })

  test(`batch: bytes are base64 in JSON, and raw in bt-encoding (${form})`, async () => {
    const alone = await swarm.ask('active_nodes_bin', {}, form)
    const { body } = await swarm.ask('batch', requests([{ method: 'active_nodes_bin', params: {} }]), form)
    const inside = form === 'json' ? body.results[0].body : toBase64(Buffer.from(body.results[0].body, 'latin1'))
    expect(inside).toBe(toBase64(alone.body))
  })
}

testForms(
  'sequence: one after the other, until the first that fails, which is the last answer',
  async (swarm, form) => {
    const { alice, now } = swarm
    const list = [
      { method: 'store', params: alice.store(now, 'one') },
      { method: 'retrieve', params: alice.retrieve(now) },
      { method: 'store', params: alice.store(now, 'two', { ttl: 1 }) },
      { method: 'store', params: alice.store(now, 'three') },
    ]
    const { status, body } = await swarm.ask('sequence', requests(list), form)
    expect(status).toBe(200)
    expect(body.results.map(({ code }: { code: number }) => code)).toEqual([200, 200, 403])
    expect(body.results[1].body.messages).toHaveLength(1)
    const later = await swarm.ask('retrieve', alice.retrieve(now), form)
    expect(later.body.messages).toHaveLength(1)
  },
)

test('request: a bt answer has raw bytes and no booleans', async () => {
  await using swarm = await Swarm.create()
  await swarm.store(['hello'])
  const { signature, ...params } = swarm.alice.retrieve(swarm.now) as {
    signature: string
    pubkey: string
    pubkey_ed25519: string
    timestamp: number
  }
  const request = encodeBencode(
    new Map<string, string | Map<string, Uint8Array | number>>([
      ['method', 'retrieve'],
      [
        'params',
        new Map<string, Uint8Array | number>([
          ['pubkey', Buffer.from(params.pubkey, 'hex')],
          ['pubkey_ed25519', Buffer.from(params.pubkey_ed25519, 'hex')],
          ['signature', Buffer.from(signature, 'base64')],
          ['timestamp', params.timestamp],
        ]),
      ],
    ]),
  )
  const answer = await swarm.node.node.answer({ kind: 'rpc', body: request }, new AbortController().signal)
  expect(answer).toMatchObject({ status: 200, contentType: 'application/octet-stream' })
  const text = Buffer.from(answer.body).toString('latin1')
  expect(text).toContain('4:data5:hello')
  expect(text).toContain('4:morei0e')
  expect(text).toContain('2:hfli19ei4ee')
})
