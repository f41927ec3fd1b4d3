/** Passphrases for what this device keeps: never an argument, which every program sees. */
import { readFileSync } from 'node:fs'
import { CliError } from './cli-error.ts'
import type { CliPorts } from './ports.ts'

/** Argon2id makes a guess cost a third of a second: eight characters keep out who finds the device, twelve who takes its disk away. */
const LEAST_LENGTH = 8

/** Of a locked account: from the file that `STARLING_PASSPHRASE_FILE` names, else from the terminal. @throws {CliError} */
export async function accountPassphrase(folder: string, ports: CliPorts): Promise<string> {
  const path = ports.environment['STARLING_PASSPHRASE_FILE']
  if (path !== undefined) return fromFile(path)
  if (!ports.input.isTerminal) {
    throw new CliError(
      'account_unavailable',
      `The account in ${folder} is locked with a passphrase. Name a file that holds it with STARLING_PASSPHRASE_FILE, or use a terminal.`,
    )
  }
  return ask(ports, 'Passphrase')
}

/** Of something that is made with it now: typed twice, or from a file. @throws {CliError} */
export async function newPassphrase(file: string | undefined, ports: CliPorts): Promise<string> {
  const passphrase = file === undefined ? await ask(ports, 'New passphrase') : fromFile(file)
  if ([...passphrase].length < LEAST_LENGTH) {
    throw new CliError('invalid_input', `A passphrase needs at least ${LEAST_LENGTH} characters. Nothing was changed.`)
  }
  if (file === undefined && (await ask(ports, 'The same again')) !== passphrase) {
    throw new CliError('invalid_input', 'These are two different passphrases. Nothing was changed.')
  }
  return passphrase
}

/** Of something that is there. @throws {CliError} */
export async function knownPassphrase(file: string | undefined, ports: CliPorts): Promise<string> {
  return file === undefined ? ask(ports, 'Passphrase') : fromFile(file)
}

function fromFile(path: string): string {
  return readFileSync(path, 'utf8').split(/\r?\n/, 1)[0]!
}

async function ask(ports: CliPorts, question: string): Promise<string> {
  if (!ports.input.isTerminal) {
    throw new CliError('invalid_input', 'There is no terminal to ask at: name a file with --passphrase-file.')
  }
  const answer = await ports.askSecret(question)
  if (answer === undefined) throw new CliError('cancelled', 'Called off. Nothing was changed.')
  return answer
}
