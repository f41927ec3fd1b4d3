import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { toHex } from '../bytes/hex.ts'
import { fromUtf8, utf8 } from '../bytes/utf8.ts'
import type { X25519PublicKey } from '../crypto/keys.ts'
import { MalformedInputError } from '../errors.ts'
import { parseNodeId } from '../swarm/node-id.ts'
import { nobleCrypto, seededRandom } from '../testing.ts'
import { onionAnswers, parsePathFailure } from './answers.ts'
import type { EncType } from './cipher.ts'
import { encodeCombined } from './combined.ts'
import { type PeeledLayer, peelOnionLayer } from './layer.ts'
import { decodeRelayFrame, encodeRelayFrame, MAX_HOP, type OnionFrame, parseOnionBody } from './relay-frame.ts'
import { decodeReplyContent } from './reply.ts'
import { buildOnionRequest, type OnionDestination } from './request.ts'
import { decodeServerReply } from './server-payload.ts'

const crypto = nobleCrypto()
const nodes = Array.from({ length: 4 }, (_, i) => ({
  nodeId: parseNodeId(String(i).repeat(64)),
  keys: crypto.x25519KeyPair(new Uint8Array(32).fill(i + 1)),
}))
const hop = ({ nodeId, keys }: (typeof nodes)[number]) => ({ nodeId, x25519: keys.publicKey })
const destination: OnionDestination = { kind: 'node', ...hop(nodes[3]!) }

function build(options: {
  relays?: number
  encType?: EncType
  payload?: Uint8Array
  destination?: OnionDestination
  hopNumber?: number
}) {
  const { relays = 3, encType = 'xchacha20', payload = utf8('{}'), hopNumber } = options
  return buildOnionRequest({
    crypto,
    random: seededRandom('client'),
    path: nodes.slice(0, relays).map(hop),
    destination: options.destination ?? destination,
    payload,
    encType,
    ...(hopNumber === undefined ? {} : { hopNumber }),
  })
}

function guardFrame(body: Uint8Array): OnionFrame {
  const parsed = parseOnionBody(body)
  if (parsed.kind !== 'frame') throw new Error(parsed.kind)
  return parsed.frame
}

const peel = (node: (typeof nodes)[number], frame: OnionFrame) =>
  peelOnionLayer({ crypto, random: seededRandom('node'), own: node.keys, frame })

/** Carries a frame from hop to hop, as bytes. */
function travel(body: Uint8Array): PeeledLayer {
  let layer = peel(nodes[0]!, guardFrame(body))
  while (layer.kind === 'relay') {
    const { next, forward } = layer
    const parsed = decodeRelayFrame(encodeRelayFrame(forward))
    if (parsed.kind !== 'frame') throw new Error(parsed.kind)
    layer = peel(nodes.find(({ nodeId }) => nodeId === next)!, parsed.frame)
  }
  return layer
}

test('a request of any size arrives over the path, and its answer comes back', () => {
  const property = fc.property(
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom<EncType>('xchacha20', 'aes-gcm'),
    fc.record({ json: fc.boolean(), base64: fc.boolean() }),
    fc.string({ unit: 'grapheme' }),
    (payload, encType, reply, text) => {
      using request = build({ payload, encType, destination: { kind: 'node', ...hop(nodes[3]!), reply } })
      const arrived = travel(request.body)
      if (arrived.kind !== 'final') throw new Error(arrived.kind)
      expect(arrived.request).toEqual(payload)
      using sealer = arrived.reply
      const body = JSON.stringify({ text })
      const opened = request.open(sealer.seal({ status: 207, body, isJson: true }))
      expect(opened).toEqual({ kind: 'node', status: 207, body: reply.json ? { text } : body })
      expect(request.open(sealer.seal({ status: 400, body: text, isJson: false }))).toEqual({
        kind: 'node',
        status: 400,
        body: text,
      })
    },
  )
  fc.assert(property, { numRuns: 12 })
})

