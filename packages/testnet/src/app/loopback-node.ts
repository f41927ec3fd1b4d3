/**
 * `--config FILE`: a node whose way out of the network leads to this machine, whatever name it is asked for. For tests with
 * servers on loopback, to which no other node relays.
 */
import { parseArgs } from 'node:util'
import { createLogger, createServerExit, readConfig, runNode } from '@starling/node'
import { systemClock } from '@starling/runtime'

const LOOPBACK = '127.0.0.1'

const { values } = parseArgs({ options: { config: { type: 'string' } } })
const config = readConfig(values.config ?? '', process.env)
const stop = Promise.withResolvers<void>()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.resolve())
const exit = createServerExit({
  clock: systemClock(),
  isAllowed: (address) => address === LOOPBACK,
  resolve: async () => [{ address: LOOPBACK, family: 4 }],
})
const node = await runNode({ config, logger: createLogger(config.logLevel), exit })
await stop.promise
await node[Symbol.asyncDispose]()
process.exit(0)
