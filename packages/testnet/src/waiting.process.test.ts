/** With real processes: the terminal program sends and receives while nodes of the recipient's swarm are killed. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type LocalNetwork, startLocalNetwork } from '@starling/cli'
import { accountIdKey, DirectoryView, decodeDocument, parseAccountId } from '@starling/protocol'
import { expect } from 'expect'

const BIN = fileURLToPath(new URL('../../cli/src/bin.ts', import.meta.url))

test('a message waits in the network for its recipient while two of three nodes that keep it go away', async () => {
  await withNetwork(async (network, folder) => {
    const starling = (home: string, ...args: string[]) =>
      run([...args, '--folder', join(folder, home), '--network', network.networkFilePath])
    const alice = idOf(await starling('alice', 'account', 'create', '--name', 'Alice', '--json'))
    const bob = idOf(await starling('bob', 'account', 'create', '--name', 'Bob', '--json'))

    // Bob is away.
    const sent = await starling('alice', 'send', bob, 'are you there?')
    expect(sent).toMatchObject({ status: 0 })
    expect(sent.output).toMatch(/3 of 3/)
    const [killed, stopped] = await swarmOf(network, bob)
    await network.kill(killed!)
    await network.stop(stopped!)

    const heard = await starling('bob', 'listen', '--json', '--count', '1', '--timeout', '90')
    expect(heard).toMatchObject({ status: 0 })
    expect(JSON.parse(heard.output)).toMatchObject({ from: alice, text: 'are you there?' })

    // And back, while the two are still away; then they return and catch up.
    expect(await starling('bob', 'send', alice, 'now I am')).toMatchObject({ status: 0 })
    await network.restart(killed!)
    await network.restart(stopped!)
    const answered = await starling('alice', 'listen', '--json', '--count', '1', '--timeout', '90')
    expect(JSON.parse(answered.output)).toMatchObject({ from: bob, text: 'now I am' })
  })
})

test('a network that is stopped and started again still has the messages', async () => {
  await withNetwork(async (network, folder) => {
    const starling = (home: string, ...args: string[]) =>
      run([...args, '--folder', join(folder, home), '--network', network.networkFilePath])
    await starling('alice', 'account', 'create', '--name', 'Alice', '--json')
    const bob = idOf(await starling('bob', 'account', 'create', '--name', 'Bob', '--json'))
    expect(await starling('alice', 'send', bob, 'before the night')).toMatchObject({ status: 0 })
    await network[Symbol.asyncDispose]()
    await using again = await startLocalNetwork({ folder: network.folder })
    expect(again.networkFile).toEqual(network.networkFile)
    const heard = await starling('bob', 'listen', '--json', '--count', '1', '--timeout', '90')
    expect(JSON.parse(heard.output)).toMatchObject({ text: 'before the night' })
  })
})

async function withNetwork(work: (network: LocalNetwork, folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'starling-process-'))
  try {
    await using network = await startLocalNetwork({ folder: join(folder, 'network'), portBase: 'any' })
    await work(network, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Ended = { readonly status: number | null; readonly output: string; readonly errors: string }

function run(args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const text = { output: '', errors: '' }
  child.stdout.on('data', (chunk: Buffer) => (text.output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (text.errors += chunk.toString()))
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, ...text })))
}

function idOf(created: Ended): string {
  expect(created).toMatchObject({ status: 0 })
  return (JSON.parse(created.output) as { accountId: string }).accountId
}

/** Names of the nodes that keep an account's messages. */
async function swarmOf(network: LocalNetwork, accountId: string): Promise<string[]> {
  const response = await fetch(`${network.nodes[0]!.webUrl}/directory/latest`)
  const view = new DirectoryView(decodeDocument(new Uint8Array(await response.arrayBuffer())))
  const members = view.swarmOf(accountIdKey(parseAccountId(accountId)))?.members ?? []
  const ids = members.map(({ descriptor }) => descriptor.nodeId)
  // The directory member is spared: it is the only one that forms directories in a network of one.
  return network.nodes.filter(({ nodeId, name }) => ids.includes(nodeId) && name !== '01').map(({ name }) => name)
}
