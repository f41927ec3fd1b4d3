import type { Command } from 'commander'
import { CHATS_HELP, DECIDE_HELP, DEVICES_HELP, HISTORY_HELP, REQUESTS_HELP, SEARCH_HELP } from '../help-messages.ts'
import type { CliPorts } from '../ports.ts'
import { accountCommand } from './account-command.ts'
import { wholeNumber } from './arguments.ts'
import type { Finish } from './finish.ts'

const DECISIONS = [
  ['accept', 'let somebody who wrote to you write on: they are told'],
  ['decline', 'delete a request and its messages: nobody is told'],
  ['block', 'take no messages of somebody any more: they are not told'],
  ['unblock', 'take their messages again'],
] as const

export function addConversations(program: Command, ports: CliPorts, finish: Finish): void {
  accountCommand(program, 'chats')
    .description('list conversations, the latest first')
    .option('--json', 'a line of JSON for each')
    .action(async (options) => {
      const { chats } = await import('../commands/chats.ts')
      finish(await chats('chats', options, ports))
    })
    .addHelpText('after', CHATS_HELP)
  accountCommand(program, 'requests')
    .description('list who wrote to you for the first time')
    .option('--json', 'a line of JSON for each')
    .action(async (options) => {
      const { chats } = await import('../commands/chats.ts')
      finish(await chats('requests', options, ports))
    })
    .addHelpText('after', REQUESTS_HELP)
  for (const [decision, description] of DECISIONS) {
    accountCommand(program, decision)
      .description(description)
      .argument('<account ID>')
      .option('--timeout <seconds>', 'how long to wait for the network', wholeNumber(1, 86_400), 60)
      .option('--json', 'one line of JSON')
      .action(async (account, options) => {
        const { decide } = await import('../commands/decide.ts')
        finish(await decide(decision, account, options, ports))
      })
      .addHelpText('after', DECIDE_HELP)
  }
  addReading(program, ports, finish)
}

function addReading(program: Command, ports: CliPorts, finish: Finish): void {
  accountCommand(program, 'history')
    .description('print the messages of a conversation, oldest first')
    .argument('<account ID>', 'whose conversation')
    .option('--limit <number>', 'at most so many, the latest', wholeNumber(1, 1_000_000), 50)
    .option('--json', 'a line of JSON for each')
    .action(async (account, options) => {
      const { history } = await import('../commands/history.ts')
      finish(await history(account, options, ports))
    })
    .addHelpText('after', HISTORY_HELP)
  accountCommand(program, 'search')
    .description('find messages by words')
    .argument('<words...>', 'all of them, or their beginnings')
    .option('--in <account ID>', 'in this conversation alone')
    .option('--limit <number>', 'at most so many', wholeNumber(1, 200), 20)
    .option('--json', 'a line of JSON for each')
    .action(async (words: string[], options) => {
      const { search } = await import('../commands/search.ts')
      finish(await search(words.join(' '), options, ports))
    })
    .addHelpText('after', SEARCH_HELP)
  accountCommand(program, 'devices')
    .description('show what other devices of this account do, as it happens')
    .option('--timeout <seconds>', 'end after so long', wholeNumber(1, 1_000_000_000))
    .option('--json', 'a line of JSON for each')
    .action(async (options) => {
      const { devices } = await import('../commands/devices.ts')
      finish(await devices(options, ports))
    })
    .addHelpText('after', DEVICES_HELP)
}
