import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseNetworkFile } from '@starling/protocol'
import { expect } from 'expect'
import { createNodeClient } from './create-node-client.ts'

const network = parseNetworkFile(
  JSON.stringify({
    version: 1,
    name: 'Nowhere',
    directoryKeys: ['ab'.repeat(32)],
    threshold: 1,
    bootstrap: ['http://127.0.0.1:9'],
    parameters: {
      swarmSize: 3,
      hops: 3,
      epochLength: 60_000,
      documentLifetime: 3_600_000,
      dropAfter: 60_000,
      publicTtlLimit: 1_209_600_000,
      privateTtlLimit: 2_592_000_000,
    },
  }),
)

test('an account survives in its folder; a second process is told so; an erased device knows nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'starling-client-'))
  try {
    {
      await using client = await createNodeClient({ network, folder })
      await client.createAccount({ displayName: 'Alice' })
      await using second = await createNodeClient({ network, folder })
      expect(second.session.snapshot).toEqual({ kind: 'failed', code: 'in_use' })
    }
    {
      await using client = await createNodeClient({ network, folder })
      expect(client.session.snapshot).toMatchObject({ kind: 'ready', account: { displayName: 'Alice' } })
      await client.eraseDevice()
    }
    await using client = await createNodeClient({ network, folder })
    expect(client.session.snapshot).toEqual({ kind: 'noAccount' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
