import type { Command } from 'commander'
import {
  ACCOUNT_CREATE_HELP,
  ACCOUNT_EXPORT_HELP,
  ACCOUNT_IMPORT_HELP,
  ACCOUNT_PASSPHRASE_HELP,
  ACCOUNT_RENAME_HELP,
  ACCOUNT_RESTORE_HELP,
  ACCOUNT_SHOW_HELP,
} from '../help.ts'
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
  addAccountData(account, ports, finish)
}

/** What this device keeps of the account. */
function addAccountData(account: Command, ports: CliPorts, finish: Finish): void {
  accountCommand(account, 'passphrase')
    .description('lock what this machine keeps with a passphrase, or change it')
    .option('--remove', 'open it without one from now on')
    .option(...PASSPHRASE_FILE)
    .action(async (options) => finish(await (await dataCommands()).accountSetPassphrase(options, ports)))
    .addHelpText('after', ACCOUNT_PASSPHRASE_HELP)
  accountCommand(account, 'export')
    .description('put everything that this machine keeps into one encrypted file')
    .requiredOption('--output <path>', 'where to put it; it must not be there yet')
    .option('--readable', 'instead, a folder of JSON files, in clear')
    .option('--media', 'with --readable: the files of messages too, as far as they can be downloaded')
    .option(...PASSPHRASE_FILE)
    .action(async (options) => finish(await (await dataCommands()).accountExport(options, ports)))
    .addHelpText('after', ACCOUNT_EXPORT_HELP)
  accountCommand(account, 'import')
    .description('add what is in such a file to what is here')
    .argument('<file>')
    .option(...PASSPHRASE_FILE)
    .option('--json', 'one line of JSON')
    .action(async (file, options) => finish(await (await dataCommands()).accountImport(file, options, ports)))
    .addHelpText('after', ACCOUNT_IMPORT_HELP)
}

const PASSPHRASE_FILE = ['--passphrase-file <file>', 'holds the passphrase (else asked for)'] as const
const accountCommands = () => import('../commands/account.ts')
const dataCommands = () => import('../commands/account-data.ts')
