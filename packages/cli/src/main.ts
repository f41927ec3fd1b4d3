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
  NODE_CHECK_HELP,
  NODE_EXPORT_HELP,
  NODE_IMPORT_HELP,
  NODE_INIT_HELP,
  NODE_INVITE_HELP,
  NODE_JOIN_HELP,
  NODE_LEAVE_HELP,
  NODE_RUN_HELP,
  NODE_STATUS_HELP,
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
  addNode(program.command('node').description('one node'), ports, finish)
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

const CONFIG = ['--config <file>', 'configuration of the node', 'node.json'] as const
const PASSPHRASE = ['--passphrase-file <file>', 'holds the passphrase (else asked for, or on standard input)'] as const

function addNode(node: Command, ports: CliPorts, finish: Finish): void {
  addNodeSetUp(node, ports, finish)
  node
    .command('run')
    .description('run a node in the foreground')
    .requiredOption('--config <file>', 'its configuration, as JSON')
    .option('--no-sandbox', 'without the limits on files and programs that it may use')
    .action(async (options) => {
      const { nodeRun } = await import('./commands/node-run.ts')
      finish(await nodeRun(options))
    })
    .addHelpText('after', NODE_RUN_HELP)
  node
    .command('status')
    .description('show what a running node does, live')
    .option(...CONFIG)
    .option('--once', 'show it once')
    .option('--json', 'one line of JSON, once')
    .action(async (options) => {
      const { nodeStatus } = await import('./commands/node-status.ts')
      finish(await nodeStatus(options, ports))
    })
    .addHelpText('after', NODE_STATUS_HELP)
  node
    .command('join')
    .description('wait until a running node takes part in its network')
    .option(...CONFIG)
    .option('--timeout <seconds>', 'how long to wait (default: for ever)', wholeNumber(1, 1_000_000))
    .action(async (options) => {
      const { nodeJoin } = await import('./commands/node-join.ts')
      finish(await nodeJoin(options, ports))
    })
    .addHelpText('after', NODE_JOIN_HELP)
  node
    .command('leave')
    .description('hand over what a running node has, and stop it')
    .option(...CONFIG)
    .option('--cancel', 'stay after all')
    .option('--timeout <seconds>', 'how long to wait (default: for ever)', wholeNumber(1, 1_000_000))
    .action(async (options) => {
      const { nodeLeave } = await import('./commands/node-join.ts')
      finish(await nodeLeave(options, ports))
    })
    .addHelpText('after', NODE_LEAVE_HELP)
  node
    .command('invite')
    .description('let a node into the network (for a directory member)')
    .argument('<node ID>')
    .option(...CONFIG)
    .option('--remove', 'take the invitation back')
    .action(async (nodeId, options) => {
      const { nodeInvite } = await import('./commands/node-invite.ts')
      finish(await nodeInvite(nodeId, options, ports))
    })
    .addHelpText('after', NODE_INVITE_HELP)
}

/** What is done before a node runs, and with its keys. */
function addNodeSetUp(node: Command, ports: CliPorts, finish: Finish): void {
  node
    .command('init')
    .description('make the keys and the configuration of a node, and check the machine')
    .option('--config <file>', 'where to put the configuration', 'node.json')
    .option('--network <file or link>', 'network.json of the network to join')
    .option('--address <IPv4>', 'address by which others reach the node')
    .option('--host <IPv4>', 'interface to listen on (default: 0.0.0.0)')
    .option('--data <folder>', 'keys and messages (default: data beside the configuration)')
    .option('--https-port <port>', 'for clients', wholeNumber(1, 65_535), 22_021)
    .option('--peer-port <port>', 'for other nodes', wholeNumber(1, 65_535), 22_020)
    .option('--web-url <URL>', 'address of the reverse proxy, for browsers')
    .option('--web-port <port>', 'where the proxy finds the node (default: 22022)', wholeNumber(1, 65_535))
    .option('--metrics-port <port>', 'on loopback, for status and Prometheus; 0: none', wholeNumber(0, 65_535), 22_023)
    .option('--operator <name>', 'who runs the node')
    .option('--max-storage <size>', 'bound of the database, as in 50G (default: 80 % of what is free)', byteSize)
    .option('--import <file>', 'take the keys of `starling node export` instead of new ones')
    .option(...PASSPHRASE)
    .option('--json', 'one line of JSON')
    .action(async (options) => {
      const { nodeInit } = await import('./commands/node-init.ts')
      finish(await nodeInit(options, ports))
    })
    .addHelpText('after', NODE_INIT_HELP)
  node
    .command('check')
    .description('check ports, disk, clock, address and files of a node')
    .option(...CONFIG)
    .option('--json', 'one line of JSON')
    .action(async (options) => {
      const { nodeCheck } = await import('./commands/node-init.ts')
      finish(await nodeCheck(options, ports))
    })
    .addHelpText('after', NODE_CHECK_HELP)
  node
    .command('export')
    .description('put the keys of a node into a file that needs a passphrase')
    .option(...CONFIG)
    .requiredOption('--output <file>', 'where to put it')
    .option(...PASSPHRASE)
    .action(async (options) => {
      const { nodeExport } = await import('./commands/node-export.ts')
      finish(await nodeExport(options, ports))
    })
    .addHelpText('after', NODE_EXPORT_HELP)
  node
    .command('import')
    .description('take the keys of a node out of such a file')
    .argument('<file>')
    .option(...CONFIG)
    .option(...PASSPHRASE)
    .action(async (file, options) => {
      const { nodeImport } = await import('./commands/node-export.ts')
      finish(await nodeImport(file, options, ports))
    })
    .addHelpText('after', NODE_IMPORT_HELP)
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

/** Bytes, with K, M, G or T for thousands of them; 0: no bound. */
function byteSize(text: string): number {
  const match = /^(\d{1,15})([KMGT]?)B?$/i.exec(text)
  const size = match ? Number(match[1]) * 1000 ** ' KMGT'.indexOf((match[2] || ' ').toUpperCase()) : Number.NaN
  if (!Number.isSafeInteger(size)) throw new InvalidArgumentError('It must be a size, as in 50G or 800M.')
  return size
}
