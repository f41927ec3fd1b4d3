import type { Command } from 'commander'
import { BOT_HELP } from '../help-messages.ts'
import type { CliPorts } from '../ports.ts'
import type { Finish } from './finish.ts'

export function addBot(program: Command, ports: CliPorts, finish: Finish): void {
  program
    .command('bot')
    .description('make a folder with a bot that answers, to build on')
    .argument('<folder>', 'where; it must not be there yet')
    .option('--name <name>', 'what others see', 'Echo')
    .option('--network <file>', "the network file (default: STARLING_NETWORK, else the local network's)")
    .action(async (folder, options) => {
      const { createBot } = await import('../commands/create-bot.ts')
      finish(await createBot(folder, options, ports))
    })
    .addHelpText('after', BOT_HELP)
}
