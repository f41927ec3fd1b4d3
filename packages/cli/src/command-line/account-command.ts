import type { Command } from 'commander'

/** A command that works on the account of a folder. */
export function accountCommand(parent: Command, name: string): Command {
  return parent
    .command(name)
    .option('--folder <folder>', 'where the account is kept (default: STARLING_HOME, else ~/.starling)')
    .option('--network <file>', "the network file (default: STARLING_NETWORK, else the local network's)")
}
