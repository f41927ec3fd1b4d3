#!/usr/bin/env node
/** `starling-node --config FILE`: one node, until SIGTERM or SIGINT. Exit codes: 0 stopped or left, 1 failed, 2 wrong use. */
import { parseArgs } from 'node:util'
import { systemClock } from '@starling/runtime'
import { readConfig } from '../config.ts'
import { createLogger } from '../logging.ts'
import { runNode, STOP_LIMIT } from '../run-node.ts'
import { explainStartFailure } from '../start-failure.ts'

const USAGE = `Runs one Starling node until it is told to stop.

  starling-node --config node.json

Every setting of the file can be given as a variable STARLING_NODE_… as well; see docs/operating.md.
`

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { config: { type: 'string' }, help: { type: 'boolean' } } })
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  if (values.config === undefined) {
    process.stderr.write(USAGE)
    return 2
  }
  // Whatever this process makes is for its own user.
  process.umask(0o077)
  const config = readConfig(values.config, process.env)
  const logger = createLogger(config.logLevel)
  if (process.getuid?.() === 0) logger.warn('node.runs_as_root')
  const stop = Promise.withResolvers<NodeJS.Signals>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.resolve(signal))
  const path = values.config
  const node = await runNode({ config, logger, reread: () => readConfig(path, process.env) })
  const reason = await Promise.race([stop.promise, node.left])
  if (reason) logger.info('node.stopping', { signal: reason })
  else logger.info('node.left')
  const giveUp = new AbortController()
  await Promise.race([
    node[Symbol.asyncDispose](),
    systemClock()
      .sleep(STOP_LIMIT, { signal: giveUp.signal })
      .catch(() => {}),
  ])
  giveUp.abort()
  logger.info('node.stopped')
  return 0
}

try {
  process.exit(await main())
} catch (error) {
  const failure = explainStartFailure(error)
  process.stderr.write(`starling-node: ${failure?.text ?? 'an unexpected failure, please report it'}\n`)
  if (!failure) process.stderr.write(`${error instanceof Error ? error.stack : ''}\n`)
  process.exit(failure?.exitStatus ?? 1)
}
