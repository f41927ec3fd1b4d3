// `npm start`: a local network and the app, ready to chat.
import { buildNode } from './build-node.mjs'
import { buildWeb } from './build-web.mjs'
import { ensureInstalled, handOver } from './setup.mjs'

ensureInstalled()
if (!buildNode() || !buildWeb()) process.exit(1)
handOver(['packages/cli/src/bin.ts', 'network', 'up', '--app', ...process.argv.slice(2)])
