/** The acceptance suite of the `Crypto` port: published vectors, agreement with the noble libraries, and every failure. */
import { readFileSync } from 'node:fs'
import { before, describe, test } from 'node:test'
import {
  type Crypto,
  type Ed25519PublicKey,
  type Ed25519SecretKey,
  fromHex,
  type Signature,
  toHex,
  utf8,
  type X25519PublicKey,
  type X25519SecretKey,
} from '@starling/protocol'
import { nobleCrypto } from '@starling/protocol/testing'
import { expect } from 'expect'
import fc from 'fast-check'

const vectors = JSON.parse(readFileSync(new URL('../vectors/crypto.json', import.meta.url), 'utf8'))
const messageVectors = JSON.parse(
  readFileSync(new URL(import.meta.resolve('@starling/protocol/vectors/messages.json')), 'utf8'),
)
const noble = nobleCrypto()

export function describeCrypto(name: string, create: () => Crypto | Promise<Crypto>): void {
  describe(name, () => {
    let crypto: Crypto
    before(async () => {
      crypto = await create()
    })
    testVectors(() => crypto)
    testAgreementWithNoble(() => crypto)
    testStreams(() => crypto)
    testFailures(() => crypto)
    testOwnership(() => crypto)
  })
}

function testVectors(crypto: () => Crypto): void {
  test('hashes as the published vectors say', () => {
    for (const v of vectors.blake2b) expect(toHex(crypto().blake2b(v.size, fromHex(v.messageHex)))).toBe(v.hashHex)
    for (const v of vectors.sha256) expect(toHex(crypto().sha256(fromHex(v.messageHex)))).toBe(v.hashHex)
    for (const v of vectors.sha512) expect(toHex(crypto().sha512(fromHex(v.messageHex)))).toBe(v.hashHex)
    for (const v of vectors.hmacSha256)
      expect(toHex(crypto().hmacSha256(fromHex(v.keyHex), fromHex(v.messageHex)))).toBe(v.tagHex)
  })

  test('derives a key from a passphrase as Argon2id of RFC 9106 does, and waits for the cost', async () => {
    const salt = new Uint8Array(16).fill(7)
    const passphrase = new TextEncoder().encode('correct horse battery staple')
    const cost = { memoryKib: 64, passes: 2 }
    const key = await crypto().argon2id(passphrase, salt, cost)
    expect(toHex(key)).toBe('31d9f908cf47730705dae46f022b85d66209be2594cecc037602d7bce32fa609')
    expect(await noble.argon2id(passphrase, salt, cost)).toEqual(key)
    expect(await crypto().argon2id(passphrase, salt, { ...cost, passes: 3 })).not.toEqual(key)
    expect((await crypto().argon2id(new Uint8Array(), salt, cost)).length).toBe(32)
    await expect((async () => crypto().argon2id(passphrase, salt.subarray(1), cost))()).rejects.toThrow()
  })

  test('signs as RFC 8032 says', () => {
    for (const v of vectors.ed25519) {
      const { publicKey, secretKey } = crypto().ed25519KeyPair(fromHex(v.seedHex))
      expect(toHex(publicKey)).toBe(v.publicKeyHex)
      expect(toHex(crypto().ed25519Sign(secretKey, fromHex(v.messageHex)))).toBe(v.signatureHex)
      expect(crypto().ed25519Verify(publicKey, fromHex(v.messageHex), fromHex(v.signatureHex))).toBe(true)
    }
  })

  test('agrees on secrets as RFC 7748 says', () => {
    for (const v of vectors.x25519)
      expect(toHex(crypto().x25519(xSecret(fromHex(v.secretKeyHex)), xPublic(fromHex(v.publicKeyHex))))).toBe(
        v.sharedHex,
      )
    let k: Uint8Array = Uint8Array.of(9, ...new Uint8Array(31))
    let u = k
    for (let i = 0; i < 1000; i++) {
      const next = crypto().x25519(xSecret(k), xPublic(u))
      u = k
      k = next
      if (i === 0) expect(toHex(k)).toBe(vectors.x25519Iterated.once)
    }
    expect(toHex(k)).toBe(vectors.x25519Iterated.thousandTimes)
  })

  test('seals and opens as the published vectors say', () => {
    for (const v of vectors.xchacha20Poly1305) {
      const [key, nonce, data] = [fromHex(v.keyHex), fromHex(v.nonceHex), fromHex(v.associatedDataHex)]
      expect(toHex(crypto().xchacha20Poly1305Seal(key, nonce, fromHex(v.plaintextHex), data))).toBe(v.sealedHex)
      expect(toHex(crypto().xchacha20Poly1305Open(key, nonce, fromHex(v.sealedHex), data)!)).toBe(v.plaintextHex)
    }
    for (const v of vectors.aes256Gcm) {
      const [key, nonce] = [fromHex(v.keyHex), fromHex(v.nonceHex)]
      expect(toHex(crypto().aes256GcmSeal(key, nonce, fromHex(v.plaintextHex)))).toBe(v.sealedHex)
      expect(toHex(crypto().aes256GcmOpen(key, nonce, fromHex(v.sealedHex))!)).toBe(v.plaintextHex)
    }
  })

  test('seals files as the vectors of messages say', () => {
    const { attachment_legacy_unpadded: file, attachment_stream: stream } = messageVectors
    const [key, iv] = [fromHex(file.key64), fromHex(file.iv)]
    const sealed = fromHex(file.blob).subarray(16)
    expect(crypto().aes256CbcHmacSeal(key, iv, utf8(file.plaintext_text))).toEqual(sealed)
    expect(crypto().aes256CbcHmacOpen(key, iv, sealed)).toEqual(utf8(file.plaintext_text))
    const { header24, key32, blob_first_64 } = stream.attachment
    const text = utf8(stream.plaintext_text)
    // What is padded to 4096 bytes: the mark 53 and the header before it, 17 bytes more than the chunk.
    const chunk = Uint8Array.of(...new Uint8Array(4096 - 25 - 17 - 1 - text.length), 1, ...text)
    const first = crypto().secretStreamSealer(fromHex(key32), fromHex(header24)).seal(chunk, { isLast: true })
    expect(toHex(first.subarray(0, 39))).toBe(blob_first_64.slice(50))
  })

  test('derives the keys of the network vectors', () => {
    for (const v of vectors.identities.list) {
      const { publicKey, secretKey } = crypto().ed25519KeyPair(fromHex(v.seedHex))
      expect(toHex(publicKey)).toBe(v.ed25519PublicHex)
      expect(toHex(secretKey)).toBe(v.ed25519SecretHex)
      if (v.x25519PublicHex === undefined) continue
      const encryption = crypto().ed25519SecretToX25519(secretKey)
      expect(toHex(encryption)).toBe(v.x25519SecretHex)
      expect(toHex(crypto().x25519KeyPair(encryption).publicKey)).toBe(v.x25519PublicHex)
      expect(toHex(crypto().ed25519ToX25519(publicKey))).toBe(v.x25519PublicHex)
    }
    for (const v of vectors.scalarMultBase)
      expect(toHex(crypto().ed25519ScalarMultBase(fromHex(v.scalarHex)))).toBe(v.pointHex)
  })

  test('computes the onion layer of the network vectors', () => {
    const v = vectors.onionLayer
    const [client, server] = [fromHex(v.clientPublicHex), fromHex(v.serverPublicHex)]
    const shared = crypto().x25519(xSecret(fromHex(v.serverSecretHex)), xPublic(client))
    expect(toHex(shared)).toBe(v.sharedHex)
    expect(toHex(crypto().x25519(xSecret(fromHex(v.clientSecretHex)), xPublic(server)))).toBe(v.sharedHex)
    const xchachaKey = crypto().blake2b(32, Uint8Array.of(...shared, ...client, ...server))
    const gcmKey = crypto().hmacSha256(new TextEncoder().encode('LOKI'), shared)
    expect([toHex(xchachaKey), toHex(gcmKey)]).toEqual([v.xchachaKeyHex, v.gcmKeyHex])
    const open = (cipher: string, sealed: Uint8Array) =>
      cipher === 'aes-gcm'
        ? crypto().aes256GcmOpen(gcmKey, sealed.subarray(0, 12), sealed.subarray(12))
        : crypto().xchacha20Poly1305Open(xchachaKey, sealed.subarray(0, 24), sealed.subarray(24))
    for (const { cipher, sealedHex } of v.valid) expect(toHex(open(cipher, fromHex(sealedHex))!)).toBe(v.plaintextHex)
    for (const { cipher, sealedHex } of v.invalid) expect(open(cipher, fromHex(sealedHex))).toBe(undefined)
  })
}

