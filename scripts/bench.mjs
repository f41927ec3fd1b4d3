// `npm run bench`: figures of a local network, printed.
import { buildNode } from './build-node.mjs'
import { ensureInstalled, handOver } from './setup.mjs'

ensureInstalled()
if (!buildNode()) process.exit(1)
handOver(['packages/testnet/src/bench/bench.ts', ...process.argv.slice(2)])
