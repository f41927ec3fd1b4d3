import { test } from 'node:test'
import { expect } from 'expect'
import { compatibleNetwork } from './compatible-network.ts'

test('what is no list of seeds is refused with a typed error', () => {
  const url = 'https://seed.test:4443/json_rpc'
  const wrong = [
    [],
    [{ url: 'seed.test' }],
    [{ url: 'ftp://seed.test/' }],
    [{ url }, { url: '' }],
    [{ url, publicKeyHash: 'AA==' }],
  ]
  for (const seeds of wrong) {
    expect(() => compatibleNetwork({ kind: 'session-compatible', seeds })).toThrow(
      expect.objectContaining({ name: 'MalformedInputError', code: 'network_file' }),
    )
  }
  const seeds = [{ url, publicKeyHash: `${'A'.repeat(43)}=` }, { url: 'http://seed.test/json_rpc' }]
  expect(compatibleNetwork({ kind: 'session-compatible', seeds })).toMatchObject({
    name: 'Session',
    bootstrap: seeds.map((seed) => seed.url),
    directoryKeys: [],
  })
})
