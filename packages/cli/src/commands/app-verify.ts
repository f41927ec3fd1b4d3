/** `starling app verify`: whether what a server or a folder gives out is the build that somebody signed. */

import { integrityOf } from '@starling/node/app'
import {
  BUILD_MANIFEST,
  BUILD_SIGNATURES,
  type BuildFile,
  type BuildManifest,
  fromHex,
  isBuildSignature,
  MalformedInputError,
  parseBuildManifest,
  parseBuildSignatures,
  toHex,
} from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { type BuildSource, openSource } from '../app-server/build-source.ts'
import { CliError, type ExitCode } from '../cli-error.ts'
import type { CliPorts } from '../ports.ts'

export type AppVerifyOptions = { readonly key?: string; readonly json?: boolean }

/** `missing`: listed and not there; `differs`: another size or hash; `unlisted`: there, and no part of the build. */
type Difference = { readonly path: string; readonly what: 'missing' | 'differs' | 'unlisted' }
type Signed = { readonly key: string; readonly isValid: boolean }

const FILES_AT_ONCE = 6

/** 0 if every file is as listed and the list is signed: by `key`, if one is given. */
export async function appVerify(place: string, options: AppVerifyOptions, ports: CliPorts): Promise<ExitCode> {
  const wanted = options.key === undefined ? undefined : parseKey(options.key)
  const source = openSource(place)
  const bytes = await source.read(BUILD_MANIFEST)
  if (!bytes) throw new CliError('app_build', `${place} gives out no ${BUILD_MANIFEST}: there is no build to check.`)
  const manifest = parsed(place, () => parseBuildManifest(bytes))
  const signatures = await readSignatures(source, bytes, place)
  const differences = await compare(source, manifest)
  const valid = signatures.filter(({ isValid }) => isValid)
  const isSigned = wanted === undefined ? valid.length > 0 : valid.some(({ key }) => key === wanted)
  const isFine = isSigned && differences.length === 0 && valid.length === signatures.length
  const report = { place, manifest, signatures, differences, wanted, isSigned }
  ports.output.write(options.json ? `${jsonOf(report, isFine)}\n` : textOf(report, isFine))
  return isFine ? 0 : 1
}

async function readSignatures(source: BuildSource, manifest: Uint8Array, place: string): Promise<readonly Signed[]> {
  const bytes = await source.read(BUILD_SIGNATURES)
  if (!bytes) return []
  const crypto = createNativeCrypto()
  const signatures = parsed(place, () => parseBuildSignatures(bytes))
  return signatures.map((one) => ({ key: toHex(one.key), isValid: isBuildSignature(crypto, one, manifest) }))
}

async function compare(source: BuildSource, { files }: BuildManifest): Promise<readonly Difference[]> {
  const found: Difference[] = []
  // What a visitor gets without naming a file.
  const page = files.find(({ path }) => path === 'index.html')
  const asked = [...files, ...(source.hasPage && page ? [{ ...page, path: '' }] : [])]
  for (let at = 0; at < asked.length; at += FILES_AT_ONCE) {
    const group = asked.slice(at, at + FILES_AT_ONCE)
    found.push(
      ...(await Promise.all(group.map((file) => differenceOf(source, file)))).filter((one) => one !== undefined),
    )
  }
  const listed = new Set([...files.map(({ path }) => path), BUILD_MANIFEST, BUILD_SIGNATURES])
  const unlisted = source.list().filter((path) => !listed.has(path))
  return [...found, ...unlisted.map((path) => ({ path, what: 'unlisted' as const }))]
}

async function differenceOf(
  source: BuildSource,
  { path, size, integrity }: BuildFile,
): Promise<Difference | undefined> {
  const body = await source.read(path)
  const name = path === '' ? '/' : path
  if (!body) return { path: name, what: 'missing' }
  return body.length === size && integrityOf(body) === integrity ? undefined : { path: name, what: 'differs' }
}

type Report = {
  readonly place: string
  readonly manifest: BuildManifest
  readonly signatures: readonly Signed[]
  readonly differences: readonly Difference[]
  readonly wanted: string | undefined
  readonly isSigned: boolean
}

function jsonOf({ place, manifest, signatures, differences }: Report, isFine: boolean): string {
  const { release, build, files } = manifest
  return JSON.stringify({ ok: isFine, place, release, build, files: files.length, signatures, differences })
}

const WORDS: Readonly<Record<Difference['what'], string>> = {
  missing: 'is missing',
  differs: 'is not what was built',
  unlisted: 'is no part of the build',
}

function textOf({ place, manifest, signatures, differences, wanted, isSigned }: Report, isFine: boolean): string {
  const { release, build, files } = manifest
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  const lines = [`${place}: build ${release} (${build}), ${files.length} files, ${(bytes / 1000).toFixed(0)} kB`]
  for (const { path, what } of differences) lines.push(`  ✗ ${path} ${WORDS[what]}`)
  for (const { key, isValid } of signatures) {
    lines.push(isValid ? `  ✓ signed by ${key}` : `  ✗ the signature of ${key} does not hold`)
  }
  if (signatures.length === 0) lines.push('  ✗ nobody has signed it')
  else if (!isSigned && wanted !== undefined) lines.push(`  ✗ not signed by ${wanted}`)
  if (isFine) lines.push('  ✓ every file is as the signed list says')
  if (isFine && wanted === undefined) {
    lines.push('  Whose key that is, nobody has said: give the one that you know with --key.')
  }
  return `${lines.join('\n')}\n`
}

function parseKey(text: string): string {
  const key = text.toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(key)) throw new CliError('invalid_input', 'A release key has 64 hex digits.')
  return toHex(fromHex(key))
}

function parsed<T>(place: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof MalformedInputError)) throw error
    throw new CliError('app_build', `The list or the signatures of ${place} are malformed. Do not use that app.`, {
      cause: error,
    })
  }
}
