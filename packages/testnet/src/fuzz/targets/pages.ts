/** What a client and a preview service say to each other about a page, once the layers around it are off. */
import {
  concatBytes,
  decodePageReply,
  decodePageRequest,
  encodePageReply,
  encodePageRequest,
  encodeServerReply,
  encodeServerRequest,
  MAX_PREVIEW_PAGE_BYTES,
  utf8,
} from '@starling/protocol'
import { mustEqual } from '../equal.ts'
import { mutateBt } from '../mutate-bt.ts'
import { behindSelector } from '../mutate-combined.ts'
import { type FuzzTarget, must } from '../target.ts'

const URL = 'https://news.example/story?x=1'
const HEADERS = { 'content-type': 'text/html', 'content-length': '4', 'content-location': URL }

/** Behind a byte that says which of the two it is. */
const asked: FuzzTarget = {
  name: 'page-request',
  sources: ['protocol/src/onion/page-request.ts', 'protocol/src/onion/server-payload.ts'],
  mutate: behindSelector(mutateBt),
  words: [...Object.keys(HEADERS), 'POST', '/page', 'url', 'max', 'padding', 'code', 'headers', '1048576', '1048577'],
  maxSize: 131_072,
  *seeds() {
    const request = { method: 'POST', endpoint: '/page', headers: {} }
    yield concatBytes(Uint8Array.of(0), encodePageRequest({ url: URL, maxBytes: 1000 }))
    for (const body of [
      '{"url":"x","max":0}',
      '{"url":"x","max":1048577}',
      `{"url":"${URL}","max":1048576}`,
      '{"url":"","max":0}',
      '[]',
    ])
      yield concatBytes(Uint8Array.of(0), encodeServerRequest({ ...request, body: utf8(body) }))
    yield concatBytes(Uint8Array.of(0), encodeServerRequest(request))
    const page = { kind: 'page', url: URL, contentType: 'text/html', body: utf8('<title>News</title>') } as const
    yield concatBytes(Uint8Array.of(1), encodePageReply(page))
    for (const status of [200, 404])
      for (const length of ['4', '5', '0x4', '9999999'])
        yield concatBytes(
          Uint8Array.of(1),
          encodeServerReply({ status, headers: { ...HEADERS, 'content-length': length }, body: utf8('page') }),
        )
  },
  run(input) {
    const plaintext = input.subarray(1)
    if ((input[0] ?? 0) % 2 === 0) {
      const request = decodePageRequest(plaintext)
      must(request.maxBytes > 0 && request.maxBytes <= MAX_PREVIEW_PAGE_BYTES, 'what is asked for has a bound')
      mustEqual(decodePageRequest(encodePageRequest(request)), request, 'a request is written and read')
      return request
    }
    const reply = decodePageReply(plaintext)
    mustEqual(decodePageReply(encodePageReply(reply)), reply, 'a page is written and read')
    return reply
  },
}

export const pageTargets: readonly FuzzTarget[] = [asked]
