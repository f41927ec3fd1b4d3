/** What the program needs of the machine, so that tests can stand in for it. */
import type { Client } from '@starling/client'
import type { NetworkFile, RandomBytes } from '@starling/protocol'
import type { Clock } from '@starling/runtime'

export interface Output {
  write(text: string): void
  /** Whether a person watches, and lines can be written over. */
  readonly isTerminal: boolean
}

export interface Input {
  readonly isTerminal: boolean
  /** Everything up to the end. */
  readAll(): Promise<string>
}

/** Asks a person at the terminal; `undefined` if they called it off. */
export type Ask = (question: string) => Promise<string | undefined>

export interface Interrupts {
  /** Calls `listener` each time that somebody asks the program to end; returns what ends that. */
  subscribe(listener: () => void): () => void
}

export type OpenClient = (options: { readonly network: NetworkFile; readonly folder: string }) => Promise<Client>

export type CliPorts = {
  readonly output: Output
  readonly errors: Output
  readonly input: Input
  readonly ask: Ask
  /** As `ask`, and what is typed is not shown. */
  readonly askSecret: Ask
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly random: RandomBytes
  readonly interrupts: Interrupts
  readonly openClient: OpenClient
}

/** Aborts on the first interrupt, until disposed. */
export function interruptSignal(interrupts: Interrupts): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const unsubscribe = interrupts.subscribe(() => controller.abort())
  return { signal: controller.signal, [Symbol.dispose]: unsubscribe }
}
