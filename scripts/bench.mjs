// `npm run bench`: figures of the node, printed. `npm run bench -- network …`: of a local network with clients.
import { buildNode } from './build-node.mjs'
import { ensureInstalled, handOver } from './setup.mjs'

ensureInstalled()
if (!buildNode()) process.exit(1)
const [first, ...rest] = process.argv.slice(2)
if (first === 'network') handOver(['packages/testnet/src/bench/bench.ts', ...rest])
else handOver(['packages/node/src/bench/bench.ts', ...process.argv.slice(2)])
