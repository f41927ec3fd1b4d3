/** The real machine behind the ports. What is heavy loads when it is used. */
import { systemClock, systemRandom } from '@starling/runtime'
import type { CliPorts, Interrupts, Output } from './ports.ts'

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export function systemPorts(): CliPorts {
  return {
    output: outputOf(process.stdout),
    errors: outputOf(process.stderr),
    input: { isTerminal: process.stdin.isTTY === true, readAll: readStandardInput },
    ask,
    askSecret,
    environment: process.env,
    clock: systemClock(),
    random: systemRandom(),
    interrupts: systemInterrupts(),
    openClient: async (options) => {
      const { createNodeClient } = await import('@starling/client/node')
      return createNodeClient(options)
    },
  }
}

function outputOf(stream: NodeJS.WriteStream): Output {
  // A reader that went away, as `head` does, is no failure of ours: what remains has nobody to see it.
  stream.on('error', () => {})
  return { write: (text) => void stream.write(text), isTerminal: stream.isTTY === true }
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

async function ask(question: string): Promise<string | undefined> {
  const { isCancel, text } = await import('@clack/prompts')
  // Questions go to standard error: standard output holds results alone.
  const answer = await text({ message: question, output: process.stderr })
  return isCancel(answer) ? undefined : answer
}

async function askSecret(question: string): Promise<string | undefined> {
  const { isCancel, password } = await import('@clack/prompts')
  const answer = await password({ message: question, output: process.stderr })
  return isCancel(answer) ? undefined : answer
}

function systemInterrupts(): Interrupts {
  return {
    subscribe(listener) {
      for (const signal of ENDING) process.on(signal, listener)
      return () => {
        for (const signal of ENDING) process.off(signal, listener)
      }
    },
  }
}
