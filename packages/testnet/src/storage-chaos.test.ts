/** What members of swarms hold after everything went wrong: see `storage-chaos/`. Thirty with every run; STARLING_SEEDS=1000 for more. */
import { test } from 'node:test'
import { StorageChaos } from './storage-chaos/storage-chaos.ts'

const SEEDS = Array.from({ length: Number(process.env['STARLING_SEEDS'] ?? 30) }, (_, index) => index + 1)

for (const seed of SEEDS) {
  const liar = seed % 3 === 0
  test(`members keep what they promised, seed ${seed}${liar ? ', although one lies' : ''}`, async () => {
    await using chaos = new StorageChaos({ seed, liar })
    await chaos.run()
  })
}
