/** `starling send`: one message, until it is stored. */
import {
  type Client,
  type Delivery,
  type DeliveryFailure,
  type MessageId,
  type OutgoingPreview,
  PreviewError,
  untilValue,
} from '@starling/client'
import { type Millis, parseAccountId, seconds } from '@starling/protocol'
import { TimeoutError, withTimeout } from '@starling/runtime'
import { type AccountOptions, openSession, requireAccount } from '../account-session.ts'
import { CliError, type ExitCode } from '../cli-error.ts'
import { type CliPorts, interruptSignal } from '../ports.ts'
import { jsonLine } from '../terminal/visible-text.ts'

export type SendOptions = AccountOptions & {
  readonly json?: boolean
  /** Seconds. */
  readonly timeout: number
  /** Message ID. */
  readonly reply?: string
  /** Whether the page of a link in the text is fetched, for what it says of itself. */
  readonly preview?: boolean
}

type Settled = Exclude<Delivery, { kind: 'queued' }>

export async function send(to: string, text: string, options: SendOptions, ports: CliPorts): Promise<ExitCode> {
  const accountId = parseAccountId(to.trim().toLowerCase())
  const body = text === '-' ? (await ports.input.readAll()).replace(/\r?\n$/, '') : text
  const session = await openSession(ports, options)
  await using client = session.client
  using interrupt = interruptSignal(ports.interrupts)
  await requireAccount(session, ports, interrupt.signal)
  const conversation = await client.startConversation(accountId, interrupt)
  const quote = options.reply === undefined ? {} : { quote: options.reply as MessageId }
  const preview = options.preview ? await previewOf(body, client, ports, interrupt.signal) : undefined
  const message = await client.send(conversation, { text: body, ...quote, ...(preview && { preview }) }, interrupt)
  await using history = await client.history(conversation)
  const settled = (messages: typeof history.state.snapshot) => deliveryIn(messages.messages, message)
  const delivery = await patiently(seconds(options.timeout), interrupt.signal, ports, client, (signal) =>
    untilValue(history.state, settled, signal),
  )
  if (delivery.kind === 'failed') throw new CliError('message_failed', failure(delivery.reason))
  const { on, of } = delivery
  ports.output.write(
    options.json
      ? jsonLine({ state: 'stored', on, of, to: accountId, id: message, ...(preview && { preview: preview.title }) })
      : `Stored on ${on} of ${of} nodes.\n`,
  )
  return 0
}

/** `undefined`, if there is none, which is said; a message without its preview is one. */
async function previewOf(
  text: string,
  { files, network }: Client,
  { errors }: CliPorts,
  signal: AbortSignal,
): Promise<OutgoingPreview | undefined> {
  if (network.snapshot.previewServices === undefined) {
    errors.write('No preview: the network file lists no service that fetches pages.\n')
    return undefined
  }
  try {
    const preview = await files.preview(text, { asked: true, signal })
    if (preview === undefined)
      errors.write('No preview: there is no link that one is made of, or its page has no title.\n')
    return preview
  } catch (error) {
    if (!(error instanceof PreviewError)) throw error
    errors.write('No preview: the page could not be fetched.\n')
    return undefined
  }
}

function deliveryIn(
  messages: readonly { readonly id: MessageId; readonly delivery?: Delivery }[],
  id: MessageId,
): Settled | undefined {
  const delivery = messages.find((message) => message.id === id)?.delivery
  return delivery === undefined || delivery.kind === 'queued' ? undefined : delivery
}

async function patiently<T>(
  patience: Millis,
  signal: AbortSignal,
  { clock }: CliPorts,
  client: Client,
  fn: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await withTimeout(clock, patience, signal, fn)
  } catch (error) {
    const kept =
      'The message is kept in the outbox and goes out the next time that `starling send` or `starling listen` runs.'
    if (signal.aborted) throw new CliError('cancelled', `Called off before it was stored. ${kept}`)
    if (!(error instanceof TimeoutError)) throw error
    throw new CliError('timeout', `Not stored within ${patience / 1000} seconds: ${connectionOf(client)}. ${kept}`)
  }
}

function connectionOf(client: Client): string {
  const { connection } = client.network.snapshot
  if (connection.kind === 'connected') return 'the network is there, but its swarm has not answered'
  if (connection.kind === 'connecting') return 'no node has answered yet'
  return `the network is out of reach (${connection.reason.replaceAll('_', ' ')})`
}

function failure(reason: DeliveryFailure): string {
  switch (reason) {
    case 'refused':
      return 'The nodes refused the message. It was not stored.'
    case 'expired':
      return 'The message waited too long for the network and has expired. It was not stored: send it again.'
    case 'clock_skew':
      return 'The clock of this machine is wrong, so the nodes refused the message. It was not stored: set the clock and send it again.'
    case 'too_large':
      return 'The message is too large for the network. It was not stored.'
    case 'unreachable':
      return 'No node of the swarm could be reached. The message was not stored: send it again later.'
  }
}
