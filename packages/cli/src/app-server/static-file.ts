/** Which file of a folder a request means. Nothing outside the folder is ever given out, whatever a path says. */
import { readFile, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

export type StaticFile = { readonly body: Uint8Array; readonly contentType: string; readonly isImmutable: boolean }

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/vnd.microsoft.icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

/**
 * The file that the path of a URL names in `root`, which is a real path. A path without an extension is one of the
 * app's own views: it gets `index.html`. `undefined`, if there is no such file.
 */
export async function findStaticFile(root: string, urlPath: string): Promise<StaticFile | undefined> {
  const names = namesOf(urlPath)
  if (names === undefined) return undefined
  const last = names.at(-1) ?? ''
  if (extname(last) === '') return read(root, ['index.html'])
  return read(root, names)
}

/** `undefined`, if the path is malformed or goes where none of our files is. */
function namesOf(urlPath: string): string[] | undefined {
  let decoded: string
  try {
    decoded = decodeURIComponent(urlPath)
  } catch {
    return undefined // a percent sign that begins no character
  }
  if (/[\0\\]/.test(decoded) || decoded.includes('//')) return undefined
  const names = decoded.split('/').filter((name) => name !== '')
  // Also `..` and `.`, and files that tools leave behind.
  return names.some((name) => name.startsWith('.')) ? undefined : names
}

async function read(root: string, names: readonly string[]): Promise<StaticFile | undefined> {
  const contentType = TYPES[extname(names.at(-1)!).toLowerCase()]
  if (contentType === undefined) return undefined
  try {
    const path = await realpath(join(root, ...names))
    // A symbolic link may lead out.
    if (!path.startsWith(root + sep)) return undefined
    // Vite puts a hash of the content into the names of what is in `assets`.
    return { body: await readFile(path), contentType, isImmutable: names[0] === 'assets' }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  const codes = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ELOOP']
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