function testAgreementWithNoble(crypto: () => Crypto): void {
  test('hashes as noble does', () => {
    const property = fc.property(
      messages,
      fc.integer({ min: 1, max: 64 }),
      exactly(1, 64),
      exactly(0, 200),
      (message, size, key, anyKey) => {
        expect(crypto().blake2b(size, message)).toEqual(noble.blake2b(size, message))
        expect(crypto().blake2b(size, message, key)).toEqual(noble.blake2b(size, message, key))
        expect(crypto().sha256(message)).toEqual(noble.sha256(message))
        expect(crypto().sha512(message)).toEqual(noble.sha512(message))
        expect(crypto().hmacSha256(anyKey, message)).toEqual(noble.hmacSha256(anyKey, message))
      },
    )
    fc.assert(property)
  })

  test('makes the keys and signatures that noble makes', () => {
    const property = fc.property(exactly(32), messages, (seed, message) => {
      const pair = crypto().ed25519KeyPair(seed)
      expect(pair).toEqual(noble.ed25519KeyPair(seed))
      const signature = crypto().ed25519Sign(pair.secretKey, message)
      expect(signature).toEqual(noble.ed25519Sign(pair.secretKey, message))
      expect(crypto().ed25519Verify(pair.publicKey, message, signature)).toBe(true)
      expect(crypto().ed25519ToX25519(pair.publicKey)).toEqual(noble.ed25519ToX25519(pair.publicKey))
      expect(crypto().ed25519SecretToX25519(pair.secretKey)).toEqual(noble.ed25519SecretToX25519(pair.secretKey))
    })
    fc.assert(property, { numRuns: 30 })
  })

  test('multiplies and reduces scalars as noble does', () => {
    const property = fc.property(exactly(64), (wide) => {
      const scalar = crypto().ed25519ScalarReduce(wide)
      expect(scalar).toEqual(noble.ed25519ScalarReduce(wide))
      fc.pre(scalar.some((byte) => byte !== 0))
      expect(crypto().ed25519ScalarMultBase(scalar)).toEqual(noble.ed25519ScalarMultBase(scalar))
    })
    fc.assert(property, { numRuns: 30 })
  })

  test('agrees on the secrets and boxes of noble', () => {
    const property = fc.property(exactly(32), exactly(32), exactly(24), messages, (mine, theirs, nonce, message) => {
      const [alice, bob] = [crypto().x25519KeyPair(mine), crypto().x25519KeyPair(theirs)]
      expect(alice).toEqual(noble.x25519KeyPair(mine))
      expect(crypto().x25519(alice.secretKey, bob.publicKey)).toEqual(noble.x25519(bob.secretKey, alice.publicKey))
      const sealed = crypto().boxSeal(message, nonce, bob.publicKey, alice.secretKey)
      expect(sealed).toEqual(noble.boxSeal(message, nonce, bob.publicKey, alice.secretKey))
      expect(crypto().boxOpen(sealed, nonce, alice.publicKey, bob.secretKey)).toEqual(message)
    })
    fc.assert(property, { numRuns: 30 })
  })

  test('seals as noble does, and opens it', () => {
    const property = fc.property(
      exactly(32),
      exactly(24),
      messages,
      fc.option(messages, { nil: undefined }),
      (key, nonce, message, data) => {
        const sealed = crypto().xchacha20Poly1305Seal(key, nonce, message, data)
        expect(sealed).toEqual(noble.xchacha20Poly1305Seal(key, nonce, message, data))
        expect(crypto().xchacha20Poly1305Open(key, nonce, sealed, data)).toEqual(message)
        const short = nonce.subarray(0, 12)
        const gcm = crypto().aes256GcmSeal(key, short, message)
        expect(gcm).toEqual(noble.aes256GcmSeal(key, short, message))
        expect(crypto().aes256GcmOpen(key, short, gcm)).toEqual(message)
      },
    )
    fc.assert(property)
  })
}

