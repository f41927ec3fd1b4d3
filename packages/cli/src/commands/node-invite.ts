/** `starling node invite`: for a directory member. Changes the list in its configuration, and tells the running node. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { MalformedInputError, type NodeId, parseNodeId } from '@starling/protocol'
import { CliError, type ExitCode } from '../cli-error.ts'
import { openConfig } from '../operator/open-config.ts'
import { tell } from '../operator/running-node.ts'
import { type CliPorts, interruptSignal } from '../ports.ts'

export async function nodeInvite(
  text: string,
  options: { readonly config: string; readonly remove?: boolean },
  ports: CliPorts,
): Promise<ExitCode> {
  const nodeId = readNodeId(text)
  const { path, config } = openConfig(options.config, ports)
  if (!config.directory) {
    throw new CliError(
      'node_config',
      `${path} is not of a directory member: it has no "directory". Nothing was changed.`,
    )
  }
  const others = config.directory.invited.filter((invited) => invited !== nodeId)
  writeInvited(path, options.remove ? others : [...others, nodeId])
  const done = options.remove ? 'is not invited any more' : 'is invited'
  using interrupt = interruptSignal(ports.interrupts)
  try {
    await tell(config, '/reload', { clock: ports.clock, signal: interrupt.signal })
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    ports.output.write(`The node ${done} in ${path}. The running node does not know yet: start it again.\n`)
    return 0
  }
  ports.output.write(`The node ${done}. It shows in the next directory.\n`)
  return 0
}

function readNodeId(text: string): NodeId {
  try {
    return parseNodeId(text.trim().toLowerCase())
  } catch (error) {
    if (!(error instanceof MalformedInputError)) throw error
    throw new CliError('invalid_input', 'A node ID has 64 hex digits. Nothing was changed.', { cause: error })
  }
}

/** Everything else in the file stays as it is; whoever reads it meanwhile sees the old one or the new one. */
function writeInvited(path: string, invited: readonly NodeId[]): void {
  const value = JSON.parse(readFileSync(path, 'utf8'))
  value.directory.invited = invited
  const next = `${path}.new`
  writeFileSync(next, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600, flush: true })
  renameSync(next, path)
}
