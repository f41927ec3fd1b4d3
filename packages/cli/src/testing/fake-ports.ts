/** Ports that a test holds in its hand: what was printed, what is typed, and when somebody presses Ctrl+C. */
import { systemClock } from '@starling/runtime'
import { seededRandom } from '@starling/runtime/testing'
import type { CliPorts, Output } from '../ports.ts'

export type FakePorts = CliPorts & {
  readonly printed: () => string
  readonly complained: () => string
  readonly interrupt: () => void
}

export function fakePorts(change: Partial<CliPorts> & { readonly typed?: string } = {}): FakePorts {
  const output = recordingOutput()
  const errors = recordingOutput()
  const listeners = new Set<() => void>()
  return {
    output,
    errors,
    input: { isTerminal: false, readAll: async () => change.typed ?? '' },
    ask: async () => undefined,
    askSecret: async () => undefined,
    environment: {},
    clock: systemClock(),
    random: seededRandom(1),
    interrupts: {
      subscribe(listener) {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    },
    openClient: async () => {
      throw new Error('no client in this test')
    },
    ...change,
    printed: () => output.text,
    complained: () => errors.text,
    interrupt: () => {
      for (const listener of [...listeners]) listener()
    },
  }
}

export function recordingOutput(isTerminal = false): Output & { readonly text: string } {
  let text = ''
  return {
    isTerminal,
    write(more) {
      text += more
    },
    get text() {
      return text
    },
  }
}
