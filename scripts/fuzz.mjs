// `npm run fuzz`: long runs of the fuzzers. CONTRIBUTING.md says what they do.
import { ensureInstalled, handOver } from './setup.mjs'

ensureInstalled()
handOver(['packages/testnet/src/fuzz/main.ts', ...process.argv.slice(2)])
