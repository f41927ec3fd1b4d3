/** `STARLING_BOTS` and `STARLING_MESSAGES` make it longer: 100 and 10,000 take some minutes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startLocalNetwork } from '@starling/cli'
import { expect } from 'expect'
import { exchangeMessages } from './bots/exchange.ts'

const BOTS = Number(process.env['STARLING_BOTS'] ?? 12)
const MESSAGES = Number(process.env['STARLING_MESSAGES'] ?? 480)
const PATIENCE = 1_800_000

test('bots get every message of each other once and in order, also those that end and come back', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'starling-bots-'))
  try {
    await using network = await startLocalNetwork({ folder: join(folder, 'network'), portBase: 'any' })
    const { received, seconds, ...wrong } = await exchangeMessages({
      network: network.networkFile,
      folder,
      bots: BOTS,
      messages: MESSAGES,
      partners: 4,
      restartEvery: 5,
      signal: AbortSignal.timeout(PATIENCE),
    })
    context.diagnostic(
      `${BOTS} bots: ${received} messages in ${seconds.toFixed(1)} s, ${(received / seconds).toFixed(0)}/s`,
    )
    expect(wrong).toEqual({ lost: [], doubled: [], outOfOrder: [] })
    expect(received).toBeGreaterThanOrEqual(MESSAGES)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
