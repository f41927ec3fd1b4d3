import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import vectors from '../../vectors/messages.json' with { type: 'json' }
import { MAX_UNIX_MILLIS, unixMillis } from '../brand.ts'
import { fromBase64, toBase64 } from '../bytes/base64.ts'
import { concatBytes } from '../bytes/bytes.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { AuthenticationError, MalformedInputError } from '../errors.ts'
import { parseAccountId } from '../identity/account-id.ts'
import { deriveAccountKeys, parseAccountSeed } from '../identity/account-seed.ts'
import { parseDisplayName } from '../identity/display-name.ts'
import { fixedRandom, nobleCrypto, seededRandom } from '../testing.ts'
import { buildContent } from './build-content.ts'
import { encodeContent } from './content.ts'
import { buildStoredMessage, isNewerEnvelope, openStoredMessage } from './envelope.ts'
import { Envelope, WebSocketMessage } from './generated/envelope.ts'
import { sealMessage } from './sealed-message.ts'

const crypto = nobleCrypto()
const account = (seed: string) => deriveAccountKeys(crypto, parseAccountSeed(fromHex(seed)))
const { direct_message: direct, direct_message_sync_copy: copy } = vectors
const alice = account(direct.sender_seed32)
const bob = account(direct.recipient_seed32)
const random = seededRandom('envelope')
const timestamp = unixMillis(direct.timestamp_ms)
const hello = { kind: 'visible', text: 'Hello, Session!' } as const
const text = (body: string) => buildContent({ kind: 'visible', text: body }, { timestamp })

/** Draws of which the known messages were made; their scalars are reduced already. */
function drawsOf(ephemeral: string) {
  const { r, s } = direct.pro_sig_decoy_built_from
  const wide = (scalar: string) => concatBytes(fromHex(scalar), new Uint8Array(32))
  return fixedRandom(fromHex(ephemeral), wide(r), wide(s))
}

test('builds the known message, byte for byte, and opens it', () => {
  const content = buildContent(hello, {
    timestamp,
    profile: { name: parseDisplayName('Alice'), updatedSeconds: 1735689000 },
  })
  expect(toHex(encodeContent(content))).toBe(direct.content)
  const draws = drawsOf(direct.ephemeral_private)
  const recipient = parseAccountId(direct.recipient_account_id)
  const data = buildStoredMessage({ crypto, random: draws, sender: alice, recipient, content, timestamp })
  expect(toHex(data)).toBe(direct.websocket_message)
  expect(toBase64(data)).toBe(direct.stored_base64)
  const opened = openStoredMessage({ crypto, data, recipient: bob })
  expect(opened).toMatchObject({ sender: direct.sender_account_id, timestamp: direct.timestamp_ms })
  expect(toHex(encodeContent(opened.content))).toBe(direct.content)
})

test('the known layers lie in each other', () => {
  for (const vector of [direct, copy]) {
    const { request } = WebSocketMessage.decode(fromHex(vector.websocket_message))
    expect(request).toMatchObject({ verb: '', path: '', requestId: 0n })
    expect(toHex(request!.body!)).toBe(vector.envelope)
    const envelope = Envelope.decode(request!.body!)
    expect(toHex(envelope.content!)).toBe(vector.sealed)
    expect(toHex(envelope.proSig!)).toBe(direct.pro_sig_decoy)
  }
})

test('builds the known copy to oneself, and opens it', () => {
  const content = buildContent(hello, {
    timestamp,
    profile: { name: parseDisplayName('Alice'), updatedSeconds: 1 },
    syncTarget: parseAccountId(copy.sync_target),
  })
  expect(toHex(encodeContent(content))).toBe(copy.content)
  const draws = drawsOf(copy.ephemeral_private)
  const options = { crypto, random: draws, sender: alice, recipient: alice.accountId, content, timestamp }
  const data = buildStoredMessage(options)
  expect(toBase64(data)).toBe(copy.stored_base64)
  expect(openStoredMessage({ crypto, data, recipient: alice }).sender).toBe(alice.accountId)
})

test('a short message has the known size', () => {
  const { content_text, timestamp_ms, total_bytes } = direct.size_check
  const time = unixMillis(timestamp_ms)
  const content = buildContent({ kind: 'visible', text: content_text }, { timestamp: time })
  const options = { crypto, random, sender: alice, recipient: bob.accountId, content, timestamp: time }
  expect(buildStoredMessage(options)).toHaveLength(total_bytes)
})

test('opens messages of other producers', () => {
  for (const foreign of vectors.foreign_messages) {
    const recipient = account(foreign.recipient_seed32)
    const opened = openStoredMessage({ crypto, data: fromBase64(foreign.stored_base64), recipient })
    expect(opened).toMatchObject({ sender: foreign.sender_account_id, timestamp: foreign.envelope_timestamp_ms })
    expect(toHex(encodeContent(opened.content))).toBe(foreign.content)
  }
})

test('any text of any time reaches its recipient', () => {
  const bodies = fc.string({ unit: 'binary', minLength: 1, maxLength: 500 }).filter((body) => body.trim() !== '')
  const times = fc.nat({ max: MAX_UNIX_MILLIS }).map(unixMillis)
  fc.assert(
    fc.property(bodies, times, (body, time) => {
      const content = buildContent({ kind: 'visible', text: body }, { timestamp: time })
      const options = { crypto, random, sender: alice, recipient: bob.accountId, content, timestamp: time }
      const opened = openStoredMessage({ crypto, data: buildStoredMessage(options), recipient: bob })
      expect(opened).toMatchObject({ sender: alice.accountId, timestamp: time })
      expect(opened.content.dataMessage?.body).toBe(body)
    }),
    { numRuns: 20 },
  )
})