function testStreams(crypto: () => Crypto): void {
  const [key, header] = [new Uint8Array(32).fill(1), new Uint8Array(24).fill(2)]
  const opener = () => crypto().secretStreamOpener(key, header)
  const sealAll = (of: Crypto, chunks: readonly Uint8Array[]) => {
    const sealer = of.secretStreamSealer(key, header)
    return chunks.map((chunk, i) => sealer.seal(chunk, { isLast: i === chunks.length - 1 }))
  }

  test('seals files as noble does, and opens them', () => {
    const property = fc.property(exactly(64), exactly(16), messages, (fileKey, iv, message) => {
      const sealed = crypto().aes256CbcHmacSeal(fileKey, iv, message)
      expect(sealed).toEqual(noble.aes256CbcHmacSeal(fileKey, iv, message))
      expect(crypto().aes256CbcHmacOpen(fileKey, iv, sealed)).toEqual(message)
    })
    fc.assert(property)
  })

  test('seals streams as noble does, and opens them chunk by chunk', () => {
    const property = fc.property(fc.array(messages, { minLength: 1, maxLength: 5 }), (chunks) => {
      const sealed = sealAll(crypto(), chunks)
      expect(sealed).toEqual(sealAll(noble, chunks))
      const stream = opener()
      expect(sealed.map((each) => stream.open(each))).toEqual(
        chunks.map((chunk, i) => ({ chunk, isLast: i === chunks.length - 1 })),
      )
    })
    fc.assert(property, { numRuns: 50 })
  })

  test('opens no chunk that was changed, cut, extended, left out or put elsewhere', () => {
    const [first, second] = sealAll(crypto(), [header, key]) as [Uint8Array, Uint8Array]
    for (const wrong of [second, flipBit(first, 0, 0), flipBit(first, 5, 3), first.subarray(1), new Uint8Array(16)])
      expect(opener().open(wrong)).toBe(undefined)
    expect(opener().open(Uint8Array.of(...first, 0))).toBe(undefined)
    const stream = opener()
    expect(stream.open(first)).toEqual({ chunk: header, isLast: false })
    expect(stream.open(first)).toBe(undefined)
  })

  test('opens no file that is authentic but not padded', () => {
    const fileKey = new Uint8Array(64).fill(3)
    const iv = new Uint8Array(16)
    // What decrypts to rubbish, under a tag that is right.
    const ciphertext = new Uint8Array(32)
    const tag = noble.hmacSha256(fileKey.subarray(32), Uint8Array.of(...iv, ...ciphertext))
    expect(crypto().aes256CbcHmacOpen(fileKey, iv, Uint8Array.of(...ciphertext, ...tag))).toBe(undefined)
  })
}

