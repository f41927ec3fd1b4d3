import { test } from 'node:test'
import { parseAccountId, unixMillis } from '@starling/protocol'
import { systemRandom } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { expect } from 'expect'
import { decodeLines, encodeLines } from '../archive/archive-lines.ts'
import { openArchive, sealArchive } from '../archive/archive-stream.ts'
import { FEW, sampleArchive } from './sample-archive.ts'

test('chats and messages are put between what was there and the end, which counts them', async () => {
  const crypto = createNativeCrypto()
  const random = systemRandom()
  const passphrase = 'correct horse'
  const lines = async function* () {
    yield { kind: 'archive', madeAt: 1 } as const
    yield { kind: 'end', conversations: 1, messages: 2 } as const
  }
  const cost = { memoryKib: 8, passes: 1 }
  const archive = sealArchive(encodeLines(lines()), { crypto, passphrase, random, cost })
  const now = unixMillis(1_700_000_000_000)
  const self = parseAccountId(`05${'1f'.repeat(32)}`)
  const filled = sampleArchive(archive, { crypto, random, passphrase, self, now, chats: 3, messages: 10 })
  const kinds: string[] = []
  let end: unknown
  for await (const line of decodeLines(openArchive(filled, { crypto, passphrase }))) {
    kinds.push(line.kind)
    end = line
  }
  expect(kinds.filter((kind) => kind === 'conversation')).toHaveLength(3)
  expect(end).toEqual({ kind: 'end', conversations: 4, messages: 12 + 2 * FEW })
})
