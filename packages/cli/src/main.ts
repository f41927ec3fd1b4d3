/** The command line: which commands there are, and what their options mean. Commands load when they are called. */
import { Command, CommanderError } from 'commander'
import { addAccount } from './command-line/account-commands.ts'
import { addApp } from './command-line/app-commands.ts'
import { addBot } from './command-line/bot-commands.ts'
import { addConversations } from './command-line/conversation-commands.ts'
import type { Finish } from './command-line/finish.ts'
import { addMessages } from './command-line/message-commands.ts'
import { addNetwork } from './command-line/network-commands.ts'
import { addNode } from './command-line/node-commands.ts'
import { addPreviews } from './command-line/preview-commands.ts'
import { PROGRAM_HELP } from './help.ts'
import type { CliPorts } from './ports.ts'

/**
 * Runs one command; `argv` is what follows the program's name. Resolves to the exit status: 0 done, 1 it did not work,
 * 2 the command line is wrong. Never rejects: errors are printed as sentences.
 */
export async function main(argv: readonly string[], ports: CliPorts): Promise<number> {
  let exitCode = 0
  try {
    const program = buildProgram(ports, (code) => {
      exitCode = code
    })
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const { explain } = await import('./explain.ts')
    const { sentences, exitCode: status } = explain(error)
    ports.errors.write(`${sentences}\n`)
    return status
  }
}

function buildProgram(ports: CliPorts, finish: Finish): Command {
  const program = new Command('starling')
    .description('A private messenger whose messages wait for their recipient in a network of community-run nodes.')
    .version('0.1.0')
    .exitOverride()
    .configureOutput({ writeOut: (text) => ports.output.write(text), writeErr: (text) => ports.errors.write(text) })
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText('after', PROGRAM_HELP)
  addNetwork(program.command('network').description('a network of nodes on this machine'), ports, finish)
  addNode(program.command('node').description('one node'), ports, finish)
  addPreviews(
    program.command('previews').description('the service that fetches pages for link previews'),
    ports,
    finish,
  )
  addApp(program.command('app').description('the app that browsers load'), ports, finish)
  addAccount(program.command('account').description('the account of this machine'), ports, finish)
  addMessages(program, ports, finish)
  addConversations(program, ports, finish)
  addBot(program, ports, finish)
  return program
}
