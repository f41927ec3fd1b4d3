// A bot that answers every message with what it says. Run it with `node bot.ts`; Ctrl+C ends it.
import { readFileSync } from 'node:fs'
import { handleMessages, parseNetworkFile } from '@starling/client'
import { createNodeClient } from '@starling/client/node'

const here = import.meta.dirname
const network = parseNetworkFile(readFileSync(`${here}/network.json`, 'utf8'))
await using client = await createNodeClient({ network, folder: `${here}/account` })
if (client.session.snapshot.kind === 'noAccount') await client.createAccount({ displayName: 'Echo' })
if (client.session.snapshot.kind !== 'ready') throw new Error(`the account is ${client.session.snapshot.kind}`)
console.log(`Write to ${client.session.snapshot.account.accountId}`)

const ended = new AbortController()
process.once('SIGINT', () => ended.abort())
await handleMessages(
  client,
  async (message, conversation) => {
    if (conversation.kind === 'request') await client.updateConversation(conversation.id, { accepted: true })
    if (message.body.kind === 'text') await client.send(conversation.id, `You said: ${message.body.text}`)
  },
  { signal: ended.signal },
).catch((error: unknown) => {
  if (!ended.signal.aborted) throw error
})
