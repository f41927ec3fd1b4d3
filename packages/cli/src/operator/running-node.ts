/** Asks a node that runs on this machine, through its metrics port. */
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { type NodeConfig, OPERATOR_TOKEN, type OperatorStatus } from '@starling/node/operator'
import { isJsonObject, seconds } from '@starling/protocol'
import { type Clock, withTimeout } from '@starling/runtime'
import { CliError } from '../cli-error.ts'

const TIMEOUT = seconds(5)
const MAX_ANSWER_BYTES = 1_048_576

export type Asking = { readonly clock: Clock; readonly signal: AbortSignal }

/**
 * `undefined`, if no node answers there.
 *
 * @throws {CliError} `node_config`, if it has no metrics port; `node_refused`, if something else answers.
 */
export async function fetchStatus(config: NodeConfig, asking: Asking): Promise<OperatorStatus | undefined> {
  const answer = await ask(config, 'GET', '/status', asking)
  if (answer === undefined) return undefined
  const status = answer.status === 200 ? parseObject(answer.body) : undefined
  if (status === undefined || typeof status['nodeId'] !== 'string') {
    throw new CliError('node_refused', `Another program answers on port ${config.metrics?.port}, and it is no node.`)
  }
  return status as OperatorStatus
}

/**
 * Asks the running node to change something.
 *
 * @throws {CliError} `node_not_running`, `node_refused`, `node_config`
 */
export async function tell(config: NodeConfig, path: '/leave' | '/join' | '/reload', asking: Asking): Promise<void> {
  const answer = await ask(config, 'POST', path, asking, readToken(config.dataFolder))
  if (answer === undefined) throw notRunning(config)
  if (answer.status !== 200)
    throw new CliError('node_refused', `The node refuses: ${answer.body.trim().slice(0, 200)}.`)
}

export function notRunning(config: NodeConfig): CliError {
  return new CliError(
    'node_not_running',
    `No node answers on port ${config.metrics?.port}. Start it: \`systemctl start starling-node\`, ` +
      'or `starling node run --config …`. Its log says why if it ended.',
  )
}

function readToken(dataFolder: string): string {
  const path = join(dataFolder, OPERATOR_TOKEN)
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new CliError(
      isMissing ? 'node_not_running' : 'node_refused',
      isMissing
        ? `There is no ${path}: the node has not run yet. Start it first.`
        : `${path} cannot be read. Run this as the user of the node, as in \`sudo -u starling starling node …\`.`,
      { cause: error },
    )
  }
}

type Answer = { readonly status: number; readonly body: string }

async function ask(
  { metrics }: NodeConfig,
  method: 'GET' | 'POST',
  path: string,
  { clock, signal }: Asking,
  token?: string,
): Promise<Answer | undefined> {
  if (!metrics) {
    const advice = 'Add "metrics": { "port": 22023 } to it, and start the node again.'
    throw new CliError('node_config', `The configuration has no metrics port, by which a node can be asked. ${advice}`)
  }
  const host = metrics.host === '0.0.0.0' ? '127.0.0.1' : metrics.host
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  try {
    return await withTimeout(clock, TIMEOUT, signal, (within) =>
      send({ host, port: metrics.port, method, path, headers, signal: within }),
    )
  } catch {
    signal.throwIfAborted()
    return undefined // nobody listens, or not within the time: to whoever asks that is the same
  }
}

function send(options: NonNullable<Parameters<typeof request>[1]> & object): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  // node:http and not fetch, whose connections would keep the program alive for seconds after its last word.
  const sent = request({ ...options, agent: false }, (response) => {
    let body = ''
    response.setEncoding('utf8')
    response.on('data', (more: string) => {
      body += more
      if (body.length > MAX_ANSWER_BYTES) response.destroy(new Error('too long'))
    })
    response.on('error', reject)
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
  })
  sent.on('error', reject)
  sent.end()
  return promise
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
