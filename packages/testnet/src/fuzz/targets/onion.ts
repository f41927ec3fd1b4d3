/** Onion requests and answers: outer bodies, layers whose key fits, and what comes back. */
import {
  buildOnionRequest,
  concatBytes,
  decodeRelayFrame,
  decodeReplyContent,
  decodeServerReply,
  deriveLayerCipher,
  type EncType,
  encodeRelayFrame,
  type OnionFrame,
  openWithCipher,
  parseOnionBody,
  peelOnionLayer,
  replyCiphertext,
  sealWithCipher,
  toBase64,
  utf8,
} from '@starling/protocol'
import { seededRandom } from '@starling/runtime/testing'
import { mustEqual, mustEqualBytes } from '../equal.ts'
import { mutateBt } from '../mutate-bt.ts'
import { behindSelector, combine, mutateCombined } from '../mutate-combined.ts'
import { mutateJson } from '../mutate-json.ts'
import { crypto, nodeIds, onionKeys } from '../people.ts'
import { type FuzzTarget, must } from '../target.ts'
import { vectorBytes, vectorJson, vectorTexts } from '../vectors.ts'

const WORDS = [
  'ephemeral_key',
  'enc_type',
  'hop_no',
  'headers',
  'host',
  'target',
  'port',
  'protocol',
  'destination',
  'json',
  'base64',
  'xchacha20',
  'xchacha20-poly1305',
  'aes-gcm',
  'gcm',
  'aes-cbc',
  '/loki/v3/lsrpc',
  '/oxen/v4/lsrpc',
  'http',
  'https',
  'a'.repeat(64),
  'data',
]
const client = crypto.x25519KeyPair(new Uint8Array(32).fill(78))
const EPHEMERAL = Buffer.from(client.publicKey).toString('hex')

const bodies: FuzzTarget = {
  name: 'onion-body',
  sources: ['protocol/src/onion/relay-frame.ts', 'protocol/src/onion/combined.ts'],
  mutate: mutateCombined,
  words: WORDS,
  *seeds() {
    yield* vectorBytes('network-onion', 'http_body_hex')
    for (const control of [{}, { enc_type: 'xchacha20' }, { enc_type: 'gcm', hop_no: 3 }, { hop_no: 16 }])
      yield combine(utf8('ciphertext'), utf8(JSON.stringify({ ephemeral_key: EPHEMERAL, ...control })))
  },
  run: (input) => {
    const parsed = parseOnionBody(input)
    if (parsed.kind === 'frame') mustBeRelayed(parsed.frame)
    return parsed
  },
}

const frames: FuzzTarget = {
  name: 'onion-relay-frame',
  sources: ['protocol/src/onion/relay-frame.ts', 'protocol/src/codec/bencode.ts'],
  mutate: mutateBt,
  words: WORDS,
  *seeds() {
    yield* vectorBytes('network-onion', 'bt_hex')
    for (const encType of [undefined, 'xchacha20'])
      yield encodeRelayFrame({ data: utf8('ciphertext'), ephemeralKey: client.publicKey, encType, hop: 2 })
  },
  run: (input) => {
    const parsed = decodeRelayFrame(input)
    if (parsed.kind === 'frame') mustBeRelayed(parsed.frame)
    return parsed
  },
}

function mustBeRelayed(frame: OnionFrame): void {
  mustEqual(decodeRelayFrame(encodeRelayFrame(frame)), { kind: 'frame', frame }, 'a frame is relayed as it came')
}

