import type { Command } from 'commander'
import { PREVIEWS_RUN_HELP } from '../help.ts'
import type { CliPorts } from '../ports.ts'
import { wholeNumber } from './arguments.ts'
import type { Finish } from './finish.ts'

export function addPreviews(previews: Command, ports: CliPorts, finish: Finish): void {
  previews
    .command('run')
    .description('fetch pages for link previews, in the foreground')
    .requiredOption('--key <file>', 'holds the key of the service; made if it is not there')
    .option('--host <IPv4>', 'interface to listen on', '127.0.0.1')
    .option('--port <port>', 'where last hops, or a reverse proxy, find it', wholeNumber(0, 65_535), 22_024)
    .action(async (options) => {
      const { previewsRun } = await import('../commands/previews-run.ts')
      finish(await previewsRun(options, ports))
    })
    .addHelpText('after', PREVIEWS_RUN_HELP)
}
