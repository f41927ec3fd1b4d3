/** `starling account create|restore|rename|show`. */
import { type AccountView, untilValue } from '@starling/client'
import { parseDisplayName } from '@starling/protocol'
import {
  type AccountOptions,
  type AccountSession,
  openSession,
  requireAccount,
  settledState,
} from '../account-session.ts'
import { CliError, type ExitCode } from '../cli-error.ts'
import { type CliPorts, interruptSignal } from '../ports.ts'
import { jsonLine, visibleText } from '../terminal/visible-text.ts'

type Named = AccountOptions & { readonly name?: string; readonly json?: boolean }

export async function accountCreate(options: Named, ports: CliPorts): Promise<ExitCode> {
  const name = parseDisplayName(await nameFrom(options, ports))
  return withEmptyFolder(options, ports, async (session, signal) => {
    await session.client.createAccount({ displayName: name })
    const account = await untilReady(session, signal)
    tell(account, session, options, ports)
    if (!options.json) {
      ports.output.write(
        'Write its recovery phrase down: `starling account show --phrase`. Without it, a lost folder is a lost account.\n',
      )
    }
  })
}

/** The phrase comes by standard input or is asked for: on a command line it would be seen by every program. */
export async function accountRestore(options: Named, ports: CliPorts): Promise<ExitCode> {
  if (options.name !== undefined) parseDisplayName(options.name)
  return withEmptyFolder(options, ports, async (session, signal) => {
    const phrase = await phraseFrom(ports)
    if (!options.json) ports.errors.write('Looking for the profile and messages in the network …\n')
    await session.client.restoreAccount({ phrase })
    const state = await settledState(session, ports, signal)
    if (state.kind === 'needsName') {
      if (!options.json) ports.errors.write('No profile was found in the network.\n')
      await session.client.setDisplayName(parseDisplayName(await nameFrom(options, ports)))
    }
    tell(await untilReady(session, signal), session, options, ports)
  })
}

export async function accountRename(name: string, options: AccountOptions, ports: CliPorts): Promise<ExitCode> {
  const displayName = parseDisplayName(name)
  const session = await openSession(ports, options)
  await using _ = session.client
  using interrupt = interruptSignal(ports.interrupts)
  const state = await settledState(session, ports, interrupt.signal)
  if (state.kind === 'noAccount') await requireAccount(session, ports, interrupt.signal)
  await session.client.setDisplayName(displayName)
  const account = await untilReady(session, interrupt.signal)
  ports.output.write(`The account is now called ${visibleText(account.displayName)}.\n`)
  return 0
}

export async function accountShow(
  options: AccountOptions & { readonly phrase?: boolean; readonly json?: boolean },
  ports: CliPorts,
): Promise<ExitCode> {
  const session = await openSession(ports, options)
  await using _ = session.client
  using interrupt = interruptSignal(ports.interrupts)
  const account = await requireAccount(session, ports, interrupt.signal)
  if (!options.phrase) {
    tell(account, session, options, ports)
    return 0
  }
  const phrase = await session.client.revealPhrase()
  if (!options.json) ports.errors.write('Whoever knows this phrase has the account. Keep it to yourself.\n')
  ports.output.write(options.json ? jsonLine({ accountId: account.accountId, phrase }) : `${phrase}\n`)
  return 0
}

async function withEmptyFolder(
  options: Named,
  ports: CliPorts,
  fn: (session: AccountSession, signal: AbortSignal) => Promise<void>,
): Promise<ExitCode> {
  const session = await openSession(ports, options)
  await using _ = session.client
  using interrupt = interruptSignal(ports.interrupts)
  const state = await settledState(session, ports, interrupt.signal)
  if (state.kind !== 'noAccount') {
    throw new CliError(
      'account_exists',
      `${session.folder} holds an account already. Nothing was changed. Show it with \`starling account show\`, ` +
        'or use another folder with --folder.',
    )
  }
  await fn(session, interrupt.signal)
  return 0
}

function untilReady({ client }: AccountSession, signal: AbortSignal): Promise<AccountView> {
  return untilValue(client.session, (state) => (state.kind === 'ready' ? state.account : undefined), signal)
}

function tell(
  { accountId, displayName }: AccountView,
  { folder }: AccountSession,
  { json }: { readonly json?: boolean },
  { output }: CliPorts,
): void {
  if (json) output.write(jsonLine({ accountId, displayName, folder }))
  else output.write(`Name        ${visibleText(displayName)}\nAccount ID  ${accountId}\nFolder      ${folder}\n`)
}

async function nameFrom({ name }: Named, { input, ask }: CliPorts): Promise<string> {
  if (name !== undefined) return name
  if (!input.isTerminal) throw new CliError('invalid_input', 'The account needs a name: --name NAME.')
  return answered(await ask('What shall others see as your name?'))
}

async function phraseFrom({ input, ask }: CliPorts): Promise<string> {
  const phrase = input.isTerminal ? answered(await ask('The 13 words of the recovery phrase')) : await input.readAll()
  return phrase.trim().toLowerCase().split(/\s+/).join(' ')
}

function answered(answer: string | undefined): string {
  if (answer === undefined) throw new CliError('cancelled', 'Called off. Nothing was changed.')
  return answer
}