/** The plaintext of a layer, behind a byte that chooses its cipher: sealed here, so that all of it gets through. */
const layers: FuzzTarget = {
  name: 'onion-layer',
  sources: ['protocol/src/onion/layer.ts', 'protocol/src/onion/target.ts', 'protocol/src/onion/reply.ts'],
  mutate: behindSelector(mutateCombined),
  words: WORDS,
  *seeds() {
    const controls = [
      ...vectorTexts('network-onion', 'control_json_utf8'),
      ...vectorTexts('network-onion', 'destination_control_json_utf8'),
      JSON.stringify({ destination: nodeIds[0], ephemeral_key: EPHEMERAL, enc_type: 'xchacha20' }),
      JSON.stringify({ host: 'example.org', target: '/oxen/v4/lsrpc', method: 'POST', port: 443, protocol: 'https' }),
    ]
    for (const control of controls)
      for (const cipher of [0, 1])
        yield concatBytes(Uint8Array.of(cipher), combine(utf8('{"method":"info","params":{}}'), utf8(control)))
    for (const plaintext of vectorBytes('network-onion', 'plaintext_hex'))
      yield concatBytes(Uint8Array.of(0), plaintext)
  },
  run(input) {
    const encType: EncType = (input[0] ?? 0) % 2 === 0 ? 'xchacha20' : 'aes-gcm'
    const random = seededRandom(1)
    const keys = { crypto, encType, clientKey: client.publicKey, nodeKey: onionKeys.publicKey }
    const cipher = deriveLayerCipher({ ...keys, ownSecret: client.secretKey, other: onionKeys.publicKey })
    const data = concatBytes(...sealWithCipher({ crypto, random }, cipher, input.subarray(1)))
    const frame: OnionFrame = { data, ephemeralKey: client.publicKey, encType, hop: 0 }
    const peeled = peelOnionLayer({ crypto, random, own: onionKeys, frame })
    must(peeled.kind !== 'refused', 'a layer whose key fits is opened')
    if (peeled.kind === 'relay') mustBeRelayed(peeled.forward)
    if (peeled.kind === 'malformed')
      decodeReplyContent(openWithCipher(crypto, cipher, replyCiphertext(peeled.sealedReply)))
    if (peeled.kind !== 'final') return peeled
    using reply = peeled.reply
    const content = { status: 200, body: '{"t":1}', isJson: true }
    const opened = decodeReplyContent(
      openWithCipher(
        crypto,
        deriveLayerCipher({ ...keys, ownSecret: client.secretKey, other: onionKeys.publicKey }),
        replyCiphertext(reply.seal(content)),
      ),
    )
    must(opened.status === 200, 'the answer is opened by who asked')
    return peeled.request
  },
}

/** What a client gets back, behind a byte that says how: in clear, or sealed by the destination or the relay. */
const replies: FuzzTarget = {
  name: 'onion-reply',
  sources: ['protocol/src/onion/reply.ts', 'protocol/src/onion/server-payload.ts', 'protocol/src/onion/request.ts'],
  mutate: behindSelector((input, surroundings) =>
    (surroundings.dice.oneIn(2) ? mutateJson : mutateBt)(input, surroundings),
  ),
  words: ['status', 'body', 'result', 'code', 'headers', '{"result":"', 'l', 'content-type'],
  *seeds() {
    for (const plaintext of [
      ...vectorTexts('network-onion', 'plaintext_utf8').map(utf8),
      ...vectorJson('network-onion', 'values'),
    ])
      for (const how of [0, 1, 2, 3]) yield concatBytes(Uint8Array.of(how), plaintext)
    yield concatBytes(Uint8Array.of(4), utf8('l42:{"code":200,"headers":{"content-type":"x"}}5:hello'), utf8('e'))
    yield concatBytes(Uint8Array.of(4), utf8('l12:{"code":404}e'))
    for (const body of vectorTexts('network-onion', 'response_body_utf8'))
      yield concatBytes(Uint8Array.of(0), utf8(body))
  },
  run(input) {
    const how = (input[0] ?? 0) % 5
    const body = input.subarray(1)
    if (how === 4) return decodeServerReply(body)
    const random = seededRandom(2)
    const hop = { nodeId: nodeIds[0]!, x25519: onionKeys.publicKey }
    const destination = { kind: 'node', ...hop } as const
    using request = buildOnionRequest({
      crypto,
      random,
      path: [],
      destination,
      payload: utf8('{}'),
      encType: 'xchacha20',
    })
    if (how === 0) return [request.open(body), replyCiphertext(body)]
    const parsed = parseOnionBody(request.body)
    must(parsed.kind === 'frame', 'what is built is read')
    const peeled = peelOnionLayer({ crypto, random, own: onionKeys, frame: parsed.frame })
    must(peeled.kind === 'final', 'what is built for us is for us')
    const { ephemeralKey } = parsed.frame
    const cipher = deriveLayerCipher({
      crypto,
      encType: 'xchacha20',
      ownSecret: onionKeys.secretKey,
      other: ephemeralKey,
      clientKey: ephemeralKey,
      nodeKey: onionKeys.publicKey,
    })
    const sealed = concatBytes(...sealWithCipher({ crypto, random }, cipher, body))
    const opened = request.open(
      how === 1 ? sealed : utf8(how === 2 ? toBase64(sealed) : JSON.stringify({ result: toBase64(sealed) })),
    )
    must(opened.kind === 'node', 'what the destination sealed is of the destination')
    mustEqualBytes(replyCiphertext(sealed), sealed, 'a raw answer is taken as it is')
    return opened
  },
}

export const onionTargets: readonly FuzzTarget[] = [bodies, frames, layers, replies]