function testFailures(crypto: () => Crypto): void {
  const key = new Uint8Array(32).fill(1)
  const nonce = new Uint8Array(24).fill(2)
  const fileKey = new Uint8Array(64).fill(3)

  test('opens nothing that was changed, cut or extended', () => {
    const property = fc.property(messages, fc.nat(), fc.nat({ max: 7 }), (message, at, bit) => {
      const pair = crypto().x25519KeyPair(key)
      const openers: [Uint8Array, (sealed: Uint8Array) => Uint8Array | undefined][] = [
        [
          crypto().xchacha20Poly1305Seal(key, nonce, message, key),
          (c) => crypto().xchacha20Poly1305Open(key, nonce, c, key),
        ],
        [
          crypto().aes256GcmSeal(key, nonce.subarray(0, 12), message),
          (c) => crypto().aes256GcmOpen(key, nonce.subarray(0, 12), c),
        ],
        [
          crypto().boxSeal(message, nonce, pair.publicKey, pair.secretKey),
          (c) => crypto().boxOpen(c, nonce, pair.publicKey, pair.secretKey),
        ],
        [
          crypto().aes256CbcHmacSeal(fileKey, nonce.subarray(0, 16), message),
          (c) => crypto().aes256CbcHmacOpen(fileKey, nonce.subarray(0, 16), c),
        ],
      ]
      for (const [sealed, open] of openers) {
        expect(open(flipBit(sealed, at, bit))).toBe(undefined)
        expect(open(sealed.subarray(0, at % sealed.length))).toBe(undefined)
        expect(open(Uint8Array.of(...sealed, 0))).toBe(undefined)
      }
    })
    fc.assert(property)
  })

  test('opens nothing with other associated data or a nonce of a wrong length', () => {
    const pair = crypto().x25519KeyPair(key)
    const sealed = crypto().xchacha20Poly1305Seal(key, nonce, key, key)
    expect(crypto().xchacha20Poly1305Open(key, nonce, sealed)).toBe(undefined)
    expect(crypto().xchacha20Poly1305Open(key, nonce, sealed, nonce)).toBe(undefined)
    expect(crypto().xchacha20Poly1305Open(key, nonce.subarray(1), sealed, key)).toBe(undefined)
    expect(crypto().aes256GcmOpen(key, nonce, sealed)).toBe(undefined)
    expect(crypto().aes256GcmOpen(key, new Uint8Array(0), sealed)).toBe(undefined)
    expect(crypto().boxOpen(sealed, key, pair.publicKey, pair.secretKey)).toBe(undefined)
    expect(crypto().boxOpen(sealed, nonce, xPublic(nonce), pair.secretKey)).toBe(undefined)
    expect(crypto().aes256CbcHmacOpen(fileKey, nonce, sealed)).toBe(undefined)
  })

  test('accepts no signature that was changed, or of another message or key', () => {
    const pair = crypto().ed25519KeyPair(key)
    const property = fc.property(exactly(1, 200), fc.nat(), fc.nat({ max: 7 }), (message, at, bit) => {
      const signature = crypto().ed25519Sign(pair.secretKey, message)
      expect(crypto().ed25519Verify(pair.publicKey, message, flipBit(signature, at, bit))).toBe(false)
      expect(crypto().ed25519Verify(pair.publicKey, flipBit(message, at, bit), signature)).toBe(false)
      expect(crypto().ed25519Verify(flipBit(pair.publicKey, at, bit), message, signature)).toBe(false)
    })
    fc.assert(property, { numRuns: 50 })
  })

  test('accepts no signature or key of a wrong length, and none of a weak key', () => {
    const pair = crypto().ed25519KeyPair(key)
    const signature = crypto().ed25519Sign(pair.secretKey, nonce)
    for (const wrong of [signature.subarray(1), Uint8Array.of(...signature, 0), new Uint8Array(0)])
      expect(crypto().ed25519Verify(pair.publicKey, nonce, wrong)).toBe(false)
    expect(crypto().ed25519Verify(pair.publicKey.subarray(1), nonce, signature)).toBe(false)
    // R = identity and s = 0 satisfy the equation for every key of order 1.
    const trivial = Uint8Array.of(1, ...new Uint8Array(63))
    for (const weak of vectors.lowOrderEd25519)
      expect(crypto().ed25519Verify(fromHex(weak), nonce, trivial)).toBe(false)
  })

  test('refuses public keys that are weak, no point or of a wrong length', () => {
    const pair = crypto().x25519KeyPair(key)
    for (const weak of [...vectors.lowOrderX25519.map(fromHex), key.subarray(1)]) {
      expect(codeOf(() => crypto().x25519(pair.secretKey, xPublic(weak)))).toBe('weak_public_key')
      expect(codeOf(() => crypto().boxSeal(key, nonce, xPublic(weak), pair.secretKey))).toBe('weak_public_key')
      expect(crypto().boxOpen(new Uint8Array(40), nonce, xPublic(weak), pair.secretKey)).toBe(undefined)
    }
    const noPoint = Uint8Array.of(2, ...new Uint8Array(31))
    for (const weak of [...vectors.lowOrderEd25519.map(fromHex), noPoint, key.subarray(1)])
      expect(codeOf(() => crypto().ed25519ToX25519(weak as Ed25519PublicKey))).toBe('weak_public_key')
  })

  test('refuses secrets, nonces and sizes of a wrong length', () => {
    const pair = crypto().x25519KeyPair(key)
    const short = key.subarray(1)
    const calls: (() => unknown)[] = [
      () => crypto().blake2b(0, key),
      () => crypto().blake2b(65, key),
      () => crypto().blake2b(32, key, new Uint8Array(0)),
      () => crypto().blake2b(32, key, new Uint8Array(65)),
      () => crypto().ed25519KeyPair(short),
      () => crypto().ed25519Sign(key as Ed25519SecretKey, key),
      () => crypto().ed25519SecretToX25519(key as Ed25519SecretKey),
      () => crypto().ed25519ScalarMultBase(short),
      () => crypto().ed25519ScalarReduce(key),
      () => crypto().x25519KeyPair(short),
      () => crypto().x25519(xSecret(short), pair.publicKey),
      () => crypto().xchacha20Poly1305Seal(short, nonce, key),
      () => crypto().xchacha20Poly1305Seal(key, short, key),
      () => crypto().xchacha20Poly1305Open(short, nonce, key),
      () => crypto().aes256GcmSeal(short, nonce.subarray(12), key),
      () => crypto().aes256GcmSeal(key, nonce, key),
      () => crypto().aes256GcmOpen(short, nonce.subarray(12), key),
      () => crypto().boxSeal(key, short, pair.publicKey, pair.secretKey),
      () => crypto().boxSeal(key, nonce, pair.publicKey, xSecret(short)),
      () => crypto().boxOpen(key, nonce, pair.publicKey, xSecret(short)),
      () => crypto().aes256CbcHmacSeal(key, nonce.subarray(8), key),
      () => crypto().aes256CbcHmacSeal(fileKey, nonce, key),
      () => crypto().aes256CbcHmacOpen(key, nonce.subarray(8), fileKey),
      () => crypto().secretStreamSealer(short, nonce),
      () => crypto().secretStreamSealer(key, key),
      () => crypto().secretStreamOpener(short, nonce),
      () => crypto().secretStreamOpener(key, key),
    ]
    expect(calls.map(codeOf)).toEqual(calls.map(() => 'wrong_length'))
  })

  test('multiplies by no scalar that is zero or reaches the group order', () => {
    const order = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')
    const most = Uint8Array.of(order[0]! - 1, ...order.subarray(1))
    expect(crypto().ed25519ScalarMultBase(most)).toEqual(noble.ed25519ScalarMultBase(most))
    for (const scalar of [order, new Uint8Array(32), new Uint8Array(32).fill(255)])
      expect(codeOf(() => crypto().ed25519ScalarMultBase(scalar))).toBe('scalar_out_of_range')
    expect(crypto().ed25519ScalarReduce(Uint8Array.of(...order, ...new Uint8Array(32)))).toEqual(new Uint8Array(32))
  })
}

