import type { Command } from 'commander'
import {
  NODE_CHECK_HELP,
  NODE_EXPORT_HELP,
  NODE_IMPORT_HELP,
  NODE_INIT_HELP,
  NODE_INVITE_HELP,
  NODE_JOIN_HELP,
  NODE_LEAVE_HELP,
  NODE_RUN_HELP,
  NODE_STATUS_HELP,
} from '../help.ts'
import type { CliPorts } from '../ports.ts'
import { byteSize, wholeNumber } from './arguments.ts'
import type { Finish } from './finish.ts'

const CONFIG = ['--config <file>', 'configuration of the node', 'node.json'] as const
const PASSPHRASE = ['--passphrase-file <file>', 'holds the passphrase (else asked for, or on standard input)'] as const

export function addNode(node: Command, ports: CliPorts, finish: Finish): void {
  addNodeSetUp(node, ports, finish)
  node
    .command('run')
    .description('run a node in the foreground')
    .requiredOption('--config <file>', 'its configuration, as JSON')
    .option('--no-sandbox', 'without the limits on files and programs that it may use')
    .action(async (options) => {
      const { nodeRun } = await import('../commands/node-run.ts')
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
      const { nodeStatus } = await import('../commands/node-status.ts')
      finish(await nodeStatus(options, ports))
    })
    .addHelpText('after', NODE_STATUS_HELP)
  node
    .command('join')
    .description('wait until a running node takes part in its network')
    .option(...CONFIG)
    .option('--timeout <seconds>', 'how long to wait (default: for ever)', wholeNumber(1, 1_000_000))
    .action(async (options) => {
      const { nodeJoin } = await import('../commands/node-join.ts')
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
      const { nodeLeave } = await import('../commands/node-join.ts')
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
      const { nodeInvite } = await import('../commands/node-invite.ts')
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
      const { nodeInit } = await import('../commands/node-init.ts')
      finish(await nodeInit(options, ports))
    })
    .addHelpText('after', NODE_INIT_HELP)
  node
    .command('check')
    .description('check ports, disk, clock, address and files of a node')
    .option(...CONFIG)
    .option('--json', 'one line of JSON')
    .action(async (options) => {
      const { nodeCheck } = await import('../commands/node-init.ts')
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
      const { nodeExport } = await import('../commands/node-export.ts')
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
      const { nodeImport } = await import('../commands/node-export.ts')
      finish(await nodeImport(file, options, ports))
    })
    .addHelpText('after', NODE_IMPORT_HELP)
}
