/** `starling app key` and `starling app sign`: release keys, and their signatures under the manifest of a build. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ConfigError, readKey, readOrCreateKey } from '@starling/node/operator'
import {
  BUILD_MANIFEST,
  BUILD_SIGNATURES,
  type BuildSignature,
  type Ed25519KeyPair,
  equalBytes,
  formatBuildSignatures,
  parseBuildSignatures,
  signBuild,
  toHex,
  wipe,
} from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { openApp } from '../app-server/app-server.ts'
import { CliError, type ExitCode } from '../cli-error.ts'
import { webAppFolder } from '../paths.ts'
import type { CliPorts } from '../ports.ts'

/** Makes the key if there is none, and prints its public half. */
export async function appKey(file: string, ports: CliPorts): Promise<ExitCode> {
  const crypto = createNativeCrypto()
  const keys = keysOf(() => readOrCreateKey(resolve(file), { crypto, random: ports.random }))
  wipe(keys.secretKey)
  ports.output.write(`${toHex(keys.publicKey)}\n`)
  return 0
}

/** Adds a signature to the build in a folder, or renews it. Other keys' signatures stay as long as they hold. */
export async function appSign(
  folder: string | undefined,
  options: { readonly key: string },
  ports: CliPorts,
): Promise<ExitCode> {
  const crypto = createNativeCrypto()
  const place = webAppFolder(folder)
  const { manifest, hasSignatures } = openApp(place)
  const bytes = readFileSync(join(place, BUILD_MANIFEST))
  const keys = keysOf(() => readKey(resolve(options.key), crypto))
  const own = signBuild(crypto, keys, bytes)
  wipe(keys.secretKey)
  const others = hasSignatures ? parseBuildSignatures(readFileSync(join(place, BUILD_SIGNATURES))) : []
  const all: readonly BuildSignature[] = [...others.filter(({ key }) => !equalBytes(key, own.key)), own]
  writeFileSync(join(place, BUILD_SIGNATURES), formatBuildSignatures(all), { flush: true })
  ports.output.write(
    `Build ${manifest.release} (${manifest.build}) in ${place} is signed by ${toHex(own.key)}.\n` +
      'Who wants to check it needs this key from you by another way than the app itself.\n',
  )
  return 0
}

function keysOf(read: () => Ed25519KeyPair): Ed25519KeyPair {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new CliError(
      'release_key',
      'The release key cannot be read: it must be a file with 64 hex digits that only its owner can read. ' +
        '`starling app key` makes one. Nothing was signed.',
      { cause: error },
    )
  }
}
