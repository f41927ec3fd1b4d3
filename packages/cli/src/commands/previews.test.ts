import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fromHex, toHex, type X25519PublicKey } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { expect } from 'expect'
import { main } from '../main.ts'
import { fakePorts } from '../testing/fake-ports.ts'

const folder = mkdtempSync(join(tmpdir(), 'starling-previews-'))
after(() => rmSync(folder, { recursive: true }))

/** Runs the service until `use` is done with it. */
async function run(key: string, use: (printed: string) => Promise<void>) {
  const written = Promise.withResolvers<void>()
  const ports = fakePorts()
  const output = {
    isTerminal: false,
    write: (text: string) => {
      ports.output.write(text)
      written.resolve()
    },
  }
  const running = main(['previews', 'run', '--key', key, '--port', '0'], { ...ports, output })
  await Promise.race([written.promise, running])
  await use(ports.printed())
  ports.interrupt()
  return { status: await running, complained: ports.complained() }
}

test('the service makes its key, says the public half, serves, and stops when it is asked to', async () => {
  const file = join(folder, 'previews.key')
  const keys: string[] = []
  for (let i = 0; i < 2; i++) {
    const { status } = await run(file, async (printed) => {
      const [, port, key] = /:(\d+) until it is stopped\.\nKey for the network file: ([0-9a-f]{64})\n/.exec(printed)!
      keys.push(key!)
      const response = await fetch(`http://127.0.0.1:${port}/oxen/v4/lsrpc`, { method: 'POST', body: 'x' })
      expect(response.status).toBe(400)
    })
    expect(status).toBe(0)
  }
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const secret = fromHex(readFileSync(file, 'utf8').trim())
  const publicKey: X25519PublicKey = createNativeCrypto().x25519KeyPair(secret).publicKey
  expect(keys).toEqual([toHex(publicKey), toHex(publicKey)])
})

test('a key that others can read, and a file that is none, are refused in a sentence', async () => {
  const open = join(folder, 'open.key')
  writeFileSync(open, `${'ab'.repeat(32)}\n`, { mode: 0o600 })
  chmodSync(open, 0o644)
  const garbage = join(folder, 'garbage.key')
  writeFileSync(garbage, 'no key', { mode: 0o600 })
  for (const file of [open, garbage]) {
    const { status, complained } = await run(file, async () => {})
    expect(status).toBe(1)
    expect(complained).toContain('is no key that can be used')
  }
})
