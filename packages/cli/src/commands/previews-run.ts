/** `starling previews run`: a service that fetches the pages of link previews, until it is stopped. docs/operating.md §14. */
import { resolve } from 'node:path'
import { ConfigError } from '@starling/node/operator'
import { createLogger, type RunningPreviews, runPreviews } from '@starling/node/previews'
import { toHex } from '@starling/protocol'
import { CliError, type ExitCode } from '../cli-error.ts'
import { type CliPorts, interruptSignal } from '../ports.ts'

export type PreviewsRunOptions = { readonly key: string; readonly host: string; readonly port: number }

export async function previewsRun(options: PreviewsRunOptions, ports: CliPorts): Promise<ExitCode> {
  using interrupt = interruptSignal(ports.interrupts)
  await using service = await start(options)
  ports.output.write(
    `Fetches pages for link previews at http://${options.host}:${service.port} until it is stopped.
Key for the network file: ${toHex(service.key)}
`,
  )
  if (!interrupt.signal.aborted) {
    await new Promise((stopped) => interrupt.signal.addEventListener('abort', stopped, { once: true }))
  }
  return 0
}

async function start({ key, host, port }: PreviewsRunOptions): Promise<RunningPreviews> {
  try {
    return await runPreviews({ keyFile: resolve(key), host, port, logger: createLogger('info') })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new CliError(
      'key_file',
      `${resolve(key)} is no key that can be used: it holds 64 hex digits, belongs to this user, and nobody else may read it.`,
      { cause: error },
    )
  }
}
