/**
 * Files as a stream of chunks. The same file of the same account gives the same bytes and key, so that it need not be
 * uploaded twice. docs/protocol/attachment.md §4.
 */
import { concatBytes, joinBytes } from '../bytes/bytes.ts'
import type { Crypto, SecretStreamOpener, SecretStreamSealer } from '../crypto/crypto.ts'
import { AuthenticationError } from '../errors.ts'
import { assertFileSize, CHUNK_SIZE, SEALED_CHUNK_SIZE, streamPaddingSize } from './file-sizes.ts'

export const STREAM_KEY_SIZE = 32
export const STREAM_MARK = 0x53
const HEADER_SIZE = 24
const START_SIZE = 1 + HEADER_SIZE
/** What a file is for: the same bytes as file and as picture have nothing in common. */
const DOMAIN = { attachment: 0, picture: 1 } as const

export type StreamSecret = { readonly header: Uint8Array; readonly key: Uint8Array }

/** Of the account's seed (32 bytes) and the whole file: nobody else can tell from the blob whether a file is a known one. */
export function deriveStreamSecret(options: {
  crypto: Crypto
  seed: Uint8Array
  plain: Uint8Array
  purpose: keyof typeof DOMAIN
}): StreamSecret {
  const { crypto, seed, plain, purpose } = options
  const size = HEADER_SIZE + STREAM_KEY_SIZE
  const hash = crypto.blake2b(size, concatBytes(seed, plain), Uint8Array.of(DOMAIN[purpose]))
  return { header: hash.slice(0, HEADER_SIZE), key: hash.slice(HEADER_SIZE) }
}

/** Encrypts a file piece by piece; holds less than a chunk. */
export class StreamSealer {
  readonly #stream: SecretStreamSealer
  readonly #total: number
  #waiting: Uint8Array
  #taken: number

  /**
   * @param size of the file: as much must come in.
   * @throws {MalformedInputError} `attachment`, if it is over 10,000,000 bytes.
   */
  constructor(crypto: Crypto, { header, key }: StreamSecret, size: number) {
    assertFileSize(size)
    this.#stream = crypto.secretStreamSealer(key, header)
    const padding = new Uint8Array(streamPaddingSize(size))
    padding[padding.length - 1] = 1
    this.#waiting = padding
    this.#taken = padding.length
    this.#total = padding.length + size
    this.start = concatBytes(Uint8Array.of(STREAM_MARK), header)
  }

  /** What the blob begins with. */
  readonly start: Uint8Array

  /** The bytes of the blob that are certain now; after the last piece of the file, the rest. */
  seal(piece: Uint8Array): Uint8Array {
    this.#taken += piece.length
    const bytes = concatBytes(this.#waiting, piece)
    const isEnd = this.#taken === this.#total
    const sealed: Uint8Array[] = []
    let at = 0
    // A whole chunk waits for what comes behind it: it may be the last.
    while (bytes.length - at > CHUNK_SIZE || (isEnd && at < bytes.length)) {
      const chunk = bytes.subarray(at, at + CHUNK_SIZE)
      at += chunk.length
      sealed.push(this.#stream.seal(chunk, { isLast: isEnd && at === bytes.length }))
    }
    this.#waiting = bytes.slice(at)
    return joinBytes(sealed)
  }
}

/** Decrypts a blob piece by piece: every byte that it gives out is authentic, but only `end` tells that none is missing. */
export class StreamOpener {
  readonly #crypto: Crypto
  readonly #key: Uint8Array
  #stream: SecretStreamOpener | undefined
  #waiting: Uint8Array = new Uint8Array()
  #state: 'padding' | 'file' | 'ended' = 'padding'
  #isLast = false

  constructor(crypto: Crypto, key: Uint8Array) {
    if (key.length !== STREAM_KEY_SIZE) throw new AuthenticationError('open_failed')
    this.#crypto = crypto
    this.#key = key
  }

  /** @throws {AuthenticationError} `open_failed`, if a chunk is not as it was sealed, or comes after the last one. */
  open(piece: Uint8Array): Uint8Array {
    const bytes = concatBytes(this.#waiting, piece)
    let at = this.#stream === undefined ? this.#readStart(bytes) : 0
    const opened: Uint8Array[] = []
    // A whole chunk waits: when nothing comes behind it, it must be the last.
    while (this.#stream !== undefined && bytes.length - at > SEALED_CHUNK_SIZE) {
      opened.push(this.#openChunk(bytes.subarray(at, at + SEALED_CHUNK_SIZE)))
      at += SEALED_CHUNK_SIZE
    }
    this.#waiting = bytes.slice(at)
    return joinBytes(opened)
  }

  /** The rest of the file. @throws {AuthenticationError} `open_failed`, if something is missing. */
  end(): Uint8Array {
    const rest = this.#openChunk(this.#waiting)
    if (!this.#isLast || this.#state === 'padding') throw new AuthenticationError('open_failed')
    this.#state = 'ended'
    return rest
  }

  /** How much of `bytes` was the start. */
  #readStart(bytes: Uint8Array): number {
    if (bytes.length > 0 && bytes[0] !== STREAM_MARK) throw new AuthenticationError('open_failed')
    if (bytes.length < START_SIZE) return 0
    this.#stream = this.#crypto.secretStreamOpener(this.#key, bytes.subarray(1, START_SIZE))
    return START_SIZE
  }

  #openChunk(sealed: Uint8Array): Uint8Array {
    const opened = this.#isLast ? undefined : this.#stream?.open(sealed)
    if (opened === undefined) throw new AuthenticationError('open_failed')
    this.#isLast = opened.isLast
    return this.#state === 'padding' ? this.#skipPadding(opened.chunk) : opened.chunk
  }

  #skipPadding(chunk: Uint8Array): Uint8Array {
    const at = chunk.findIndex((byte) => byte !== 0)
    if (at === -1) return new Uint8Array()
    if (chunk[at] !== 1) throw new AuthenticationError('open_failed')
    this.#state = 'file'
    return chunk.subarray(at + 1)
  }
}

/** A whole file at once. @throws {MalformedInputError} `attachment`, if it is over 10,000,000 bytes. */
export function sealStream(crypto: Crypto, secret: StreamSecret, plain: Uint8Array): Uint8Array {
  const sealer = new StreamSealer(crypto, secret, plain.length)
  return concatBytes(sealer.start, sealer.seal(plain))
}

/** A whole blob at once. @throws {AuthenticationError} `open_failed` */
export function openStream(crypto: Crypto, blob: Uint8Array, key: Uint8Array): Uint8Array {
  const opener = new StreamOpener(crypto, key)
  return concatBytes(opener.open(blob), opener.end())
}
