import type { LogFields, Logger } from '@starling/runtime'
import { type Logger as Pino, pino } from 'pino'

/** Only these reach a log: none can hold a key, an account ID, an address, a message hash or plaintext. */
const ALLOWED = new Set([
  'attempt',
  'bytes',
  'code',
  'compared',
  'count',
  'epoch',
  'fault',
  'kind',
  'milliseconds',
  'ms',
  'nodes',
  'pending',
  'port',
  'reason',
  'refused',
  'remaining',
  'signal',
  'sizeBytes',
  'status',
  'swarms',
  'taken',
  'task',
  'unreached',
])

/** JSON lines on standard output. */
export function createLogger(level: 'debug' | 'info' | 'warn' | 'error' | 'silent'): Logger {
  return adapt(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }))
}

function adapt(log: Pino): Logger {
  return {
    debug: (event, fields) => log.debug(allowed(fields), event),
    info: (event, fields) => log.info(allowed(fields), event),
    warn: (event, fields) => log.warn(allowed(fields), event),
    error: (event, fields) => log.error(allowed(fields), event),
    child: (component) => adapt(log.child({ component })),
  }
}

function allowed(fields: LogFields = {}): LogFields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => ALLOWED.has(key)))
}
