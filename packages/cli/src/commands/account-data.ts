/** `starling account passphrase|export|import`: what this device keeps. */
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Client, ReadableOptions } from '@starling/client'
import { accountPassphrase, knownPassphrase, newPassphrase } from '../account-passphrase.ts'
import { type AccountOptions, openSession, settledState, withAccount } from '../account-session.ts'
import { CliError, type ExitCode } from '../cli-error.ts'
import { accountFolder } from '../paths.ts'
import { type CliPorts, interruptSignal } from '../ports.ts'
import { jsonLine } from '../terminal/visible-text.ts'

type PassphraseFile = AccountOptions & { readonly passphraseFile?: string }

export function accountSetPassphrase(
  options: PassphraseFile & { readonly remove?: boolean },
  ports: CliPorts,
): Promise<ExitCode> {
  return withAccount(options, ports, async (client, _, signal) => {
    const isSet = await client.hasPassphrase({ signal })
    if (options.remove && !isSet) throw new CliError('invalid_input', 'This account has no passphrase.')
    const folder = accountFolder(options.folder, ports.environment)
    const old = isSet ? { old: await accountPassphrase(folder, ports) } : {}
    const next = options.remove ? {} : { next: await newPassphrase(options.passphraseFile, ports) }
    await client.setPassphrase({ ...old, ...next }, { signal })
    ports.output.write(
      options.remove
        ? 'Removed: whoever can read the folder can open the account.\n'
        : 'Set. Without it nobody opens this folder; the recovery phrase still brings the account back elsewhere.\n',
    )
    return 0 as const
  })
}

export type ExportOptions = PassphraseFile & {
  readonly output: string
  readonly readable?: boolean
  readonly media?: boolean
}

/** Never over a file that is there, and never half: what is not finished is removed. */
export async function accountExport(options: ExportOptions, ports: CliPorts): Promise<ExitCode> {
  const { readable, media = false } = options
  if (media && !readable) throw new CliError('invalid_input', '--media goes with --readable.')
  return withAccount(options, ports, async (client, _, signal) => {
    if (readable) await exportReadable(client, options.output, { media, signal })
    else {
      const passphrase = await newPassphrase(options.passphraseFile, ports)
      await writeNew(options.output, client.exportArchive({ passphrase, signal }))
    }
    const whoever = readable ? 'Everybody who can read it' : 'Whoever has it and the passphrase'
    ports.output.write(
      `Exported to ${options.output}. ${whoever} has your messages${readable ? '' : ' and the account'}.\n`,
    )
    return 0 as const
  })
}

/** Into the account of the folder, or into an empty one, which gets the account as well. */
export async function accountImport(
  file: string,
  options: PassphraseFile & { readonly json?: boolean },
  ports: CliPorts,
): Promise<ExitCode> {
  const session = await openSession(ports, options)
  await using client = session.client
  using interrupt = interruptSignal(ports.interrupts)
  await settledState(session, ports, interrupt.signal)
  const passphrase = await knownPassphrase(options.passphraseFile, ports)
  const { signal } = interrupt
  const { conversations, messages } = await client.importArchive(createReadStream(file), { passphrase, signal })
  ports.output.write(
    options.json
      ? jsonLine({ conversations, messages })
      : `New on this device: ${conversations} conversations and ${messages} messages.\n`,
  )
  return 0
}

async function exportReadable(client: Client, folder: string, options: ReadableOptions): Promise<void> {
  await makeNew(folder)
  for await (const { path, content } of client.exportReadable(options)) {
    await mkdir(dirname(join(folder, path)), { recursive: true, mode: 0o700 })
    await writeNew(join(folder, path), content)
  }
}

async function makeNew(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    throw existing(error, folder)
  }
}

async function writeNew(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const unfinished = `${path}.unfinished`
  const reserved = await open(path, 'wx', 0o600).catch((error: unknown) => {
    throw existing(error, path)
  })
  await reserved.close()
  try {
    const file = await open(unfinished, 'w', 0o600)
    try {
      for await (const piece of content) await file.write(piece)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    await rm(path, { force: true })
    throw error
  }
}

function existing(error: unknown, path: string): unknown {
  const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
  return isThere ? new CliError('invalid_input', `${path} is there already. Nothing was changed.`) : error
}
