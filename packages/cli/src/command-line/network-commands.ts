import type { Command } from 'commander'
import { NETWORK_DOWN_HELP, NETWORK_STATUS_HELP, NETWORK_UP_HELP } from '../help.ts'
import type { CliPorts } from '../ports.ts'
import { wholeNumber } from './arguments.ts'
import type { Finish } from './finish.ts'

export function addNetwork(network: Command, ports: CliPorts, finish: Finish): void {
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
      const { networkUp } = await import('../commands/network-up.ts')
      finish(await networkUp(options, ports))
    })
    .addHelpText('after', NETWORK_UP_HELP)
  network
    .command('status')
    .description('show the nodes of the local network')
    .option(...folder)
    .option('--json', 'one line of JSON')
    .action(async (options) => {
      const { networkStatus } = await import('../commands/network-status.ts')
      finish(await networkStatus(options, ports))
    })
    .addHelpText('after', NETWORK_STATUS_HELP)
  network
    .command('down')
    .description('stop the local network, also from another terminal')
    .option(...folder)
    .action(async (options) => {
      const { networkDown } = await import('../commands/network-down.ts')
      finish(await networkDown(options, ports))
    })
    .addHelpText('after', NETWORK_DOWN_HELP)
}
