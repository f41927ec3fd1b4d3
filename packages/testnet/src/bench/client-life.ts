/** A client that was away for long, one that is restored, and one that has nothing to do. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Client, untilValue } from '@starling/client'
import { createNodeClient } from '@starling/client/node'
import {
  type AccountId,
  type AccountKeys,
  buildContent,
  buildStoredMessage,
  createAccountSeed,
  deriveAccountKeys,
  type NetworkFile,
  parseAccountId,
  parseOwner,
  unixMillis,
} from '@starling/protocol'
import { systemClock } from '@starling/runtime'
import type { Figure } from './figures.ts'
import { inParallel, NetworkLinks } from './network-links.ts'
import { storeData } from './store-load.ts'

const MISSED = 5000
const IN_FLIGHT = 16
const IDLE_SECONDS = 60
const IDLE_CLIENT = fileURLToPath(new URL('./idle-client.ts', import.meta.url))

export async function measureClientLife(network: NetworkFile, networkPath: string, folder: string): Promise<Figure[]> {
  const home = join(folder, 'away')
  await using links = await NetworkLinks.open(network)
  const sender = deriveAccountKeys(links.crypto, createAccountSeed(links.random))
  const { account, phrase } = await createAccount(network, home, sender.accountId)
  await storeFrom(links, sender, account, MISSED)
  const caughtUpMs = await timed(async () => {
    await using client = await createNodeClient({ network, folder: home })
    await untilUnread(client, MISSED)
  })
  const restored = { profileMs: Number.NaN, messagesMs: Number.NaN }
  const start = performance.now()
  {
    await using client = await createNodeClient({ network, folder: join(folder, 'restored') })
    await client.restoreAccount({ phrase })
    await untilValue(client.session, ({ kind }) => (kind === 'ready' ? kind : undefined))
    restored.profileMs = performance.now() - start
    await untilUnread(client, MISSED)
    restored.messagesMs = performance.now() - start
  }
  const idle = await measureIdle(networkPath, home)
  return [
    { name: `catch-up of ${MISSED} messages: opened until all are there`, value: caughtUpMs, unit: 'ms' },
    { name: 'restore on a second device: until the profile is there', value: restored.profileMs, unit: 'ms' },
    { name: `restore on a second device: until ${MISSED} messages are there`, value: restored.messagesMs, unit: 'ms' },
    { name: `idle client: processor time in ${IDLE_SECONDS} s`, value: idle.cpuMs, unit: 'ms' },
    { name: 'idle client: memory (RSS of its process)', value: idle.residentBytes / 1e6, unit: 'MB' },
  ]
}

/** `contact`: somebody whom the account knows; of strangers it keeps a few messages only. */
async function createAccount(
  network: NetworkFile,
  folder: string,
  contact: AccountId,
): Promise<{ account: AccountId; phrase: string }> {
  await using client = await createNodeClient({ network, folder })
  await client.createAccount({ displayName: 'Away' })
  const account = await untilValue(client.session, (state) =>
    state.kind === 'ready' ? state.account.accountId : undefined,
  )
  await untilValue(client.network, ({ connection }) => (connection.kind === 'connected' ? true : undefined))
  await client.send(await client.startConversation(contact), 'Write to me')
  await client.flush()
  return { account, phrase: await client.revealPhrase() }
}

/** Messages as the sender's client would have stored them. */
async function storeFrom(links: NetworkLinks, sender: AccountKeys, to: AccountId, count: number): Promise<void> {
  const { crypto, random } = links
  const recipient = parseAccountId(to)
  const first = systemClock().now() - count
  const numbers = Array.from({ length: count }, (_, number) => number)
  await inParallel(numbers, IN_FLIGHT, async (number) => {
    const timestamp = unixMillis(first + number)
    const draft = { kind: 'visible', text: `Message ${number} of those that were missed` } as const
    const content = buildContent(draft, { timestamp })
    const data = buildStoredMessage({ crypto, random, sender, recipient, content, timestamp })
    await storeData(links, parseOwner(to), data)
  })
}

async function untilUnread(client: Client, count: number): Promise<void> {
  await untilValue(client.conversations, (list) =>
    list.reduce((sum, { unread }) => sum + unread, 0) >= count ? true : undefined,
  )
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** In a process of its own, so that nothing else is measured with it. */
async function measureIdle(networkPath: string, folder: string): Promise<{ cpuMs: number; residentBytes: number }> {
  const child = spawn(process.execPath, [IDLE_CLIENT, networkPath, folder, String(IDLE_SECONDS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of child.stdout) output += chunk
  return JSON.parse(output) as { cpuMs: number; residentBytes: number }
}
