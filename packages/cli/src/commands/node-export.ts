/** `starling node export` and `import`: the keys of a node in a file that needs a passphrase. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createNativeCrypto } from '@starling/runtime/native'
import { CliError, type ExitCode } from '../cli-error.ts'
import { MAX_BACKUP_SIZE, openKeys, sealKeys } from '../operator/key-backup.ts'
import { nodeIdIn, readKeyFiles, wipeFiles, writeKeyFiles } from '../operator/key-files.ts'
import { openConfig } from '../operator/open-config.ts'
import { type PassphraseOptions, readNewPassphrase, readPassphrase } from '../operator/passphrase.ts'
import type { CliPorts } from '../ports.ts'

export async function nodeExport(
  options: PassphraseOptions & { readonly config: string; readonly output: string },
  ports: CliPorts,
): Promise<ExitCode> {
  const { config } = openConfig(options.config, ports)
  const crypto = createNativeCrypto()
  const path = resolve(options.output)
  if (statSync(path, { throwIfNoEntry: false })) throw exists(path)
  const files = readKeyFiles(config, crypto)
  try {
    const passphrase = await readNewPassphrase(options, ports)
    const sealed = await sealKeys(files, passphrase, { crypto, random: ports.random })
    writeFileSync(path, sealed, { mode: 0o600, flag: 'wx', flush: true })
  } finally {
    wipeFiles(files)
  }
  ports.output.write(
    `The keys of node ${nodeIdIn(config, crypto)} are in ${path}, sealed with the passphrase.\n` +
      'Keep both, apart from each other and from this machine. Never run two nodes with the same keys.\n',
  )
  return 0
}

export async function nodeImport(
  file: string,
  options: PassphraseOptions & { readonly config: string },
  ports: CliPorts,
): Promise<ExitCode> {
  const { config } = openConfig(options.config, ports)
  const crypto = createNativeCrypto()
  const files = await openKeys(readBackup(file), await readPassphrase(options, ports), crypto)
  try {
    const written = writeKeyFiles(config, files)
    ports.output.write(
      `${written.map((path) => `  ${path}\n`).join('')}This is node ${nodeIdIn(config, crypto)} now. ` +
        'Make sure that it does not run anywhere else before you start it.\n',
    )
  } finally {
    wipeFiles(files)
  }
  return 0
}

/** @throws {CliError} `key_backup` */
export function readBackup(file: string): Uint8Array {
  const path = resolve(file)
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined) throw new CliError('key_backup', `There is no ${path}.`)
  if (size > MAX_BACKUP_SIZE) throw new CliError('key_backup', `${path} is too large for a file of keys.`)
  return new Uint8Array(readFileSync(path))
}

function exists(path: string): CliError {
  return new CliError('keys_exist', `${path} is there already. Nothing was written: choose another --output.`)
}
