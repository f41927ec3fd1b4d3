import { test } from 'node:test'
import { expect } from 'expect'
import vectors from '../../vectors/network-onion.json' with { type: 'json' }
import { fromHex, toHex } from '../bytes/hex.ts'
import { fromUtf8, utf8 } from '../bytes/utf8.ts'
import { decodeBencode, encodeBencode } from '../codec/bencode.ts'
import type { X25519KeyPair, X25519PublicKey, X25519SecretKey } from '../crypto/keys.ts'
import { parseNodeId } from '../swarm/node-id.ts'
import { fixedRandom, nobleAesCbc, nobleCrypto } from '../testing.ts'
import {
  deriveLayerCipher,
  type EncType,
  type LayerEncType,
  openWithCipher,
  parseEncType,
  sealWithCipher,
} from './cipher.ts'
import { encodeCombined, splitCombined } from './combined.ts'
import { type PeeledLayer, peelOnionLayer } from './layer.ts'
import { decodeRelayFrame, encodeRelayFrame, type OnionFrame, parseOnionBody } from './relay-frame.ts'
import { buildOnionRequest, type OnionDestination } from './request.ts'
import { decodeServerReply, encodeServerRequest } from './server-payload.ts'
import { isServerTarget, parseServerTarget } from './target.ts'

const crypto = nobleCrypto()
const aesCbc = nobleAesCbc()
const { fixed_inputs: inputs, requests, single_layer: single, roles } = vectors.onion
const isRefused = (name: string) => name === 'aes-cbc'

const keyPair = (keys: { x25519_sec_hex: string; x25519_pub_hex: string }): X25519KeyPair => ({
  secretKey: fromHex(keys.x25519_sec_hex) as X25519SecretKey,
  publicKey: fromHex(keys.x25519_pub_hex) as X25519PublicKey,
})
const nodeHop = (node: { ed25519_pub_hex: string; x25519_pub_hex: string }) => ({
  nodeId: parseNodeId(node.ed25519_pub_hex),
  x25519: fromHex(node.x25519_pub_hex) as X25519PublicKey,
})
const NONCE_SIZES: Readonly<Record<string, number>> = { xchacha20: 24, 'aes-gcm': 12, 'aes-cbc': 16 }
const nonceSize = (encType: string) => NONCE_SIZES[encType]!
const nonce = (byte: string, encType: string) => new Uint8Array(nonceSize(encType)).fill(Number.parseInt(byte, 16))

/** Ephemeral key and nonce of each layer, innermost first: the order in which a request draws. */
function draws(encType: string): Uint8Array[] {
  return [3, 2, 1, 0].flatMap((i) => [
    fromHex(inputs.ephemeral[i]!.x25519_sec_hex),
    nonce(inputs.nonces[i]!.byte, encType),
  ])
}

function frameOf(body: Uint8Array): OnionFrame {
  const parsed = parseOnionBody(body)
  if (parsed.kind !== 'frame') throw new Error(parsed.kind)
  return parsed.frame
}

/** What each hop of the path makes of a request, until one does not relay it. */
function peelAll(body: Uint8Array, options: { replyNonce?: Uint8Array; acceptAesCbc?: boolean } = {}): PeeledLayer[] {
  const peeled: PeeledLayer[] = []
  let frame = frameOf(body)
  for (const node of [...inputs.path, inputs.destination_snode]) {
    const layer = peelOnionLayer({
      crypto,
      random: fixedRandom(options.replyNonce ?? new Uint8Array(0)),
      own: keyPair(node),
      frame,
      aesCbc: options.acceptAesCbc ? aesCbc : undefined,
    })
    peeled.push(layer)
    if (layer.kind !== 'relay') break
    frame = layer.forward
  }
  return peeled
}

type Vector = (typeof requests)[number]
type ResponseVector = {
  readonly variant: string
  readonly encoding: string
  readonly plaintext_utf8?: string
  readonly plaintext_hex?: string
  readonly ciphertext_hex?: string
  readonly response_body_utf8?: string
  readonly response_body_hex?: string
}

function destinationOf(vector: Vector): OnionDestination {
  if (vector.id.startsWith('snode')) return { kind: 'node', ...nodeHop(inputs.destination_snode) }
  const { host, x25519_pub_hex } = inputs.destination_server
  const server = { kind: 'server', host, x25519: fromHex(x25519_pub_hex) as X25519PublicKey } as const
  if (vector.v4_request) return { ...server, target: '/oxen/v4/lsrpc' }
  return { ...server, target: '/loki/v3/lsrpc', port: 80, protocol: 'http', encType: 'unnamed' }
}

