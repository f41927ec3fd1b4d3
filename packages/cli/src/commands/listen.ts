/** `starling listen`: prints messages that have not been read, and then those that come. */
import { type Connection, type ConversationSummary, handleMessages, type MessageView } from '@starling/client'
import { seconds } from '@starling/protocol'
import { TimeoutError, withTimeout } from '@starling/runtime'
import { type AccountOptions, openSession, requireAccount } from '../account-session.ts'
import { CliError, type ExitCode } from '../cli-error.ts'
import { type CliPorts, interruptSignal } from '../ports.ts'
import { arrivalFields, bodyText, nameText, timeText } from '../terminal/message-text.ts'
import { jsonLine } from '../terminal/visible-text.ts'

export type ListenOptions = AccountOptions & {
  readonly json?: boolean
  readonly count?: number
  /** Seconds. */
  readonly timeout?: number
}

/** Ends when interrupted, after `count` messages or `timeout` seconds; 1 if there were less than `count` by then. */
export async function listen(options: ListenOptions, ports: CliPorts): Promise<ExitCode> {
  const session = await openSession(ports, options)
  await using client = session.client
  using interrupt = interruptSignal(ports.interrupts)
  await requireAccount(session, ports, interrupt.signal)
  const unsubscribe = client.network.subscribe(tellConnection(ports))
  let printed = 0
  const wanted = options.count ?? Number.POSITIVE_INFINITY
  const print = (message: MessageView, conversation: ConversationSummary) => {
    ports.output.write(options.json ? jsonLine(arrivalFields(message, conversation)) : lineOf(message, conversation))
    printed++
    return printed < wanted
  }
  const run = (signal: AbortSignal) => handleMessages(client, print, { signal })
  try {
    await (options.timeout === undefined
      ? run(interrupt.signal)
      : withTimeout(ports.clock, seconds(options.timeout), interrupt.signal, run))
    return 0
  } catch (error) {
    if (interrupt.signal.aborted) return 0
    if (!(error instanceof TimeoutError)) throw error
    if (options.count === undefined) return 0
    throw new CliError(
      'timeout',
      `${printed} of ${wanted} messages came within ${options.timeout} seconds. Later ones wait in the network.`,
    )
  } finally {
    unsubscribe()
  }
}

/** Says what changed, on standard error. */
function tellConnection({ errors }: CliPorts): (view: { readonly connection: Connection }) => void {
  let told = ''
  return ({ connection }) => {
    const text = describe(connection)
    if (text !== told) errors.write(`${text}\n`)
    told = text
  }
}

function describe(connection: Connection): string {
  switch (connection.kind) {
    case 'connecting':
      return 'Connecting …'
    case 'connected':
      return 'Connected. Ctrl+C ends it.'
    case 'offline':
      return `Waiting for the network (${connection.reason.replaceAll('_', ' ')}).`
  }
}

function lineOf(message: MessageView, { title, kind }: ConversationSummary): string {
  const from = `${nameText(title)}${kind === 'request' ? ' (request)' : ''}`
  return `${timeText(message.sentAt)}  ${from}  ${bodyText(message)}\n`
}
