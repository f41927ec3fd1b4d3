import { seededRandom } from '@starling/runtime/testing'
import { describeKeyVault } from './key-vault.suite.ts'
import { MemoryVault } from './memory-vault.ts'

describeKeyVault('memory vault', async () => {
  const vault = new MemoryVault(seededRandom(1))
  return { open: () => vault, remove: async () => {} }
})
