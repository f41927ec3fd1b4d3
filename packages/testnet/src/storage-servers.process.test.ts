/** Our client over nothing but what compatible storage servers speak: HTTPS, JSON, and a list of nodes from a seed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type LocalNetwork, startLocalNetwork } from '@starling/cli'
import type { Client, ConversationId } from '@starling/client'
import { createNodeClient } from '@starling/client/node'
import { expect } from 'expect'

let folder: string
let network: LocalNetwork

// In a suite, so that the hooks are of these tests alone.
describe('a client of compatible storage servers', () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'starling-servers-'))
    network = await startLocalNetwork({ folder: join(folder, 'network'), portBase: 'any' })
  })

  after(async () => {
    await network?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  test('writes to one of the native network and reads the answer; a restart needs no seed', async () => {
    const home = join(folder, 'alice')
    const [seed, other] = network.nodes
    const urls = [`${seed!.webUrl}/json_rpc`, `${other!.webUrl}/json_rpc`]
    await using bob = await createNodeClient({ network: network.networkFile, folder: join(folder, 'bob') })
    await bob.createAccount({ displayName: 'Bob' })
    {
      await using alice = await openCompatible(home, urls)
      await alice.createAccount({ displayName: 'Alice' })
      const toBob = await alice.startConversation(idOf(bob))
      const toAlice = await bob.startConversation(idOf(alice))
      await alice.send(toBob, 'over HTTPS')
      expect(await textsOf(bob, toAlice, 1)).toEqual(['over HTTPS'])
      await bob.send(toAlice, 'over a link')
      expect(await textsOf(alice, toBob, 2)).toEqual(['over HTTPS', 'over a link'])
      const delivery = await eventually(async () => {
        const last = alice.conversations.snapshot.find(({ id }) => id === toBob)
        return last?.last?.body.kind === 'text' ? alice.network.snapshot : undefined
      })
      expect(delivery).toMatchObject({ connection: { kind: 'connected' }, directory: { nodes: 12, signatures: 0 } })
    }
    await using alice = await openCompatible(home, ['http://127.0.0.1:9/json_rpc'])
    const toBob = await alice.startConversation(idOf(bob))
    await alice.send(toBob, 'again')
    expect(await textsOf(bob, await bob.startConversation(idOf(alice)), 3)).toContain('again')
  })

  test('whoever is at an address with another certificate than the pinned one is no seed', async () => {
    const [first] = network.nodes
    const { ip, port } = await httpsAddressOf(first!.webUrl)
    const seeds = [{ url: `https://${ip}:${port}/json_rpc`, publicKeyHash: `${'A'.repeat(43)}=` }]
    await using client = await createNodeClient({
      network: { kind: 'session-compatible', seeds },
      folder: join(folder, 'pinned'),
    })
    const state = await eventually(async () => {
      const { connection } = client.network.snapshot
      return connection.kind === 'offline' ? connection : undefined
    })
    expect(state.reason).toBe('directory_unavailable')
  })
})

function openCompatible(home: string, urls: readonly string[]): Promise<Client> {
  const seeds = urls.map((url) => ({ url }))
  return createNodeClient({ network: { kind: 'session-compatible', name: 'Compatible', seeds }, folder: home })
}

async function httpsAddressOf(webUrl: string): Promise<{ ip: string; port: number }> {
  const call = { jsonrpc: '2.0', id: 0, method: 'get_n_service_nodes', params: {} }
  const answer = await fetch(`${webUrl}/json_rpc`, { method: 'POST', body: JSON.stringify(call) })
  const { result } = (await answer.json()) as {
    result: { service_node_states: { public_ip: string; storage_port: number }[] }
  }
  const [{ public_ip: ip, storage_port: port }] = result.service_node_states as [
    { public_ip: string; storage_port: number },
  ]
  return { ip, port }
}

function idOf(client: Client): string {
  const state = client.session.snapshot
  if (state.kind !== 'ready') throw new Error(state.kind)
  return state.account.accountId
}

async function textsOf(client: Client, conversation: ConversationId, least: number): Promise<string[]> {
  await using history = await client.history(conversation)
  return await eventually(async () => {
    const texts = history.state.snapshot.messages.flatMap(({ body }) => (body.kind === 'text' ? [body.text] : []))
    return texts.length >= least ? texts : undefined
  })
}

/** With real processes there is nothing but time to wait for. */
async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('nothing came within 30 s')
}
