/** What a build of the app consists of, and who says so. @see docs/app.md §4 */
import * as z from 'zod/mini'
import { concatBytes } from '../bytes/bytes.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { fromUtf8, utf8 } from '../bytes/utf8.ts'
import { parseJson } from '../codec/json.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Ed25519KeyPair, Ed25519PublicKey, Signature } from '../crypto/keys.ts'
import { labels } from '../crypto/labels.ts'
import { MalformedInputError } from '../errors.ts'

/** Names of the two files in the folder of a build. */
export const BUILD_MANIFEST = 'build.json'
export const BUILD_SIGNATURES = 'build.signatures.json'

/** Bytes of either of them at most. */
export const MAX_BUILD_MANIFEST = 1_048_576
/** Bytes of one file of the app, and of all together. */
export const MAX_BUILD_FILE = 16_777_216
export const MAX_BUILD_SIZE = 67_108_864
const MAX_FILES = 2_000
const MAX_SIGNATURES = 16
const MAX_PATH = 200

export type BuildFile = {
  /** Relative to the folder, with `/`; no part begins with a dot. */
  readonly path: string
  /** In bytes. */
  readonly size: number
  /** `sha384-` and the hash in base64, as in the tags of a page. */
  readonly integrity: string
}

export type BuildManifest = {
  readonly version: 1
  /** As people read it: `0.1.0`. */
  readonly release: string
  /** Names what was built: 10 hex digits. */
  readonly build: string
  /** All files but the manifest and its signatures, by path, each once. */
  readonly files: readonly BuildFile[]
}

/** An Ed25519 public key, 32 bytes, and its signature under the manifest's bytes, 64 bytes. */
export type BuildSignature = { readonly key: Ed25519PublicKey; readonly signature: Signature }

const path = z.string().check(z.maxLength(MAX_PATH), z.regex(/^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/))
const manifestForm = z.strictObject({
  version: z.literal(1),
  release: z.string().check(z.regex(/^[\w.+-]{1,32}$/)),
  build: z.string().check(z.regex(/^[0-9a-f]{10}$/)),
  files: z
    .array(
      z.strictObject({
        path,
        size: z.int().check(z.minimum(0), z.maximum(MAX_BUILD_FILE)),
        integrity: z.string().check(z.regex(/^sha384-[A-Za-z0-9+/]{64}$/)),
      }),
    )
    .check(z.minLength(1), z.maxLength(MAX_FILES)),
})

const signaturesForm = z.strictObject({
  version: z.literal(1),
  signatures: z
    .array(
      z.strictObject({
        key: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
        signature: z.string().check(z.regex(/^[0-9a-f]{128}$/)),
      }),
    )
    .check(z.maxLength(MAX_SIGNATURES)),
})

/**
 * Parses `build.json`: JSON in its one form, paths in ascending order.
 *
 * @throws {MalformedInputError} `app_build`
 */
export function parseBuildManifest(bytes: Uint8Array): BuildManifest {
  const text = textOf(bytes)
  const parsed = manifestForm.safeParse(parseJson(text))
  if (!parsed.success) throw malformed('manifest')
  const { files } = parsed.data
  if (files.some(({ path }, index) => index > 0 && path <= files[index - 1]!.path)) throw malformed('order')
  if (files.some(({ path }) => path === BUILD_MANIFEST || path === BUILD_SIGNATURES)) throw malformed('path')
  if (files.reduce((sum, { size }) => sum + size, 0) > MAX_BUILD_SIZE) throw malformed('size')
  if (formatBuildManifest(parsed.data) !== text) throw malformed('form')
  return parsed.data
}

/** The one form of a manifest: keys in the order of the type, a space for each level, a line feed at the end. */
export function formatBuildManifest({ version, release, build, files }: BuildManifest): string {
  const ordered = files.map(({ path, size, integrity }) => ({ path, size, integrity }))
  return `${JSON.stringify({ version, release, build, files: ordered }, undefined, 1)}\n`
}

/** Signs the bytes of `build.json`. */
export function signBuild(crypto: Crypto, keys: Ed25519KeyPair, manifest: Uint8Array): BuildSignature {
  return { key: keys.publicKey, signature: crypto.ed25519Sign(keys.secretKey, signedBytes(manifest)) }
}

export function isBuildSignature(crypto: Crypto, { key, signature }: BuildSignature, manifest: Uint8Array): boolean {
  return crypto.ed25519Verify(key, signedBytes(manifest), signature)
}

/**
 * Parses `build.signatures.json`. Nothing is verified yet.
 *
 * @throws {MalformedInputError} `app_build`
 */
export function parseBuildSignatures(bytes: Uint8Array): readonly BuildSignature[] {
  const parsed = signaturesForm.safeParse(parseJson(textOf(bytes)))
  if (!parsed.success) throw malformed('signatures')
  return parsed.data.signatures.map(({ key, signature }) => ({
    key: fromHex(key) as Ed25519PublicKey,
    signature: fromHex(signature) as Signature,
  }))
}

export function formatBuildSignatures(signatures: readonly BuildSignature[]): string {
  const list = signatures.map(({ key, signature }) => ({ key: toHex(key), signature: toHex(signature) }))
  return `${JSON.stringify({ version: 1, signatures: list }, undefined, 1)}\n`
}

function signedBytes(manifest: Uint8Array): Uint8Array {
  return concatBytes(utf8(labels.appBuild), manifest)
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length > MAX_BUILD_MANIFEST) throw malformed(`${bytes.length} bytes`)
  try {
    return fromUtf8(bytes)
  } catch (error) {
    throw new MalformedInputError('app_build', 'not UTF-8', { cause: error })
  }
}

function malformed(what: string): MalformedInputError {
  return new MalformedInputError('app_build', what)
}
