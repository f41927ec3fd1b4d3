/** `starling bot`: a folder with a bot of one page, to build on. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseDisplayName } from '@starling/protocol'
import { CliError, type ExitCode } from '../cli-error.ts'
import { networkFilePath } from '../paths.ts'
import type { CliPorts } from '../ports.ts'

const TEMPLATE = fileURLToPath(new URL('../../templates/bot.ts', import.meta.url))

export async function createBot(
  folder: string,
  options: { readonly name: string; readonly network?: string },
  ports: CliPorts,
): Promise<ExitCode> {
  const name = parseDisplayName(options.name)
  const network = networkFilePath(options.network, ports.environment)
  if (!existsSync(network)) {
    throw new CliError(
      'network_file',
      `There is no network file at ${network}. Start a local network with \`starling network up\`, or name one with --network.`,
    )
  }
  if (existsSync(folder)) throw new CliError('invalid_input', `${folder} is there already. Nothing was changed.`)
  mkdirSync(folder, { recursive: true })
  copyFileSync(network, join(folder, 'network.json'))
  writeFileSync(join(folder, 'bot.ts'), botProgram(name))
  const program = join(folder, 'bot.ts')
  ports.output.write(`A bot that answers with what it is told is in ${folder}.\nRun it: node ${program}\n`)
  return 0
}

/** The template imports the library by name; a folder elsewhere has it by its place on this machine. */
function botProgram(name: string): string {
  const library = (path: string) => pathToFileURL(resolve(import.meta.dirname, '../../../client/src', path)).href
  return readFileSync(TEMPLATE, 'utf8')
    .replaceAll("'@starling/client/node'", `'${library('node/index.ts')}'`)
    .replaceAll("'@starling/client'", `'${library('index.ts')}'`)
    .replaceAll("'Echo'", () => JSON.stringify(name))
}