function testOwnership(crypto: () => Crypto): void {
  /** What every function returns for fixed arguments that are views into a larger buffer. */
  function callAll(args: Uint8Array): Uint8Array[] {
    const [key, nonce, message] = [args.subarray(3, 35), args.subarray(40, 64), args.subarray(70)]
    const signing = crypto().ed25519KeyPair(key)
    const agreeing = crypto().x25519KeyPair(key)
    const gcm = crypto().aes256GcmSeal(key, nonce.subarray(12), message)
    const sealed = crypto().xchacha20Poly1305Seal(key, nonce, message, key)
    const boxed = crypto().boxSeal(message, nonce, agreeing.publicKey, agreeing.secretKey)
    const fileKey = args.subarray(100, 164)
    const file = crypto().aes256CbcHmacSeal(fileKey, nonce.subarray(8), message)
    const chunk = crypto().secretStreamSealer(key, nonce).seal(message, { isLast: true })
    const signature: Signature = crypto().ed25519Sign(signing.secretKey, message)
    return [
      ...[crypto().blake2b(32, message, key), crypto().blake2b(8, message), crypto().sha256(message)],
      ...[crypto().sha512(message), crypto().hmacSha256(key, message)],
      ...[signing.publicKey, signing.secretKey, signature, agreeing.publicKey, agreeing.secretKey],
      ...[crypto().ed25519ToX25519(signing.publicKey), crypto().ed25519SecretToX25519(signing.secretKey)],
      ...[crypto().ed25519ScalarReduce(args.subarray(0, 64)), crypto().ed25519ScalarMultBase(scalarOf(key))],
      ...[crypto().x25519(agreeing.secretKey, agreeing.publicKey), gcm, sealed, boxed],
      crypto().aes256GcmOpen(key, nonce.subarray(12), gcm)!,
      crypto().xchacha20Poly1305Open(key, nonce, sealed, key)!,
      crypto().boxOpen(boxed, nonce, agreeing.publicKey, agreeing.secretKey)!,
      ...[file, crypto().aes256CbcHmacOpen(fileKey, nonce.subarray(8), file)!],
      ...[chunk, crypto().secretStreamOpener(key, nonce).open(chunk)!.chunk],
    ]
  }
  const scalarOf = (key: Uint8Array) => Uint8Array.of(...key.subarray(0, 31), 0)

  test('returns plain arrays of their own memory', () => {
    for (const result of callAll(new Uint8Array(5000).fill(7))) {
      expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype)
      expect(result.buffer.byteLength).toBe(result.length)
    }
  })

  test('neither keeps nor changes what it is given, be it a Buffer', () => {
    const args = Buffer.alloc(5000, 7)
    const first = callAll(args)
    expect(args.every((byte) => byte === 7)).toBe(true)
    const copies = first.map((result) => result.slice())
    args.fill(9)
    callAll(args)
    expect(first).toEqual(copies)
    expect(callAll(Buffer.alloc(5000, 7))).toEqual(copies)
  })

  test('takes messages of megabytes', () => {
    const message = new Uint8Array(4_000_000).fill(5)
    const [key, nonce] = [message.slice(0, 32), message.slice(0, 24)]
    const sealed = crypto().xchacha20Poly1305Seal(key, nonce, message)
    expect(crypto().xchacha20Poly1305Open(key, nonce, sealed)?.length).toBe(message.length)
    const gcm = crypto().aes256GcmSeal(key, nonce.subarray(12), message)
    expect(crypto().aes256GcmOpen(key, nonce.subarray(12), gcm)?.length).toBe(message.length)
    expect(crypto().sha512(message)).toEqual(noble.sha512(message))
  })
}

const exactly = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength })
const messages = exactly(0, 300)
const xSecret = (bytes: Uint8Array) => bytes as X25519SecretKey
const xPublic = (bytes: Uint8Array) => bytes as X25519PublicKey

function flipBit(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const changed = bytes.slice()
  changed[at % changed.length]! ^= 1 << bit
  return changed
}

/** The code of the typed error that `fn` throws. */
function codeOf(fn: () => unknown): unknown {
  try {
    fn()
  } catch (error) {
    return (error as { code?: unknown }).code ?? error
  }
  return undefined
}
