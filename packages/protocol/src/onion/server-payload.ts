/**
 * Version 4 of what a client and a server outside the network say to each other inside the innermost layer: a bt list of
 * metadata (JSON) and a body. @see docs/protocol/onion.md §4
 */
import { decodeBencode, encodeBencode } from '../codec/bencode.ts'
import { CodecError } from '../codec/codec.ts'
import { isJsonObject, parseJsonObject } from '../codec/json.ts'
import { MalformedInputError } from '../errors.ts'

export type ServerRequest = {
  readonly method: string
  /** Path and query on the server. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

export type ServerReply = {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** May be empty. */
  readonly body: Uint8Array
}

/** The payload of an onion request to a v4 server. */
export function encodeServerRequest({ method, endpoint, headers, body }: ServerRequest): Uint8Array {
  return encodeBencode([JSON.stringify({ method, endpoint, headers }), ...(body === undefined ? [] : [body])])
}

/**
 * As a server reads it. Header values that are no text are left out; `body` shares the memory of `plaintext`.
 *
 * @throws {MalformedInputError} `onion_payload`
 */
export function decodeServerRequest(plaintext: Uint8Array): ServerRequest {
  const [metadata, body] = partsOf(plaintext, 'onion_payload')
  const { method, endpoint, headers } = parseJsonObject(metadata) ?? {}
  if (typeof method !== 'string' || typeof endpoint !== 'string') {
    throw new MalformedInputError('onion_payload', 'metadata')
  }
  return { method, endpoint, headers: textsOf(headers), ...(body !== undefined && { body }) }
}

/** What a server seals. */
export function encodeServerReply({ status, headers, body }: ServerReply): Uint8Array {
  return encodeBencode([JSON.stringify({ code: status, headers }), body])
}

/**
 * Header values that are no text are left out.
 *
 * @throws {MalformedInputError} `onion_reply`
 */
export function decodeServerReply(plaintext: Uint8Array): ServerReply {
  const [metadata, body] = partsOf(plaintext, 'onion_reply')
  const { code, headers } = parseJsonObject(metadata) ?? {}
  if (typeof code !== 'number' || !Number.isInteger(code)) throw new MalformedInputError('onion_reply', 'metadata')
  return { status: code, headers: textsOf(headers), body: body ?? new Uint8Array(0) }
}

function textsOf(headers: unknown): Record<string, string> {
  const entries = isJsonObject(headers) ? Object.entries(headers) : []
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

function partsOf(
  plaintext: Uint8Array,
  code: 'onion_payload' | 'onion_reply',
): readonly [Uint8Array, Uint8Array | undefined] {
  try {
    const list = decodeBencode(plaintext, { maxDepth: 1 })
    const [metadata, body] = Array.isArray(list) ? (list as readonly unknown[]) : []
    if (metadata instanceof Uint8Array && (body === undefined || body instanceof Uint8Array)) return [metadata, body]
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
  }
  throw new MalformedInputError(code, `${plaintext.length} bytes`)
}
