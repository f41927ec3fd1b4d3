/** In which of the formats a file lies on its server. docs/protocol/attachment.md §1. */
import type { Crypto } from '../crypto/crypto.ts'
import { unreachable } from '../errors.ts'
import { openStream, STREAM_KEY_SIZE } from './encrypted-stream.ts'
import { parseFileUrl } from './file-url.ts'
import { LEGACY_KEY_SIZE, openLegacyAttachment } from './legacy-attachment.ts'
import { openLegacyPicture, PICTURE_KEY_SIZE } from './legacy-picture.ts'

/** What of a pointer or a profile says how to open a file. */
export type FilePointer = {
  readonly url: string
  readonly key?: Uint8Array | undefined
  readonly digest?: Uint8Array | undefined
  readonly size?: number | undefined
}

export type FileFormat =
  | { readonly kind: 'legacy'; readonly key: Uint8Array; readonly digest: Uint8Array }
  | { readonly kind: 'picture'; readonly key: Uint8Array }
  | { readonly kind: 'stream'; readonly key: Uint8Array }
  /** Not encrypted: what a community has. Nothing tells whether it is what its sender meant. */
  | { readonly kind: 'plain' }

/**
 * `undefined`: of no format that we know, for instance a key without its digest.
 *
 * @throws {MalformedInputError} `attachment`, if the URL is none.
 */
export function formatOf({ url, key, digest }: FilePointer): FileFormat | undefined {
  const { isStream } = parseFileUrl(url)
  if (key === undefined) return isStream ? undefined : { kind: 'plain' }
  if (isStream) return key.length === STREAM_KEY_SIZE ? { kind: 'stream', key } : undefined
  if (key.length === PICTURE_KEY_SIZE) return { kind: 'picture', key }
  return key.length === LEGACY_KEY_SIZE && digest !== undefined ? { kind: 'legacy', key, digest } : undefined
}

/**
 * The file, verified where its format allows. `size`: of the file, where its format hides that.
 *
 * @throws {AuthenticationError} `open_failed`, if it is not what its sender put there.
 */
export function openFile(crypto: Crypto, format: FileFormat, blob: Uint8Array, size?: number): Uint8Array {
  switch (format.kind) {
    case 'legacy':
      return openLegacyAttachment({ crypto, blob, ...format, size })
    case 'picture':
      return openLegacyPicture(crypto, blob, format.key)
    case 'stream':
      return openStream(crypto, blob, format.key)
    case 'plain':
      return blob
    default:
      return unreachable(format)
  }
}
