/** Where a file lies. docs/protocol/attachment.md §5. */
import { fromHex, toHex } from '../bytes/hex.ts'
import type { Ed25519PublicKey } from '../crypto/keys.ts'
import { MalformedInputError } from '../errors.ts'

export type FileUrl = {
  /** Scheme, host and port, as in `http://host:8080`; no slash at its end. */
  readonly server: string
  /** `/file/<id>`, or what a community has. At most 256 characters. */
  readonly path: string
  /** The number or the name that the server gave it; `undefined` in a community. */
  readonly id?: string
  /** Of the server, where it is not the one that everybody knows. */
  readonly serverKey?: Ed25519PublicKey
  /** An encrypted stream lies there. */
  readonly isStream: boolean
}

const FORM = /^(https?:\/\/[a-z0-9.-]{1,253}(?::[0-9]{1,5})?)(\/[\w./~%-]{1,255})(?:#([^\s#]{0,512}))?$/i
const FILE = /^\/files?\/([\w-]{1,64})$/

/**
 * Parts of the fragment that we do not know are skipped.
 *
 * @throws {MalformedInputError} `attachment`, if it is no http(s) URL of a file: user names, queries and white space have no
 * place in one, and neither has a key that is none.
 */
export function parseFileUrl(url: string): FileUrl {
  const [, server, path, fragment = ''] = FORM.exec(url) ?? []
  if (server === undefined || path === undefined || path.includes('..')) throw malformed(url)
  const parts = new Map(fragment.split('&').map((part) => splitOnce(part)))
  const id = FILE.exec(path)?.[1]
  const key = parts.get('p')
  return {
    server: server.toLowerCase(),
    path,
    ...(id === undefined ? {} : { id }),
    ...(key === undefined ? {} : { serverKey: parseKey(key, url) }),
    isStream: parts.has('d'),
  }
}

/** What `parseFileUrl` reads again. */
export function formatFileUrl({ server, path, serverKey, isStream }: Omit<FileUrl, 'id'>): string {
  const parts = [...(serverKey === undefined ? [] : [`p=${toHex(serverKey)}`]), ...(isStream ? ['d'] : [])]
  return `${server}${path}${parts.length === 0 ? '' : `#${parts.join('&')}`}`
}

function parseKey(text: string, url: string): Ed25519PublicKey {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw malformed(url)
  return fromHex(text) as Ed25519PublicKey
}

function splitOnce(part: string): [string, string] {
  const at = part.indexOf('=')
  return at === -1 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)]
}

function malformed(url: string): MalformedInputError {
  return new MalformedInputError('attachment', `address of ${url.length} characters`)
}
