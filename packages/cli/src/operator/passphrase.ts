import { readFileSync } from 'node:fs'
import { CliError } from '../cli-error.ts'
import type { CliPorts } from '../ports.ts'

/** Argon2id makes a guess cost a quarter of a second: twelve characters that are not words hold for long. */
const LEAST_LENGTH = 12

export type PassphraseOptions = { readonly passphraseFile?: string }

/** From a file, from the terminal, or the first line of standard input: never an argument, which every program sees. */
export async function readPassphrase(
  { passphraseFile }: PassphraseOptions,
  { input, askSecret }: CliPorts,
): Promise<string> {
  let passphrase: string
  if (passphraseFile !== undefined) passphrase = firstLine(readFileSync(passphraseFile, 'utf8'))
  else if (input.isTerminal) passphrase = answered(await askSecret('Passphrase of the file'))
  else passphrase = firstLine(await input.readAll())
  if (passphrase === '') throw new CliError('invalid_input', 'The passphrase is empty.')
  return passphrase
}

/** A new one: long enough, and typed twice. */
export async function readNewPassphrase(options: PassphraseOptions, ports: CliPorts): Promise<string> {
  const passphrase = await readPassphrase(options, ports)
  if ([...passphrase].length < LEAST_LENGTH) {
    throw new CliError('invalid_input', `A passphrase needs at least ${LEAST_LENGTH} characters. Nothing was written.`)
  }
  const isTyped = options.passphraseFile === undefined && ports.input.isTerminal
  if (isTyped && answered(await ports.askSecret('The same passphrase again')) !== passphrase) {
    throw new CliError('invalid_input', 'These are two different passphrases. Nothing was written.')
  }
  return passphrase
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0]!
}

function answered(answer: string | undefined): string {
  if (answer === undefined) throw new CliError('cancelled', 'Called off. Nothing was changed.')
  return answer
}