function payloadOf(vector: Vector): Uint8Array {
  if (vector.v4_request) return fromHex(vector.v4_request.bencoded_hex)
  return utf8(vector.v3_request_json_utf8 ?? vector.destination_request_json_utf8!)
}

function build(vector: Vector) {
  const encType = vector.enc_types_hop1_hop2_hop3_destination[0] as EncType
  const random = fixedRandom(...draws(encType))
  const path = inputs.path.map(nodeHop)
  return buildOnionRequest({
    crypto,
    random,
    path,
    destination: destinationOf(vector),
    payload: payloadOf(vector),
    encType,
  })
}

const KEYS: Readonly<Record<LayerEncType, string>> = {
  xchacha20: single.key_xchacha20_hex,
  'aes-gcm': single.key_aes_gcm_hex,
  'aes-cbc': single.key_aes_cbc_hex,
}

test('keys and ciphertexts of a single layer', () => {
  const client = keyPair({ x25519_sec_hex: single.client_x25519_sec_hex, x25519_pub_hex: single.client_x25519_pub_hex })
  const server = keyPair({ x25519_sec_hex: single.server_x25519_sec_hex, x25519_pub_hex: single.server_x25519_pub_hex })
  const sides = { crypto, clientKey: client.publicKey, nodeKey: server.publicKey }
  for (const { enc_type, ciphertext_hex } of single.ciphertexts) {
    const encType = parseEncType(enc_type)
    const toServer = { ...sides, encType, ownSecret: client.secretKey, other: server.publicKey }
    if (isRefused(enc_type)) {
      expect(() => deriveLayerCipher(toServer)).toThrow(expect.objectContaining({ code: 'aes_cbc_refused' }))
    }
    const ours = deriveLayerCipher({ ...toServer, aesCbc })
    const theirs = deriveLayerCipher({
      ...sides,
      aesCbc,
      encType,
      ownSecret: server.secretKey,
      other: client.publicKey,
    })
    expect(ours).toEqual(theirs)
    expect(toHex(ours.key)).toBe(KEYS[encType])
    const ciphertext = fromHex(ciphertext_hex)
    expect(fromUtf8(openWithCipher(crypto, ours, ciphertext))).toBe(single.plaintext_utf8)
    const random = fixedRandom(ciphertext.subarray(0, nonceSize(encType)))
    const [prefix, sealed] = sealWithCipher({ crypto, random }, ours, utf8(single.plaintext_utf8))
    expect(toHex(prefix) + toHex(sealed)).toBe(ciphertext_hex)
    for (const bad of single.must_fail.filter((row) => row.enc_type === enc_type)) {
      expect(() => openWithCipher(crypto, ours, fromHex(bad.ciphertext_hex))).toThrow(
        expect.objectContaining({ code: 'open_failed' }),
      )
    }
  }
})

test('the key of an answer has the client first, as that of the request', () => {
  const client = keyPair({ x25519_sec_hex: roles.client_x25519_sec_hex, x25519_pub_hex: roles.client_x25519_pub_hex })
  const server = keyPair({ x25519_sec_hex: roles.server_x25519_sec_hex, x25519_pub_hex: roles.server_x25519_pub_hex })
  for (const row of roles.rows) {
    const encType = parseEncType(row.enc_type)
    const cipher = deriveLayerCipher({
      crypto,
      aesCbc,
      encType,
      ownSecret: server.secretKey,
      other: client.publicKey,
      clientKey: client.publicKey,
      nodeKey: server.publicKey,
    })
    const random = fixedRandom(nonce(roles.nonce_byte, row.enc_type))
    const parts = sealWithCipher({ crypto, random }, cipher, utf8(roles.plaintext_utf8))
    expect(parts.map(toHex).join('')).toBe(row.ciphertext_hex)
    expect(row.ciphertext_hex.length / 2 - roles.plaintext_utf8.length).toBe(row.overhead)
    expect(fromUtf8(openWithCipher(crypto, cipher, fromHex(row.ciphertext_hex)))).toBe(roles.plaintext_utf8)
    if (encType === 'xchacha20') expect(toHex(cipher.key)).toBe(roles.key_xchacha20_client_first_hex)
  }
})

