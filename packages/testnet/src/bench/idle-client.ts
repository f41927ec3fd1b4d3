/** A program of its own: a connected client with nothing to do, and what it uses. Arguments: network file, folder, seconds. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseNetworkFile, untilValue } from '@starling/client'
import { createNodeClient } from '@starling/client/node'

const SETTLE_MS = 10_000
const [networkPath, folder, seconds] = process.argv.slice(2)
await using client = await createNodeClient({
  network: parseNetworkFile(readFileSync(networkPath!, 'utf8')),
  folder: folder!,
})
await untilValue(client.network, ({ connection }) => (connection.kind === 'connected' ? true : undefined))
await sleep(SETTLE_MS)
const before = process.cpuUsage()
await sleep(Number(seconds) * 1000)
const { user, system } = process.cpuUsage(before)
process.stdout.write(JSON.stringify({ cpuMs: (user + system) / 1000, residentBytes: process.memoryUsage.rss() }))
