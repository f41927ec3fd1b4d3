/**
 * The built app, as a server gives it out: exactly the files that its manifest lists, each with the hash that stands there.
 * They are read once, at the start, so no path of a request ever reaches the disk.
 */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import {
  BUILD_MANIFEST,
  BUILD_SIGNATURES,
  type BuildFile,
  type BuildManifest,
  MAX_BUILD_FILE,
  MalformedInputError,
  MessengerError,
  parseBuildManifest,
  parseBuildSignatures,
} from '@starling/protocol'

const compress = promisify(gzip)

/**
 * The folder holds no app that could be served: `missing`: nothing was built there; `malformed`: the manifest or its
 * signatures are not what they should be; `differs`: a file is not the one that was built.
 */
export class AppFolderError extends MessengerError {
  override readonly name = 'AppFolderError'
  readonly fault = 'environment'
  readonly code: 'missing' | 'malformed' | 'differs'
  constructor(code: AppFolderError['code'], detail: string, options?: ErrorOptions) {
    super(`built app: ${detail}`, options)
    this.code = code
  }
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}
const COMPRESSED = new Set(['.css', '.html', '.js', '.json', '.svg', '.wasm', '.webmanifest'])

type File = {
  readonly body: Uint8Array
  readonly contentType: string
  /** Made when the first browser asks for it. */
  compressed?: Promise<Uint8Array>
  readonly isCompressible: boolean
  readonly etag: string
  /** Its name changes with its content. */
  readonly isImmutable: boolean
}

export type AppFileRequest = {
  /** As in the manifest; '' is the page itself. */
  readonly path: string
  readonly acceptEncoding?: string | undefined
  readonly ifNoneMatch?: string | undefined
}

export type AppFileAnswer = {
  readonly status: 200 | 304
  readonly contentType: string
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

export class AppFiles {
  readonly manifest: BuildManifest
  readonly hasSignatures: boolean
  readonly #files: ReadonlyMap<string, File>

  /**
   * Reads the app in `folder`, 64 MiB at most, and checks every file of it.
   *
   * @throws {AppFolderError} any code
   */
  constructor(folder: string) {
    const bytes = readBounded(join(folder, BUILD_MANIFEST)) ?? missing(BUILD_MANIFEST)
    this.manifest = parsed(() => parseBuildManifest(bytes))
    const files = new Map(this.manifest.files.map((file) => [file.path, fileOf(file.path, readListed(folder, file))]))
    const page = files.get('index.html')
    if (!page) throw new AppFolderError('malformed', 'it has no page')
    files.set('', page)
    files.set(BUILD_MANIFEST, fileOf(BUILD_MANIFEST, bytes))
    const signatures = readBounded(join(folder, BUILD_SIGNATURES))
    this.hasSignatures = signatures !== undefined
    if (signatures) {
      parsed(() => parseBuildSignatures(signatures))
      files.set(BUILD_SIGNATURES, fileOf(BUILD_SIGNATURES, signatures))
    }
    this.#files = files
  }

  /** `undefined`: there is no such file. */
  async answer({ path, acceptEncoding, ifNoneMatch }: AppFileRequest): Promise<AppFileAnswer | undefined> {
    const file = this.#files.get(path)
    if (!file) return undefined
    const { contentType, etag } = file
    const headers = {
      'Cache-Control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      ETag: etag,
      ...(file.isCompressible && { Vary: 'Accept-Encoding' }),
    }
    if (ifNoneMatch === etag) return { status: 304, contentType, body: new Uint8Array(), headers }
    if (!file.isCompressible || !/(^|[ ,])gzip\s*(,|$)/.test(acceptEncoding ?? '')) {
      return { status: 200, contentType, body: file.body, headers }
    }
    file.compressed ??= compress(file.body)
    const body = await file.compressed
    return { status: 200, contentType, body, headers: { ...headers, 'Content-Encoding': 'gzip' } }
  }
}

function fileOf(path: string, body: Uint8Array): File {
  const extension = extname(path)
  const contentType = TYPES[extension]
  if (contentType === undefined) throw new AppFolderError('malformed', `no type is known for ${extension || 'a file'}`)
  return {
    body,
    contentType,
    isCompressible: COMPRESSED.has(extension),
    etag: `"${createHash('sha256').update(body).digest('base64url')}"`,
    isImmutable: path.startsWith('assets/'),
  }
}

function readListed(folder: string, { path, size, integrity }: BuildFile): Uint8Array {
  const body = readBounded(join(folder, path))
  if (!body) throw new AppFolderError('differs', `${path} is missing`)
  if (body.length !== size || integrityOf(body) !== integrity) {
    throw new AppFolderError('differs', `${path} is not what was built`)
  }
  return body
}

/** A hash as it stands in manifests and tags: SHA-384 in base64. */
export function integrityOf(body: Uint8Array): string {
  return `sha384-${createHash('sha384').update(body).digest('base64')}`
}

/** `undefined`, if it is not there. */
function readBounded(path: string): Uint8Array | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat?.isFile()) return undefined
  if (stat.size > MAX_BUILD_FILE) throw new AppFolderError('malformed', `${stat.size} bytes in one file`)
  return readFileSync(path)
}

function parsed<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof MalformedInputError) throw new AppFolderError('malformed', error.message, { cause: error })
    throw error
  }
}

function missing(name: string): never {
  throw new AppFolderError('missing', `there is no ${name}`)
}