test('the guard can be the destination', () => {
  using request = buildOnionRequest({
    crypto,
    random: seededRandom('client'),
    path: [],
    destination: { kind: 'node', ...hop(nodes[0]!) },
    payload: utf8('{}'),
    encType: 'xchacha20',
  })
  expect(travel(request.body).kind).toBe('final')
})

test('each relay takes off a constant number of bytes', () => {
  const size = (relays: number, encType: EncType) => build({ relays, encType }).body.length
  expect(size(3, 'xchacha20') - size(2, 'xchacha20')).toBe(232)
  expect(size(3, 'aes-gcm') - size(2, 'aes-gcm')).toBe(218)
})

test('any flipped bit, truncation or wrong key is refused without a word about why', () => {
  const frame = guardFrame(build({ relays: 1 }).body)
  const refused = { kind: 'refused', code: 'invalid_ciphertext' }
  const property = fc.property(fc.nat(), fc.nat(7), (at, bit) => {
    const data = frame.data.slice()
    data[at % data.length]! ^= 1 << bit
    expect(peel(nodes[0]!, { ...frame, data })).toEqual(refused)
    expect(peel(nodes[0]!, { ...frame, data: frame.data.subarray(0, at % data.length) })).toEqual(refused)
  })
  fc.assert(property, { numRuns: 10 })
  expect(peel(nodes[1]!, frame)).toEqual(refused)
  expect(peel(nodes[0]!, { ...frame, encType: undefined })).toEqual(refused)
  expect(peel(nodes[0]!, { ...frame, ephemeralKey: new Uint8Array(32) as X25519PublicKey })).toEqual(refused)
  expect(peel(nodes[0]!, { ...frame, encType: 'cbc' })).toEqual({ kind: 'refused', code: 'aes_cbc_refused' })
  expect(peel(nodes[0]!, { ...frame, encType: 'rot13' })).toEqual({ kind: 'refused', code: 'unknown_cipher' })
})

test('a layer whose key came before is refused, also under another form of its ephemeral key', () => {
  const keys = new Set<string>()
  const seenBefore = (key: Uint8Array) => keys.size === keys.add(toHex(key)).size
  const ask = (frame: OnionFrame) =>
    peelOnionLayer({ crypto, random: seededRandom('node'), own: nodes[0]!.keys, frame, seenBefore }).kind
  for (const encType of ['xchacha20', 'aes-gcm'] as const) {
    const frame = guardFrame(build({ encType }).body)
    expect(ask({ ...frame, data: frame.data.slice(1) })).toBe('refused')
    expect(ask(frame)).toBe('relay')
    expect(ask(frame)).toBe('refused')
    // X25519 ignores the top bit: with aes-gcm, whose key does not bind the ephemeral one, such a layer opens again.
    const ephemeralKey = frame.ephemeralKey.slice() as X25519PublicKey
    ephemeralKey[31]! ^= 0x80
    expect(ask({ ...frame, ephemeralKey })).toBe('refused')
  }
  expect(keys.size).toBe(2)
})

test('an answer in base64 may have padding or none, white space around it, or stand in a JSON object', () => {
  using request = build({})
  const layer = travel(request.body)
  if (layer.kind !== 'final') throw new Error(layer.kind)
  using reply = layer.reply
  const text = fromUtf8(reply.seal({ status: 200, body: 'well', isJson: false }))
  const bare = text.replace(/=+$/, '')
  for (const form of [
    text,
    bare,
    `${text}\n`,
    ` ${bare}\r\n`,
    JSON.stringify({ result: text }),
    `{"result":"${bare}"}\n`,
  ]) {
    expect(request.open(utf8(form))).toEqual({ kind: 'node', status: 200, body: 'well' })
  }
})

