/** The command line: which commands there are, and what their options mean. Commands load when they are called. */
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { explain } from './explain.ts'
import {
  ACCOUNT_CREATE_HELP,
  ACCOUNT_RENAME_HELP,
  ACCOUNT_RESTORE_HELP,
  ACCOUNT_SHOW_HELP,
  LISTEN_HELP,
  NETWORK_DOWN_HELP,
  NETWORK_STATUS_HELP,
  NETWORK_UP_HELP,
  NODE_RUN_HELP,
  PROGRAM_HELP,
  SEND_HELP,
} from './help.ts'
import type { CliPorts } from './ports.ts'

type Finish = (exitCode: number) => void

/**
 * Runs one command; `argv` is what follows the program's name. Resolves to the exit status: 0 done, 1 it did not work,
 * 2 the command line is wrong. Never rejects: errors are printed as sentences.
 */
export async function main(argv: readonly string[], ports: CliPorts): Promise<number> {
  let exitCode = 0
  try {
    const program = buildProgram(ports, (code) => {
      exitCode = code
    })
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const { sentences, exitCode: status } = explain(error)
    ports.errors.write(`${sentences}\n`)
    return status
  }
}

function buildProgram(ports: CliPorts, finish: Finish): Command {
  const program = new Command('starling')
    .description('A private messenger whose messages wait for their recipient in a network of community-run nodes.')
    .version('0.1.0')
    .exitOverride()
    .configureOutput({ writeOut: (text) => ports.output.write(text), writeErr: (text) => ports.errors.write(text) })
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText('after', PROGRAM_HELP)
  addNetwork(program.command('network').description('a network of nodes on this machine'), ports, finish)
  addNode(program.command('node').description('one node'), finish)
  addAccount(program.command('account').description('the account of this machine'), ports, finish)
  addMessages(program, ports, finish)
  return program
}

function addNetwork(network: Command, ports: CliPorts, finish: Finish): void {
  const folder = [
    '--folder <folder>',
    'where keys, configuration and messages are kept (default: .starling in the repository)',
  ] as const
  network
    .command('up')
    .description('start the local network and keep it running')
    .option(...folder)
    .option('--nodes <number>', 'nodes of a new network (default: 12)', wholeNumber(1, 99))
    .option('--swarm-size <number>', 'members that swarms of a new network aim at (default: 3)', wholeNumber(1, 32))
    .option('--port-base <port>', 'ports of a new network begin here (default: 22100)', wholeNumber(1, 65_000))
    .option('--app', 'serve the web app as well')
    .option('--app-port <port>', 'port of the app, or the next one that is free', wholeNumber(0, 65_535), 8420)
    .option('--app-folder <folder>', 'the built app (default: packages/web/dist)')
    .action(async (options) => {
      const { networkUp } = await import('./commands/network-up.ts')
      finish(await networkUp(options, ports))
    })
    .addHelpText('after', NETWORK_UP_HELP)
  network
    .command('status')
    .description('show the nodes of the local network')
    .option(...folder)
    .option('--json', 'one line of JSON')
    .action(async (options) => {
      const { networkStatus } = await import('./commands/network-status.ts')
      finish(await networkStatus(options, ports))
    })
    .addHelpText('after', NETWORK_STATUS_HELP)
  network
    .command('down')
    .description('stop the local network, also from another terminal')
    .option(...folder)
    .action(async (options) => {
      const { networkDown } = await import('./commands/network-down.ts')
      finish(await networkDown(options, ports))
    })
    .addHelpText('after', NETWORK_DOWN_HELP)
}

function addNode(node: Command, finish: Finish): void {
  node
    .command('run')
    .description('run a node in the foreground')
    .requiredOption('--config <file>', 'its configuration, as JSON')
    .action(async (options) => {
      const { nodeRun } = await import('./commands/node-run.ts')
      finish(await nodeRun(options))
    })
    .addHelpText('after', NODE_RUN_HELP)
}

function addAccount(account: Command, ports: CliPorts, finish: Finish): void {
  accountCommand(account, 'create')
    .description('make a new account: a key pair on this machine')
    .option('--name <name>', 'what others see (asked for if left out)')
    .option('--json', 'one line of JSON')
    .action(async (options) => finish(await (await accountCommands()).accountCreate(options, ports)))
    .addHelpText('after', ACCOUNT_CREATE_HELP)
  accountCommand(account, 'restore')
    .description('bring an account here with its recovery phrase')
    .option('--name <name>', 'what others see, if the network has no profile')
    .option('--json', 'one line of JSON')
    .action(async (options) => finish(await (await accountCommands()).accountRestore(options, ports)))
    .addHelpText('after', ACCOUNT_RESTORE_HELP)
  accountCommand(account, 'show')
    .description('show the account ID')
    .option('--phrase', 'show the recovery phrase instead')
    .option('--json', 'one line of JSON')
    .action(async (options) => finish(await (await accountCommands()).accountShow(options, ports)))
    .addHelpText('after', ACCOUNT_SHOW_HELP)
  accountCommand(account, 'rename')
    .description('change the name that others see')
    .argument('<name>')
    .action(async (name, options) => finish(await (await accountCommands()).accountRename(name, options, ports)))
    .addHelpText('after', ACCOUNT_RENAME_HELP)
}

function addMessages(program: Command, ports: CliPorts, finish: Finish): void {
  accountCommand(program, 'send')
    .description('send a message and wait until it is stored')
    .argument('<account ID>', 'who it is for')
    .argument('<text>', 'the message; - reads it from standard input')
    .option('--timeout <seconds>', 'how long to wait', wholeNumber(1, 86_400), 60)
    .option('--json', 'one line of JSON')
    .action(async (to, text, options) => {
      const { send } = await import('./commands/send.ts')
      finish(await send(to, text, options, ports))
    })
    .addHelpText('after', SEND_HELP)
  accountCommand(program, 'listen')
    .description('print messages as they come')
    .option('--count <number>', 'end after so many messages', wholeNumber(1, 1_000_000_000))
    .option('--timeout <seconds>', 'end after so long', wholeNumber(1, 1_000_000_000))
    .option('--json', 'a line of JSON for each')
    .action(async (options) => {
      const { listen } = await import('./commands/listen.ts')
      finish(await listen(options, ports))
    })
    .addHelpText('after', LISTEN_HELP)
}

function accountCommand(parent: Command, name: string): Command {
  return parent
    .command(name)
    .option('--folder <folder>', 'where the account is kept (default: STARLING_HOME, else ~/.starling)')
    .option('--network <file>', "the network file (default: STARLING_NETWORK, else the local network's)")
}

const accountCommands = () => import('./commands/account.ts')

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= least && value <= most))
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
    return value
  }
}