test('the time inside is the time outside, whatever the content said', () => {
  const options = { crypto, random, sender: alice, recipient: bob.accountId, content: text('hello') }
  const data = buildStoredMessage({ ...options, timestamp: unixMillis(7) })
  expect(openStoredMessage({ crypto, data, recipient: bob })).toMatchObject({
    timestamp: 7,
    content: { sigTimestamp: 7n },
  })
})

test('refuses a message whose time was changed on its way', () => {
  const data = storedWith({ timestamp: BigInt(timestamp) + 1n })
  expect(() => openStoredMessage({ crypto, data, recipient: bob })).toThrow(
    expect.objectContaining({ code: 'timestamp_mismatch' }),
  )
})

test('takes the time outside where there is none inside', () => {
  const sealed = sealMessage({
    crypto,
    random,
    content: encodeContent({ dataMessage: { body: 'old' } }),
    sender: alice,
    recipient: bob.accountId,
  })
  const data = storedWith({ content: sealed, timestamp: 5n })
  expect(openStoredMessage({ crypto, data, recipient: bob }).timestamp).toBe(5)
})

test('what is outside the sealed box is not believed', () => {
  const { source, ...believed } = {
    source: bob.accountId,
    ...openStoredMessage({ crypto, data: stored(), recipient: bob }),
  }
  const data = storedWith({ source, sourceDevice: 9, serverTimestamp: 1n, proSig: new Uint8Array(3) })
  expect(openStoredMessage({ crypto, data, recipient: bob })).toEqual(believed)
})

test('refuses layers that are incomplete or of another type', () => {
  const request = WebSocketMessage.decode(stored()).request
  const refused = [
    new Uint8Array(),
    wrapped({ request }),
    wrapped({ type: 2, request }),
    wrapped({ type: 1 }),
    wrapped({ type: 1, request: {} }),
    storedWith({ type: 7 }),
    storedWith({ type: undefined }),
    storedWith({ content: undefined }),
    storedWith({ timestamp: undefined }),
    storedWith({ timestamp: 2n ** 53n }),
    // No calendar has it.
    storedWith({ timestamp: BigInt(MAX_UNIX_MILLIS) + 1n }),
    concatBytes(stored(), new Uint8Array(80_000)),
  ]
  for (const data of refused) {
    expect(() => openStoredMessage({ crypto, data, recipient: bob })).toThrow(
      expect.objectContaining({ code: 'envelope' }),
    )
  }
})

test('names a message of a newer kind as such', () => {
  const data = concatBytes(fromHex('0002'), random(1534))
  expect([isNewerEnvelope(data), isNewerEnvelope(stored())]).toEqual([true, false])
  expect(() => openStoredMessage({ crypto, data, recipient: bob })).toThrow(
    expect.objectContaining({ code: 'envelope_version' }),
  )
})

test('does not build what no node would store', () => {
  const content = { dataMessage: { body: 'a'.repeat(77_000) } }
  const options = { crypto, random, sender: alice, recipient: bob.accountId, content, timestamp }
  expect(() => buildStoredMessage(options)).toThrow(expect.objectContaining({ code: 'envelope' }))
})

test('two messages of the same text have nothing in common outside', () => {
  const [first, second] = [stored(), stored()].map((data) =>
    Envelope.decode(WebSocketMessage.decode(data).request!.body!),
  )
  expect(first!.content).not.toEqual(second!.content)
  expect(first!.proSig).toHaveLength(64)
  expect(first!.proSig).not.toEqual(second!.proSig)
})

test('any bytes and any damage give the same message or a typed error', () => {
  const valid = stored()
  const { content } = openStoredMessage({ crypto, data: valid, recipient: bob })
  const damaged = fc
    .tuple(fc.nat(valid.length - 1), fc.uint8Array({ maxLength: 4 }), fc.nat(4))
    .map(([at, inserted, removed]) => concatBytes(valid.slice(0, at), inserted, valid.slice(at + removed)))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 500 }), damaged), (data) => {
      try {
        expect(openStoredMessage({ crypto, data, recipient: bob })).toMatchObject({ sender: alice.accountId, content })
      } catch (error) {
        if (!(error instanceof AuthenticationError)) expect(error).toBeInstanceOf(MalformedInputError)
      }
    }),
    { numRuns: 300 },
  )
})

function stored(): Uint8Array {
  const options = { crypto, random, sender: alice, recipient: bob.accountId, content: text('hello'), timestamp }
  return buildStoredMessage(options)
}

function storedWith(changes: Partial<Envelope>): Uint8Array {
  const envelope = Envelope.decode(WebSocketMessage.decode(stored()).request!.body!)
  const body = Envelope.encode({ ...envelope, ...changes }).finish()
  return wrapped({ type: 1, request: { verb: '', path: '', body, requestId: 0n } })
}

function wrapped(message: WebSocketMessage): Uint8Array {
  return WebSocketMessage.encode(message).finish()
}
