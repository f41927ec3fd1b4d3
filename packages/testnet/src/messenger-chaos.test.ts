/**
 * Everything that one-to-one messages can do, done at random by Alice with two devices, Bob, Carol with another program and
 * a hostile stranger, while nodes, wires, disks and apps fail: see `messenger-chaos/`. STARLING_SEEDS=300 for more, and
 * STARLING_SEED=17 for one alone, with all that happens.
 */
import { test } from 'node:test'
import { runMessengerChaos } from './messenger-chaos/messenger-chaos.ts'

const ONE = process.env['STARLING_SEED']
const COUNT = Number(process.env['STARLING_SEEDS'] ?? 2)
const SEEDS = ONE === undefined ? Array.from({ length: COUNT }, (_, index) => index + 1) : [Number(ONE)]

for (const seed of SEEDS) {
  test(`all devices come to show what they must, seed ${seed}`, async (t) => {
    const happened: string[] = []
    try {
      await runMessengerChaos(seed, (line) => happened.push(line))
    } catch (error) {
      t.diagnostic(`seed ${seed}\n${happened.join('\n')}`)
      throw error
    }
  })
}
