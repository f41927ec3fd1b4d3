/** Clients of the compatible network, as others write them, find a real local network of ours, use it, and talk with our client. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type LocalNetwork, startLocalNetwork } from '@starling/cli'
import type { Client } from '@starling/client'
import { createNodeClient } from '@starling/client/node'
import { expect } from 'expect'
import {
  type Cipher,
  direct,
  ForeignAccount,
  type ForeignNode,
  nodesFromSeed,
  onion,
  parseList,
} from './testing/third-party-client.ts'

const CIPHERS: readonly Cipher[] = ['xchacha20', 'unnamed']
let folder: string
let network: LocalNetwork
let nodes: readonly ForeignNode[]

// In a suite, so that the hooks are of these tests alone.
describe('a third-party client', () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'starling-compat-'))
    network = await startLocalNetwork({ folder: join(folder, 'network'), portBase: 'any' })
    nodes = await nodesFromSeed(network.nodes[0]!.webUrl)
  })

  after(async () => {
    await network?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  test('finds all nodes through the seed, through HTTPS, and through nodes', async () => {
    expect(nodes).toHaveLength(12)
    const [first] = nodes as [ForeignNode]
    expect(await nodesFromSeed(`https://${first.ip}:${first.port}`)).toEqual(nodes)
    const params = { active_only: true, fields: { public_ip: true, storage_port: true } }
    const refresh = [{ method: 'oxend_request', params: { endpoint: 'get_service_nodes', params } }]
    for (const cipher of CIPHERS) {
      const { status, body } = await onion(nodes.slice(0, 4), cipher, 'batch', { requests: refresh })
      expect(status).toBe(200)
      expect(parseList(body.results[0].body.result)).toEqual(nodes)
    }
  })

  test('finds its swarm inside a batch, and any other node names it too', async () => {
    const account = new ForeignAccount()
    const swarm = await swarmOf(account.id)
    expect(swarm).toHaveLength(3)
    const outsider = nodes.find(({ ed25519 }) => !swarm.some((member) => member.ed25519 === ed25519))!
    const requests = [{ method: 'retrieve', params: account.retrieve('') }]
    const { body } = await direct(outsider, 'batch', { requests })
    expect(body.results[0]).toMatchObject({ code: 421, body: { snodes: expect.any(Array), swarm: expect.any(String) } })
    expect(body.results[0].body.snodes).toHaveLength(3)
  })

  test('stores and retrieves over HTTPS with a certificate that nobody signed', async () => {
    const account = new ForeignAccount()
    const swarm = await swarmOf(account.id)
    const stored = await store(swarm[0]!, account.id, Buffer.from('over HTTPS'))
    expect(Object.values(stored.swarm)).toHaveLength(3)
    expect(Object.values(stored.swarm).some((entry) => (entry as { failed?: unknown }).failed)).toBe(false)
    for (const member of swarm) {
      const found = await retrieve((params) => direct(member, 'batch', params), account, '')
      expect(found).toMatchObject({
        messages: [{ hash: stored.hash, data: Buffer.from('over HTTPS').toString('base64') }],
      })
      expect(await retrieve((params) => direct(member, 'batch', params), account, stored.hash)).toMatchObject({
        messages: [],
      })
    }
  })

  for (const cipher of CIPHERS) {
    test(`stores and retrieves through three hops with ${cipher === 'unnamed' ? 'aes-gcm without a name' : cipher}`, async () => {
      const account = new ForeignAccount()
      const swarm = await swarmOf(account.id)
      const relays = nodes.filter(({ ed25519 }) => !swarm.some((member) => member.ed25519 === ed25519)).slice(0, 3)
      const through = (member: ForeignNode) => [...relays, member]
      const sequence = [storeRequest(account.id, Buffer.from('one')), storeRequest(account.id, Buffer.from('two'))]
      const { status, body } = await onion(through(swarm[0]!), cipher, 'sequence', { requests: sequence })
      expect(status).toBe(200)
      expect(body.results.map(({ code }: { code: number }) => code)).toEqual([200, 200])
      expect(Math.abs(body.results[0].body.t - Date.now())).toBeLessThan(10_000)
      for (const member of swarm) {
        const ask = (params: object) => onion(through(member), cipher, 'batch', params)
        const found = await retrieve(ask, account, '')
        expect(found.messages.map(({ data }: { data: string }) => Buffer.from(data, 'base64').toString())).toEqual([
          'one',
          'two',
        ])
        expect(await retrieve(ask, account, found.messages[0].hash)).toMatchObject({
          messages: [{ hash: found.messages[1].hash }],
        })
      }
      const removal = { pubkey: account.id, pubkey_ed25519: account.signingKey, messages: ['A'.repeat(43)] }
      const unknown = { ...removal, signature: account.sign(`delete${'A'.repeat(43)}`) }
      expect(await onion(through(swarm[1]!), cipher, 'delete', unknown)).toMatchObject({ status: 200 })
    })

    test(`is told which hop nobody knows, and what was refused (${cipher})`, async () => {
      const account = new ForeignAccount()
      const stranger = { ...nodes[5]!, ed25519: account.signingKey }
      expect(await onion([nodes[0]!, stranger, nodes[1]!], cipher, 'info', {})).toEqual({
        status: 502,
        body: `Next node not found: ${account.signingKey}`,
      })
      const [member] = await swarmOf(account.id)
      const old = { pubkey: account.id, timestamp: Date.now() - 3_600_000, pubkey_ed25519: account.signingKey }
      const signed = { ...old, signature: account.sign(`retrieve${old.timestamp}`) }
      expect(await onion([nodes[0]!, member!], cipher, 'retrieve', signed)).toMatchObject({ status: 406 })
    })
  }

  test('writes to our client and reads what it answers', async () => {
    await using client = await createNodeClient({ network: network.networkFile, folder: join(folder, 'client') })
    await client.createAccount({ displayName: 'Ours' })
    const session = client.session.snapshot
    if (session.kind !== 'ready') throw new Error(session.kind)
    const ourId = session.account.accountId
    const theirs = new ForeignAccount()

    const message = theirs.write(ourId, 'hello from outside', Date.now())
    const [member] = await swarmOf(ourId)
    expect(await store(member!, ourId, message)).toMatchObject({ hash: expect.any(String) })
    const conversation = await client.startConversation(theirs.id)
    expect(await firstText(client, conversation)).toEqual({ author: theirs.id, text: 'hello from outside' })

    await client.send(conversation, 'hello from inside')
    const [own] = await swarmOf(theirs.id)
    const answer = await eventually(async () => {
      const { messages } = await retrieve((params) => direct(own!, 'batch', params), theirs, '')
      const read = (message: { data: string }) => theirs.read(Buffer.from(message.data, 'base64'))
      return (messages as { data: string }[]).map(read).find(({ body }) => body !== undefined)
    })
    expect(answer).toEqual({ sender: ourId, body: 'hello from inside' })
  })
})

async function swarmOf(id: string): Promise<readonly ForeignNode[]> {
  const requests = [{ method: 'get_swarm', params: { pubkey: id } }]
  const { body } = await direct(nodes[3]!, 'batch', { requests })
  const { code, body: swarm } = body.results[0]
  expect(code).toBe(200)
  type Member = { ip: string; port: string; pubkey_ed25519: string; pubkey_x25519: string }
  return swarm.snodes.map((member: Member) => {
    const node = {
      ip: member.ip,
      port: Number(member.port),
      ed25519: member.pubkey_ed25519,
      x25519: member.pubkey_x25519,
    }
    expect(nodes).toContainEqual(node)
    return node
  })
}

function storeRequest(pubkey: string, data: Buffer): object {
  const params = { pubkey, namespace: 0, timestamp: Date.now(), ttl: 14 * 86_400_000, data: data.toString('base64') }
  return { method: 'store', params }
}

async function store(member: ForeignNode, pubkey: string, data: Buffer): Promise<{ hash: string; swarm: object }> {
  const { body } = await direct(member, 'batch', { requests: [storeRequest(pubkey, data)] })
  expect(body.results[0]).toMatchObject({ code: 200, body: { hash: expect.any(String), t: expect.any(Number) } })
  return body.results[0].body
}

type Ask = (params: object) => ReturnType<typeof direct>

async function retrieve(ask: Ask, account: ForeignAccount, lastHash: string) {
  const { body } = await ask({ requests: [{ method: 'retrieve', params: account.retrieve(lastHash) }] })
  expect(body.results[0]).toMatchObject({ code: 200, body: { messages: expect.any(Array) } })
  return body.results[0].body
}

async function firstText(client: Client, conversation: Parameters<Client['history']>[0]) {
  await using history = await client.history(conversation)
  // Awaited here: the history is closed when this function ends.
  return await eventually(async () => {
    const [message] = history.state.snapshot.messages
    return message?.body.kind === 'text' ? { author: message.author, text: message.body.text } : undefined
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
