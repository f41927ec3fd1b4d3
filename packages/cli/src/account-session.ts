/** A client on the account of a folder, and what to tell where there is none. */
import { readFileSync } from 'node:fs'
import { type AccountView, type Client, type SessionState, untilValue } from '@starling/client'
import { type NetworkFile, parseNetworkFile, seconds } from '@starling/protocol'
import { type Clock, TimeoutError, withTimeout } from '@starling/runtime'
import { accountPassphrase } from './account-passphrase.ts'
import { CliError } from './cli-error.ts'
import { accountFolder, networkFilePath } from './paths.ts'
import { type CliPorts, interruptSignal } from './ports.ts'

const OPEN_PATIENCE = seconds(30)

export type AccountOptions = { readonly network?: string; readonly folder?: string }

export type AccountSession = { readonly client: Client; readonly folder: string }

/** Opens the client; dispose it. @throws {CliError} `network_file` */
export async function openSession(ports: CliPorts, options: AccountOptions): Promise<AccountSession> {
  const folder = accountFolder(options.folder, ports.environment)
  const network = readNetwork(networkFilePath(options.network, ports.environment))
  return { client: await ports.openClient({ network, folder }), folder }
}

/** Whether the folder holds an account; a passphrase, where there is one, is asked for. @throws {CliError} `account_unavailable` */
export async function settledState(
  session: AccountSession,
  ports: CliPorts,
  signal: AbortSignal,
): Promise<Extract<Settled, { kind: 'noAccount' | 'needsName' | 'ready' }>> {
  const { client, folder } = session
  let state = await untilSettled(session, ports.clock, signal)
  if (state.kind === 'locked') {
    await client.unlock(await accountPassphrase(folder, ports), { signal })
    state = await untilSettled(session, ports.clock, signal)
  }
  if (state.kind === 'failed') throw unavailable(state.code, folder)
  if (state.kind === 'locked') throw unavailable('in_use', folder)
  return state
}

async function untilSettled({ client, folder }: AccountSession, clock: Clock, signal: AbortSignal): Promise<Settled> {
  try {
    return await withTimeout(clock, OPEN_PATIENCE, signal, (within) =>
      untilValue(client.session, (value) => (isSettled(value) ? value : undefined), within),
    )
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    throw new CliError(
      'timeout',
      `The account in ${folder} could not be opened within 30 seconds. Nothing is lost: try again.`,
    )
  }
}

/** @throws {CliError} `account_missing`, `account_unavailable` */
export async function requireAccount(
  session: AccountSession,
  ports: CliPorts,
  signal: AbortSignal,
): Promise<AccountView> {
  const state = await settledState(session, ports, signal)
  switch (state.kind) {
    case 'ready':
      return state.account
    case 'needsName':
      throw new CliError(
        'account_missing',
        `The account in ${session.folder} has no name yet. Give it one with \`starling account rename NAME\`.`,
      )
    case 'noAccount':
      throw new CliError(
        'account_missing',
        `There is no account in ${session.folder}. Make one with \`starling account create --name NAME\`, ` +
          'or bring one here with `starling account restore`.',
      )
  }
}

/** Runs `act` on the account of the folder, until it is done or interrupted. @throws {CliError} as `requireAccount` */
export async function withAccount<T>(
  options: AccountOptions,
  ports: CliPorts,
  act: (client: Client, account: AccountView, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const session = await openSession(ports, options)
  await using client = session.client
  using interrupt = interruptSignal(ports.interrupts)
  const account = await requireAccount(session, ports, interrupt.signal)
  return await act(client, account, interrupt.signal)
}

type Settled = Exclude<SessionState, { kind: 'opening' | 'restoring' }>

function isSettled(state: SessionState): state is Settled {
  return state.kind !== 'opening' && state.kind !== 'restoring'
}

function unavailable(code: Extract<SessionState, { kind: 'failed' }>['code'], folder: string): CliError {
  switch (code) {
    case 'in_use':
      return new CliError(
        'account_unavailable',
        `Another program uses the account in ${folder}, perhaps \`starling listen\`. End it first, or use another folder with --folder.`,
      )
    case 'newer_version':
      return new CliError(
        'account_unavailable',
        `What is stored in ${folder} was written by a newer version of this program. Nothing was changed. Use that one.`,
      )
    case 'store_unreadable':
      return new CliError(
        'account_unavailable',
        `What is stored in ${folder} cannot be opened: it is damaged, or its key is missing. Nothing was changed. ` +
          'The recovery phrase brings the account back in another folder: `starling account restore --folder FOLDER`.',
      )
    case 'store_unavailable':
      return new CliError(
        'account_unavailable',
        `${folder} cannot be used to store in. Nothing was changed. Check its permissions and the free space.`,
      )
  }
}

function readNetwork(path: string): NetworkFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new CliError(
      'network_file',
      `There is no network file at ${path}. Start a local network with \`starling network up\`, ` +
        'or name a network file with --network or STARLING_NETWORK.',
      { cause: error },
    )
  }
  try {
    return parseNetworkFile(text)
  } catch (error) {
    throw new CliError('network_file', `${path} is not a network file that this version understands.`, { cause: error })
  }
}