test('outer bodies are parsed and written', () => {
  for (const vector of vectors.onion.outer_blob_parsing) {
    const frame = frameOf(fromHex(vector.body_hex))
    expect(frame.data.length).toBe(vector.ciphertext_length)
    expect(frame).toMatchObject({ encType: vector.enc_type, hop: 0 })
    expect(toHex(frame.ephemeralKey)).toBe(vector.client_x25519_pub_hex)
    expect(toHex(encodeCombined([frame.data], vector.control_json_utf8))).toBe(vector.body_hex)
    const cipher = deriveLayerCipher({
      crypto,
      encType: parseEncType(frame.encType),
      ownSecret: fromHex(vector.server_x25519_sec_hex) as X25519SecretKey,
      other: frame.ephemeralKey,
      clientKey: frame.ephemeralKey,
      nodeKey: fromHex(vector.server_x25519_pub_hex) as X25519PublicKey,
    })
    expect(fromUtf8(openWithCipher(crypto, cipher, frame.data))).toBe(vector.plaintext_utf8)
  }
})

for (const vector of requests) {
  const ciphers = vector.enc_types_hop1_hop2_hop3_destination
  const desktop = vector.id.includes('desktop style')
  const firstRefused = ciphers.findIndex(isRefused)

  if (firstRefused >= 0) {
    test(`${vector.id}: the hop that would need aes-cbc refuses`, () => {
      const peeled = peelAll(fromHex(vector.http_body_hex))
      expect(peeled).toHaveLength(firstRefused + 1)
      expect(peeled.at(-1)).toEqual({ kind: 'refused', code: 'aes_cbc_refused' })
    })

    test(`${vector.id}: where aes-cbc is accepted, every hop peels its layer, and the answer is as given`, () => {
      const body = fromHex(vector.http_body_hex)
      const last = peelAll(body, { acceptAesCbc: true })
      expect(last.map(({ kind }) => kind)).toEqual(['relay', 'relay', 'relay', 'final'])
      const wanted = vector.destination_request_json_utf8
      if (wanted !== undefined) expect(last[3]?.kind === 'final' && fromUtf8(last[3].request)).toBe(wanted)
      const [response] = (vector.responses ?? []) as readonly ResponseVector[]
      if (response === undefined) return
      const replyNonce = nonce(inputs.response_nonce_byte, 'aes-cbc')
      const final = peelAll(body, { replyNonce, acceptAesCbc: true })[3]
      if (final?.kind !== 'final') throw new Error(final?.kind)
      using reply = final.reply
      const content = JSON.parse(response.plaintext_utf8!) as { status: number; body: string }
      expect(fromUtf8(reply.seal({ ...content, isJson: true }))).toBe(response.response_body_utf8)
    })
    continue
  }

  test(`${vector.id}: every hop peels its layer`, () => {
    const peeled = peelAll(fromHex(vector.http_body_hex))
    const hops = [...inputs.path, inputs.destination_snode].slice(1).map((node) => node.ed25519_pub_hex)
    const relays = peeled.slice(0, -1).map((layer) => (layer.kind === 'relay' ? layer.next : layer.kind))
    expect(relays).toEqual(hops.slice(0, relays.length))
    const last = peeled.at(-1)!
    if (last.kind === 'final') expect(fromUtf8(last.request)).toBe(vector.destination_request_json_utf8)
    else {
      expect(last.kind === 'server' && toHex(last.body)).toBe(vector.posted_to_server_hex)
      expect(last.kind === 'server' && last.target.host).toBe(inputs.destination_server.host)
    }
  })

  // Written by another program with fields of its own; building goes through the layers that are left.
  if (!desktop) {
    test(`${vector.id}: is built byte for byte`, () => {
      using request = build(vector)
      expect(toHex(request.body)).toBe(vector.http_body_hex)
    })
  }

  for (const response of (vector.responses ?? []) as readonly ResponseVector[]) {
    test(`${vector.id}: answer, ${response.variant}`, () => {
      using request = build(vector)
      const body = response.response_body_hex ? fromHex(response.response_body_hex) : utf8(response.response_body_utf8!)
      const opened = request.open(body)
      if (opened.kind === 'server') {
        expect(toHex(opened.plaintext)).toBe(response.plaintext_hex ?? toHex(utf8(response.plaintext_utf8!)))
        expect(request.open(utf8(JSON.stringify({ result: btoa(String.fromCharCode(...rawOf(response))) })))).toEqual(
          opened,
        )
        return
      }
      expect(opened).toEqual({ kind: 'node', ...JSON.parse(response.plaintext_utf8!) })
      // The same answer from the other side.
      const options = response.encoding === 'raw' ? { json: true, base64: false } : { json: false, base64: true }
      const sent = sealedReply(vector, { ...options, body: response.plaintext_utf8! })
      expect(toHex(sent)).toBe(toHex(body))
    })
  }
}

function rawOf(response: ResponseVector): Uint8Array {
  return fromHex(response.ciphertext_hex ?? response.response_body_hex!)
}

