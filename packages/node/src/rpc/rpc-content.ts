/** What requests are answered with, put into the form in which it was asked. docs/protocol/storage-rpc.md §1, §9. */
import { type Encoding, encodeBtAnswer, type JsonObject, LIMITS, rpcAnswers, toBase64 } from '@starling/protocol'
import type { StorageAnswer } from '../storage/storage-service.ts'
import { encodeText } from '../text.ts'

/** JSON that is a text already, so that it is written once, whatever it stands in. */
class JsonText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** An answer, or several in one. */
export type RpcContent = { readonly status: number; readonly body: StorageAnswer['body'] | JsonText }

export type EncodedContent = {
  readonly status: number
  readonly contentType: 'application/json' | 'text/plain' | 'application/octet-stream'
  readonly body: string | Uint8Array
}

/** Quotes and backslashes take a byte more in the answer of an onion request, which has the whole as a JSON string. */
const SMALL = 65_536
const SMALL_FACTOR = 1.25

/** In bytes: an answer that is too large for any transport is one that says so. */
export function encodeContent(content: RpcContent, encoding: Encoding): EncodedContent {
  const encoded = encode(content, encoding)
  return sizeOf(encoded.body) > LIMITS.answerBytes ? encode(rpcAnswers.answerTooLarge(), encoding) : encoded
}

/**
 * `{"results": [{"code", "body"}, …]}`. Together they are no larger than an answer may be: of those that are more than
 * fits, each says that itself.
 */
export function joinContents(contents: readonly RpcContent[], encoding: Encoding): RpcContent {
  let size = 0
  const parts = contents.map((content) => {
    const part = embed(content, encoding)
    size += part.size
    if (size <= LIMITS.answerBytes) return part
    size -= part.size
    return embed(rpcAnswers.answerTooLarge(), encoding)
  })
  if (encoding === 'bt') return { status: 200, body: { results: parts.map(({ code, body }) => ({ code, body })) } }
  const results = parts.map(({ code, body }) => `{"code":${code},"body":${textOf(body)}}`)
  return { status: 200, body: new JsonText(`{"results":[${results.join(',')}]}`) }
}

/** `state`, with the `result` of what was carried out. */
export function wrapContent(state: JsonObject, content: RpcContent | undefined, encoding: Encoding): RpcContent {
  if (content === undefined) return { status: 200, body: state }
  const { code, body } = embed(content, encoding)
  if (encoding === 'bt') return { status: 200, body: { ...state, result: { code, body } } }
  const text = JSON.stringify(state).slice(0, -1)
  return { status: 200, body: new JsonText(`${text},"result":{"code":${code},"body":${textOf(body)}}}`) }
}

/** A content as it stands in another. */
function embed(
  content: RpcContent,
  encoding: Encoding,
): { readonly code: number; readonly body: StorageAnswer['body'] | JsonText; readonly size: number } {
  const { status: code, body } = content
  if (encoding === 'bt') return { code, body, size: sizeOf(encode(content, 'bt').body) }
  const text = textOf(body)
  return { code, body: new JsonText(text), size: sizeOf(text) }
}

function textOf(body: RpcContent['body']): string {
  if (body instanceof JsonText) return body.text
  return JSON.stringify(body instanceof Uint8Array ? toBase64(body) : body)
}

function encode({ status, body }: RpcContent, encoding: Encoding): EncodedContent {
  if (typeof body === 'string') return { status, contentType: 'text/plain', body }
  if (body instanceof Uint8Array) return { status, contentType: 'application/octet-stream', body }
  if (body instanceof JsonText) return { status, contentType: 'application/json', body: body.text }
  if (encoding === 'bt') return { status, contentType: 'application/octet-stream', body: encodeBtAnswer(body) }
  return { status, contentType: 'application/json', body: JSON.stringify(body) }
}

/** Of a JSON text: as it stands in another JSON text. */
function sizeOf(body: string | Uint8Array): number {
  if (typeof body !== 'string') return body.length
  if (body.length < SMALL) return body.length * SMALL_FACTOR
  let quotes = 0
  for (let at = body.indexOf('"'); at !== -1; at = body.indexOf('"', at + 1)) quotes++
  return body.length + quotes
}

export function contentBytes(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? encodeText(body) : body
}
