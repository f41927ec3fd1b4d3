import { type Command, Option } from 'commander'
import { DELETE_HELP, LISTEN_HELP, REACT_HELP, SEND_HELP } from '../help-messages.ts'
import type { CliPorts } from '../ports.ts'
import { accountCommand } from './account-command.ts'
import { wholeNumber } from './arguments.ts'
import type { Finish } from './finish.ts'

const TIMEOUT = ['--timeout <seconds>', 'how long to wait for the network', wholeNumber(1, 86_400), 60] as const

export function addMessages(program: Command, ports: CliPorts, finish: Finish): void {
  accountCommand(program, 'send')
    .description('send a message and wait until it is stored')
    .argument('<account ID>', 'who it is for; the own one: Note to Self')
    .argument('<text>', 'the message; - reads it from standard input')
    .option('--reply <message ID>', 'the message that it answers')
    .option('--preview', 'have the page of the first link fetched, and send its title along')
    .option(...TIMEOUT)
    .option('--json', 'one line of JSON')
    .action(async (to, text, options) => {
      const { send } = await import('../commands/send.ts')
      finish(await send(to, text, options, ports))
    })
    .addHelpText('after', SEND_HELP)
  accountCommand(program, 'listen')
    .description('print messages as they come')
    .option('--count <number>', 'end after so many messages', wholeNumber(1, 1_000_000_000))
    .option('--timeout <seconds>', 'end after so long', wholeNumber(1, 1_000_000_000))
    .option('--json', 'a line of JSON for each')
    .action(async (options) => {
      const { listen } = await import('../commands/listen.ts')
      finish(await listen(options, ports))
    })
    .addHelpText('after', LISTEN_HELP)
  accountCommand(program, 'react')
    .description('put an emoji on a message')
    .argument('<message ID>', 'as `starling history` shows it')
    .argument('<emoji>')
    .option('--remove', 'take it back')
    .option(...TIMEOUT)
    .option('--json', 'one line of JSON')
    .action(async (message, emoji, options) => {
      const { react } = await import('../commands/react.ts')
      finish(await react(message, emoji, options, ports))
    })
    .addHelpText('after', REACT_HELP)
  accountCommand(program, 'delete')
    .description('delete messages')
    .argument('<message ID...>', 'as `starling history` shows them')
    .addOption(
      new Option('--for <whom>', 'where they go')
        .choices(['this-device', 'my-devices', 'everyone'])
        .default('this-device'),
    )
    .option(...TIMEOUT)
    .option('--json', 'one line of JSON')
    .action(async (messages, options) => {
      const { deleteMessages } = await import('../commands/delete-messages.ts')
      finish(await deleteMessages(messages, options, ports))
    })
    .addHelpText('after', DELETE_HELP)
}
