/** What a new node needs to be told: by options, else by questions. */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  MalformedInputError,
  type NetworkFile,
  parseIpv4Address,
  parseNetworkFile,
  parseNetworkLink,
} from '@starling/protocol'
import { CliError } from '../cli-error.ts'
import type { CliPorts } from '../ports.ts'

export type InitOptions = {
  readonly config: string
  readonly network?: string
  readonly address?: string
  readonly host?: string
  readonly data?: string
  readonly httpsPort: number
  readonly peerPort: number
  readonly metricsPort: number
  readonly webPort?: number
  readonly webUrl?: string
  readonly operator?: string
  readonly maxStorage?: number
  readonly import?: string
  readonly passphraseFile?: string
  readonly json?: boolean
}

export type Settings = {
  readonly network: NetworkFile
  readonly address: string
  readonly operator: string
  readonly web: { readonly port: number; readonly url: string; readonly trustForwardedFor: true } | undefined
}

/** @throws {CliError} `invalid_input`, `network_file`, `cancelled` */
export async function readSettings(options: InitOptions, ports: CliPorts): Promise<Settings> {
  const network = readNetwork(
    options.network ?? (await answer(ports, 'Path of network.json, or a link starling-network:…', '--network')),
  )
  const address = readAddress(
    options.address ?? (await answer(ports, 'Public IPv4 address of this machine', '--address')),
  )
  const operator =
    options.operator ?? (ports.input.isTerminal ? await optional(ports, 'Your name as operator (may be empty)') : '')
  if (!/^[\x20-\x7e]{0,32}$/.test(operator)) {
    throw new CliError('invalid_input', 'The name of the operator has at most 32 printable ASCII characters.')
  }
  return { network, address, operator, web: readWeb(options) }
}

function readWeb({ webPort, webUrl }: InitOptions): Settings['web'] {
  if (webUrl === undefined) {
    if (webPort === undefined) return undefined
    throw new CliError('invalid_input', '--web-port needs --web-url: the address at which browsers find the proxy.')
  }
  // A proxy that does not say who asks would make one client of all of them.
  return { port: webPort ?? 22_022, url: webUrl, trustForwardedFor: true }
}

function readNetwork(text: string): NetworkFile {
  try {
    if (text.startsWith('starling-network:')) return parseNetworkLink(text.trim())
    const path = resolve(text)
    if (existsSync(path)) return parseNetworkFile(readFileSync(path, 'utf8'))
    throw new CliError('network_file', `There is no ${path}. Get network.json from whoever runs the network.`)
  } catch (error) {
    if (!(error instanceof MalformedInputError)) throw error
    throw new CliError('network_file', 'That is no network file and no whole network link. Nothing was written.', {
      cause: error,
    })
  }
}

function readAddress(text: string): string {
  try {
    return parseIpv4Address(text.trim())
  } catch (error) {
    if (!(error instanceof MalformedInputError)) throw error
    throw new CliError('invalid_input', 'The address is an IPv4 address, as in 198.51.100.7. Nothing was written.')
  }
}

async function answer({ input, ask }: CliPorts, question: string, option: string): Promise<string> {
  if (!input.isTerminal) throw new CliError('invalid_input', `${option} is missing, and nobody is there to ask.`)
  return given(await ask(question))
}

async function optional({ ask }: CliPorts, question: string): Promise<string> {
  return given(await ask(question)).trim()
}

function given(text: string | undefined): string {
  if (text === undefined) throw new CliError('cancelled', 'Called off. Nothing was written.')
  return text
}
