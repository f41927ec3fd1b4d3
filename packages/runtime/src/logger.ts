/** Scalars only. Never keys, plaintext, account IDs, addresses, message hashes, or raw errors of dependencies. */
export type LogFields = Readonly<Record<string, string | number | boolean>>

/** Events are constant names, as in `path.hop_failed`. */
export interface Logger {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  /** An oddity that we survive. */
  warn(event: string, fields?: LogFields): void
  /** We would open a bug. */
  error(event: string, fields?: LogFields): void
  /** A logger whose lines carry `component`. */
  child(component: string): Logger
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}