/** The answer of the destination to a request that asked for these options. */
function sealedReply(
  vector: Vector,
  { json, base64, body }: { json: boolean; base64: boolean; body: string },
): Uint8Array {
  const encType = vector.enc_types_hop1_hop2_hop3_destination[3] as EncType
  using request = buildOnionRequest({
    crypto,
    random: fixedRandom(...draws(encType)),
    path: inputs.path.map(nodeHop),
    destination: { kind: 'node', ...nodeHop(inputs.destination_snode), reply: { json, base64 } },
    payload: payloadOf(vector),
    encType,
  })
  const last = peelAll(request.body, { replyNonce: nonce(inputs.response_nonce_byte, encType) }).at(-1)!
  if (last.kind !== 'final') throw new Error(last.kind)
  const content = JSON.parse(body) as { status: number; body: unknown }
  using reply = last.reply
  const text = typeof content.body === 'string' ? content.body : JSON.stringify(content.body)
  return reply.seal({ status: content.status, body: text, isJson: true })
}

test('payloads of v4 servers', () => {
  for (const { v4_request: request, responses } of requests) {
    if (!request) continue
    const metadata = JSON.parse(request.metadata_json_utf8) as {
      method: string
      endpoint: string
      headers: Record<string, string>
    }
    const body = request.body_hex === null ? {} : { body: fromHex(request.body_hex) }
    expect(toHex(encodeServerRequest({ ...metadata, ...body }))).toBe(request.bencoded_hex)
    for (const { plaintext_hex, metadata_json_utf8 } of responses!) {
      const [, rest] = decodeBencode(fromHex(plaintext_hex!)) as [Uint8Array, Uint8Array]
      const { code, headers } = JSON.parse(metadata_json_utf8!) as { code: number; headers: Record<string, string> }
      expect(decodeServerReply(fromHex(plaintext_hex!))).toEqual({ status: code, headers, body: rest })
      expect(toHex(encodeBencode([metadata_json_utf8!, rest]))).toBe(plaintext_hex)
    }
  }
})

test('the first hop hands the request to the second', () => {
  const [first] = peelAll(fromHex(requests[0]!.http_body_hex))
  if (first?.kind !== 'relay') throw new Error(first?.kind)
  const { bt_hex, hop_no } = vectors.onion.node_to_node
  expect(toHex(encodeRelayFrame(first.forward))).toBe(bt_hex)
  expect(decodeRelayFrame(fromHex(bt_hex))).toEqual({ kind: 'frame', frame: { ...first.forward, hop: hop_no } })
})

test('targets of a server relay', () => {
  for (const { target, allowed } of vectors.onion.target_filter) expect(isServerTarget(target)).toBe(allowed)
})

test('kinds of inner layers', () => {
  for (const vector of vectors.onion.inner_parsing) {
    const plaintext = encodeCombined([splitCombined(fromHex(vector.prefix_hex)).blob], vector.control_json_utf8)
    const json = JSON.parse(vector.control_json_utf8) as Record<string, unknown>
    if (vector.kind === 'relay to server') {
      const values = vector.values ?? vector.defaults
      const allowed = parseServerTarget({ ...json, target: '/loki/v3/lsrpc' })
      expect(allowed).toMatchObject({ host: 'host', port: values!.port!, protocol: values!.protocol! })
    }
    const peeled = peelPlaintext(plaintext)
    // The vectors' target is one that no node relays to.
    const kinds = { 'final destination': 'final', 'relay to server': 'malformed', 'relay to node': 'relay' } as const
    expect(peeled.kind).toBe(kinds[vector.kind as keyof typeof kinds])
    if (peeled.kind === 'relay') expect(peeled).toMatchObject({ next: json['destination'], forward: { hop: 1 } })
    if (peeled.kind === 'final') expect(fromUtf8(peeled.request)).toBe('ciphertext')
  }
})

function peelPlaintext(plaintext: Uint8Array): PeeledLayer {
  const node = keyPair(inputs.path[0]!)
  const client = crypto.x25519KeyPair(fromHex(inputs.ephemeral[0]!.x25519_sec_hex))
  const cipher = deriveLayerCipher({
    crypto,
    encType: 'xchacha20',
    ownSecret: client.secretKey,
    other: node.publicKey,
    clientKey: client.publicKey,
    nodeKey: node.publicKey,
  })
  const data = Uint8Array.from(
    sealWithCipher({ crypto, random: fixedRandom(new Uint8Array(24)) }, cipher, plaintext).flatMap((part) => [...part]),
  )
  const frame = { data, ephemeralKey: client.publicKey, encType: 'xchacha20', hop: 0 }
  return peelOnionLayer({ crypto, random: fixedRandom(new Uint8Array(24)), own: node, frame })
}