test('hops are counted from the number of the client, and end at 15', () => {
  using request = build({ hopNumber: 12 })
  const arrived = peel(nodes[0]!, guardFrame(request.body))
  expect(arrived).toMatchObject({ kind: 'relay', forward: { hop: 13 } })
  expect(() => build({ hopNumber: 13 })).toThrow(expect.objectContaining({ code: 'too_many_hops' }))
  const frame = guardFrame(request.body)
  expect(decodeRelayFrame(encodeRelayFrame({ ...frame, hop: MAX_HOP })).kind).toBe('frame')
  expect(decodeRelayFrame(encodeRelayFrame({ ...frame, hop: MAX_HOP + 1 }))).toEqual({ kind: 'tooManyHops' })
  const outer = (hop_no: unknown) =>
    encodeCombined([frame.data], JSON.stringify({ ephemeral_key: '11'.repeat(32), hop_no }))
  expect(parseOnionBody(outer(16)).kind).toBe('tooManyHops')
  expect(guardFrame(outer(-5)).hop).toBe(0)
  expect(() => parseOnionBody(outer('1'))).toThrow(expect.objectContaining({ code: 'onion_payload' }))
})

test('a server needs a relay before it', () => {
  const server = {
    kind: 'server',
    host: 'files.example.org',
    target: '/oxen/v4/lsrpc',
    x25519: nodes[3]!.keys.publicKey,
  } as const
  expect(() => build({ relays: 0, destination: server })).toThrow(expect.objectContaining({ code: 'no_relay' }))
  expect(travel(build({ relays: 1, destination: server }).body)).toMatchObject({
    kind: 'server',
    target: { host: 'files.example.org', port: 443, protocol: 'https', target: '/oxen/v4/lsrpc' },
  })
})

test('a hop that cannot read its layer tells the client, who sees which hop it was', () => {
  const server = {
    kind: 'server',
    host: 'files.example.org',
    target: '/etc/passwd',
    x25519: nodes[3]!.keys.publicKey,
  } as const
  using request = build({ relays: 2, destination: server })
  const layer = travel(request.body)
  if (layer.kind !== 'malformed') throw new Error(layer.kind)
  expect(layer.code).toBe('invalid_url')
  expect(request.open(layer.sealedReply)).toEqual({ kind: 'relay', hop: 1, status: 400, body: 'Invalid url' })
})

test('no key opens what another request was answered', () => {
  using request = build({})
  const arrived = travel(request.body)
  if (arrived.kind !== 'final') throw new Error(arrived.kind)
  const reply = arrived.reply.seal({ status: 200, body: '{}', isJson: true })
  request[Symbol.dispose]()
  expect(() => request.open(reply)).toThrow(expect.objectContaining({ code: 'open_failed' }))
})

test('garbage instead of a body, a frame or an answer ends in a typed error', () => {
  using request = build({ relays: 0 })
  const typed = (parse: () => unknown) => {
    try {
      parse()
    } catch (error) {
      expect(error).toMatchObject({ fault: 'input' })
    }
  }
  const json = fc.json().map((text) => encodeCombined([utf8('x')], text))
  const property = fc.property(fc.oneof(fc.uint8Array(), json, fc.string().map(utf8)), (bytes) => {
    typed(() => parseOnionBody(bytes))
    typed(() => decodeRelayFrame(bytes))
    typed(() => request.open(bytes))
    typed(() => decodeReplyContent(bytes))
    typed(() => decodeServerReply(bytes))
  })
  fc.assert(property, { numRuns: 300 })
  expect(() => decodeRelayFrame(utf8('d4:data1:xe'))).toThrow(MalformedInputError)
})

test('an answer of the path names the hop that is gone', () => {
  const { nodeId } = nodes[2]!
  expect(parsePathFailure(onionAnswers.nextNodeNotFound(nodeId))).toEqual({ kind: 'notFound', node: nodeId })
  expect(parsePathFailure(onionAnswers.nextNodeUnreachable(nodeId))).toEqual({ kind: 'unreachable', node: nodeId })
  expect(parsePathFailure(onionAnswers.timeout())).toBeUndefined()
  expect(parsePathFailure({ status: 502, body: 'Next node not found: me' })).toBeUndefined()
})
