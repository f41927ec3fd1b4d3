import type { Command } from 'commander'
import { ACCOUNT_CREATE_HELP, ACCOUNT_RENAME_HELP, ACCOUNT_RESTORE_HELP, ACCOUNT_SHOW_HELP } from '../help.ts'
import type { CliPorts } from '../ports.ts'
import { accountCommand } from './account-command.ts'
import type { Finish } from './finish.ts'

export function addAccount(account: Command, ports: CliPorts, finish: Finish): void {
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

const accountCommands = () => import('../commands/account.ts')
