/** Answers of a destination, encrypted once with the key of its layer. @see docs/protocol/onion.md §4 */

import { fromBase64, toBase64 } from '../bytes/base64.ts'
import { concatBytes, wipe } from '../bytes/bytes.ts'
import { utf8 } from '../bytes/utf8.ts'
import { isJsonObject, parseJson, parseJsonObject } from '../codec/json.ts'
import type { Crypto, RandomBytes } from '../crypto/crypto.ts'
import { MalformedInputError } from '../errors.ts'
import { type LayerCipher, sealWithCipher } from './cipher.ts'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** How the sender of a request wants its answer. */
export type ReplyOptions = {
  /** The body as JSON instead of JSON in a string; `false` unless asked for. */
  readonly json: boolean
  /** Base64 instead of raw bytes; `true` unless asked otherwise. */
  readonly base64: boolean
}

export const DEFAULT_REPLY_OPTIONS: ReplyOptions = { json: false, base64: true }

/** What a destination answers: a status with the meaning of HTTP, and the JSON text of a result or the text of an error. */
export type ReplyContent = { readonly status: number; readonly body: string; readonly isJson: boolean }

export type ReplyPorts = {
  readonly crypto: Crypto
  readonly random: RandomBytes
  /** UTF-8 as the platform does it, where that is faster: answers are long. `utf8` unless told. */
  readonly encodeText?: (text: string) => Uint8Array
}

/** The plaintext of an answer. Only a body that is JSON can be spliced in; text always is a JSON string. */
export function encodeReplyContent(
  content: ReplyContent,
  options: Pick<ReplyOptions, 'json'>,
  encodeText: (text: string) => Uint8Array = utf8,
): Uint8Array {
  const body = options.json && content.isJson ? content.body : JSON.stringify(content.body)
  return encodeText(`{"body":${body},"status":${content.status}}`)
}

/**
 * Status and body of an answer, in both forms: the body stays a string if it came as one.
 *
 * @throws {MalformedInputError} `onion_reply`
 */
export function decodeReplyContent(plaintext: Uint8Array): { readonly status: number; readonly body: unknown } {
  const { status, body } = parseJsonObject(plaintext) ?? {}
  if (typeof status !== 'number' || !Number.isInteger(status) || body === undefined) {
    throw new MalformedInputError('onion_reply', `${plaintext.length} bytes`)
  }
  return { status, body }
}

/** Seals answers with the key of a layer that was peeled. Disposing wipes the key. */
export class ReplySealer implements Disposable {
  readonly #ports: ReplyPorts
  readonly #cipher: LayerCipher
  readonly #options: ReplyOptions

  constructor(ports: ReplyPorts, cipher: LayerCipher, options: ReplyOptions = DEFAULT_REPLY_OPTIONS) {
    this.#ports = ports
    this.#cipher = cipher
    this.#options = options
  }

  /** The body of an HTTP 200 answer, or the payload of a link's answer. */
  seal(content: ReplyContent): Uint8Array {
    const { encodeText = utf8 } = this.#ports
    const plaintext = encodeReplyContent(content, this.#options, encodeText)
    const sealed = concatBytes(...sealWithCipher(this.#ports, this.#cipher, plaintext))
    return this.#options.base64 ? encodeText(toBase64(sealed)) : sealed
  }

  [Symbol.dispose](): void {
    wipe(this.#cipher.key)
  }
}

/**
 * The ciphertext of an answer as it came: raw, in base64, or in base64 inside `{"result": …}`; white space around it
 * does not matter. Random bytes that look
 * like base64 throughout do not happen: a ciphertext has at least 28 bytes.
 */
export function replyCiphertext(reply: Uint8Array): Uint8Array {
  let text = ''
  for (const byte of reply) {
    if ((byte < 0x20 && byte !== LINE_FEED && byte !== CARRIAGE_RETURN) || byte > 0x7e) return reply
  }
  for (let at = 0; at < reply.length; at += 4096) text += String.fromCharCode(...reply.subarray(at, at + 4096))
  text = text.trim()
  const wrapped = text.startsWith('{') ? parseJson(text) : undefined
  if (isJsonObject(wrapped) && typeof wrapped['result'] === 'string') text = wrapped['result']
  try {
    return fromBase64(text)
  } catch (error) {
    if (error instanceof MalformedInputError) return reply // not base64 after all: authentication decides
    throw error
  }
}
