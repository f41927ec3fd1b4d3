/**
 * What a client and a preview service say to each other inside the innermost layer: one request for one page. Sizes are
 * filled up, for whoever carries them could else tell pages apart. @see docs/protocol/onion.md §7
 */
import { utf8 } from '../bytes/utf8.ts'
import { parseJsonObject } from '../codec/json.ts'
import { MalformedInputError } from '../errors.ts'
import { decodeServerReply, decodeServerRequest, encodeServerReply, encodeServerRequest } from './server-payload.ts'

/** Where a preview service takes onion requests: the last hop posts to it. */
export const PREVIEW_TARGET = '/oxen/v4/lsrpc'
/** Most of a page that can be asked for. */
export const MAX_PREVIEW_PAGE_BYTES = 1_048_576
const ENDPOINT = '/page'
const MAX_URL_LENGTH = 8192
const MAX_CONTENT_TYPE_LENGTH = 200
const REQUEST_STEP = 1024
const REPLY_STEP = 65_536

export type PageRequest = {
  /** As `URL.href` has it: at most 8,192 ASCII characters that can be seen. */
  readonly url: string
  /** 1 … 1,048,576: what is more is cut off. */
  readonly maxBytes: number
}

export type PageReply =
  | {
      readonly kind: 'page'
      /** Where redirects led, or what was asked for. */
      readonly url: string
      /** At most 200 characters. */
      readonly contentType: string
      readonly body: Uint8Array
    }
  /** A status with the meaning of HTTP, other than 200. */
  | { readonly kind: 'none'; readonly status: number }

/** The payload of an onion request to a preview service: a multiple of 1,024 bytes of JSON, and what frames it. */
export function encodePageRequest({ url, maxBytes }: PageRequest): Uint8Array {
  const bare = utf8(JSON.stringify({ url, max: maxBytes, padding: '' })).length
  const padding = '0'.repeat(missingTo(REQUEST_STEP, bare))
  const body = utf8(JSON.stringify({ url, max: maxBytes, padding }))
  return encodeServerRequest({ method: 'POST', endpoint: ENDPOINT, headers: {}, body })
}

/** @throws {MalformedInputError} `onion_payload` */
export function decodePageRequest(plaintext: Uint8Array): PageRequest {
  const { method, endpoint, body } = decodeServerRequest(plaintext)
  const { url, max } = (body && parseJsonObject(body)) ?? {}
  if (method !== 'POST' || endpoint !== ENDPOINT || !isVisible(url, MAX_URL_LENGTH) || !isSize(max) || max === 0) {
    throw new MalformedInputError('onion_payload', 'page request')
  }
  return { url, maxBytes: max }
}

/** Filled up with zeros to a multiple of 65,536 bytes, also if there is no page. */
export function encodePageReply(reply: PageReply): Uint8Array {
  const content = reply.kind === 'page' ? reply.body : new Uint8Array(0)
  const body = new Uint8Array(Math.max(REPLY_STEP, content.length + missingTo(REPLY_STEP, content.length)))
  body.set(content)
  if (reply.kind === 'none') return encodeServerReply({ status: reply.status, headers: {}, body })
  const { url, contentType } = reply
  const headers = { 'content-type': contentType, 'content-length': String(content.length), 'content-location': url }
  return encodeServerReply({ status: 200, headers, body })
}

/**
 * `body` shares the memory of `plaintext`, and has at most 1,048,576 bytes.
 *
 * @throws {MalformedInputError} `onion_reply`
 */
export function decodePageReply(plaintext: Uint8Array): PageReply {
  const { status, headers, body } = decodeServerReply(plaintext)
  if (status !== 200) return { kind: 'none', status }
  const { 'content-type': contentType, 'content-length': length = '', 'content-location': url } = headers
  const size = /^\d{1,7}$/.test(length) ? Number(length) : undefined
  if (!isVisible(contentType, MAX_CONTENT_TYPE_LENGTH) || !isVisible(url, MAX_URL_LENGTH) || !isSize(size)) {
    throw new MalformedInputError('onion_reply', 'page')
  }
  if (size > body.length) throw new MalformedInputError('onion_reply', `${body.length} of ${size} bytes`)
  return { kind: 'page', url, contentType, body: body.subarray(0, size) }
}

function missingTo(step: number, size: number): number {
  return (step - (size % step)) % step
}

/** Printable ASCII, and not nothing. */
function isVisible(text: unknown, maxLength: number): text is string {
  return typeof text === 'string' && text.length <= maxLength && /^[\x20-\x7e]+$/.test(text)
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_PREVIEW_PAGE_BYTES
}
