import type { Command } from 'commander'
import { APP_KEY_HELP, APP_SIGN_HELP, APP_VERIFY_HELP } from '../help.ts'
import type { CliPorts } from '../ports.ts'
import type { Finish } from './finish.ts'

export function addApp(app: Command, ports: CliPorts, finish: Finish): void {
  app
    .command('verify')
    .description('check that a server or a folder gives out what was built and signed')
    .argument('<URL or folder>')
    .option('--key <hex>', 'the release key that must have signed it')
    .option('--json', 'one line of JSON')
    .action(async (place, options) => {
      const { appVerify } = await import('../commands/app-verify.ts')
      finish(await appVerify(place, options, ports))
    })
    .addHelpText('after', APP_VERIFY_HELP)
  app
    .command('sign')
    .description('sign the build in a folder')
    .argument('[folder]', 'the built app (default: packages/web/dist)')
    .requiredOption('--key <file>', 'holds the release key')
    .action(async (folder, options) => {
      const { appSign } = await import('../commands/app-sign.ts')
      finish(await appSign(folder, options, ports))
    })
    .addHelpText('after', APP_SIGN_HELP)
  app
    .command('key')
    .description('make a release key if there is none, and print its public half')
    .argument('<file>')
    .action(async (file) => {
      const { appKey } = await import('../commands/app-sign.ts')
      finish(await appKey(file, ports))
    })
    .addHelpText('after', APP_KEY_HELP)
}
