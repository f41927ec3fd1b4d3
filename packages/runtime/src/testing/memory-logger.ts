import type { LogFields, Logger } from '../logger.ts'

export type LogLine = {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** The names given to `child`, from the outside in, with dots between. */
  readonly component: string
  readonly event: string
  readonly fields: LogFields
}

export interface MemoryLogger extends Logger {
  /** Everything logged so far, by children too, in order. */
  readonly lines: readonly LogLine[]
  /** All lines as text, one JSON object each: for tests that search it for what must not be there. */
  text(): string
}

/** A logger that remembers. */
export function memoryLogger(): MemoryLogger {
  const lines: LogLine[] = []
  const text = () => lines.map((line) => JSON.stringify(line)).join('\n')
  return { ...createLogger(lines, ''), lines, text }
}

function createLogger(lines: LogLine[], component: string): Logger {
  const record =
    (level: LogLine['level']) =>
    (event: string, fields: LogFields = {}): void => {
      lines.push({ level, component, event, fields: { ...fields } })
    }
  return {
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
    child: (name) => createLogger(lines, component === '' ? name : `${component}.${name}`),
  }
}
