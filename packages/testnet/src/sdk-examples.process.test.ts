/** The programs of docs/sdk.md, as they stand there, against a real local network. */
import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type LocalNetwork, startLocalNetwork } from '@starling/cli'
import { type Client, type ConversationId, untilValue } from '@starling/client'
import { createNodeClient } from '@starling/client/node'
import { expect } from 'expect'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PATIENCE = 60_000
let folder: string
let network: LocalNetwork
let programs: ReadonlyMap<string, string>

describe('the programs of docs/sdk.md', () => {
  before(async () => {
    // Inside the repository, where the packages are found.
    mkdirSync(join(ROOT, '.build'), { recursive: true })
    folder = mkdtempSync(join(ROOT, '.build', 'sdk-'))
    network = await startLocalNetwork({ folder: join(folder, 'network'), portBase: 'any' })
    copyFileSync(network.networkFilePath, join(folder, 'network.json'))
    const blocks = readFileSync(join(ROOT, 'docs/sdk.md'), 'utf8').matchAll(/^```ts ([a-z-]+)\n(.*?)^```$/gms)
    programs = new Map([...blocks].map(([, name, text]) => [name!, text!]))
    for (const [name, text] of programs) writeFileSync(join(folder, `${name}.ts`), text)
  })

  after(async () => {
    await network?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  test('there are ten, and each has a test here', () => {
    expect([...programs.keys()]).toEqual([
      'send',
      'echo',
      'bridge',
      'devices',
      'private-network',
      'custom-store',
      'follow',
      'requests',
      'reactions',
      'several',
    ])
  })

  test('echo answers what send has sent', async () => {
    using echo = new Program('echo')
    const bot = await echo.line()
    using send = new Program('send', bot, 'hello')
    expect(await send.rest()).toContain("kind: 'stored'")
    await using sender = await createNodeClient({ network: network.networkFile, folder: join(folder, 'sender') })
    expect(await nextText(sender, bot as ConversationId)).toBe('You said: hello')
  })

  test('bridge prints what comes and sends what it is told', async () => {
    await using carol = await account('carol')
    using bridge = new Program('bridge')
    const { self } = JSON.parse(await bridge.line())
    const conversation = await carol.startConversation(self)
    await carol.send(conversation, 'in')
    expect(JSON.parse(await bridge.line())).toMatchObject({ from: idOf(carol), text: 'in' })
    bridge.write(`${JSON.stringify({ to: idOf(carol), text: 'out' })}\n`)
    expect(await nextText(carol, conversation)).toBe('out')
    bridge.end()
    expect(await bridge.rest()).toBe('')
  })

  test('devices brings a note to the second device', async () => {
    using devices = new Program('devices')
    expect(await devices.rest()).toBe("{ kind: 'text', text: 'Buy seeds' }")
  })

  test('private-network says what the directory holds', async () => {
    using visitor = new Program('private-network')
    expect(await visitor.rest()).toContain('nodes: 12')
  })

  test('custom-store keeps an account', async () => {
    using custom = new Program('custom-store')
    expect(await custom.rest()).toBe('ready true')
  })

  test('follow sees every message as it is written', async () => {
    using follow = new Program('follow')
    expect(await follow.rest()).toMatch(/^0 0 undefined\n(?:.*\n)*3 0 (?:queued|stored)$/)
  })

  test('requests accepts friends and blocks others', async () => {
    await using friend = await account('friend')
    await using stranger = await account('stranger')
    using picky = new Program('requests', idOf(friend))
    const self = await picky.line()
    await friend.send(await friend.startConversation(self), 'it is me')
    expect(await picky.line()).toBe('accepted')
    await stranger.send(await stranger.startConversation(self), 'buy this')
    expect(await picky.line()).toBe('blocked')
  })

  test('reactions shows the reaction and the time that is left', async () => {
    using reactions = new Program('reactions')
    expect(await reactions.rest()).toBe("[ { emoji: '👍', mine: true } ] 86400")
  })

  test('several accounts talk in one process', async () => {
    using several = new Program('several')
    expect(await several.rest()).toBe("request Alice { kind: 'text', text: 'Hello Bob' }")
  })
})

/** A program of the page, running; killed when disposed. */
class Program implements Disposable {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  #complaints = ''

  constructor(name: string, ...args: string[]) {
    this.#child = spawn(process.execPath, [join(folder, `${name}.ts`), ...args], { cwd: folder, timeout: PATIENCE })
    this.#child.stderr!.on('data', (chunk) => {
      this.#complaints += chunk
    })
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]()
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`ended early: ${this.#complaints}`)
    return value
  }

  /** Everything up to the end, which has to be a good one. */
  async rest(): Promise<string> {
    const lines: string[] = []
    for (let next = await this.#lines.next(); !next.done; next = await this.#lines.next()) lines.push(next.value)
    const status = await new Promise((resolve) => {
      if (this.#child.exitCode !== null) resolve(this.#child.exitCode)
      else this.#child.once('exit', resolve)
    })
    expect({ status, complaints: this.#complaints }).toEqual({ status: 0, complaints: '' })
    return lines.join('\n')
  }

  write(text: string): void {
    this.#child.stdin!.write(text)
  }

  end(): void {
    this.#child.stdin!.end()
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }
}

async function account(name: string): Promise<Client> {
  const client = await createNodeClient({ network: network.networkFile, folder: join(folder, name) })
  await client.createAccount({ displayName: name })
  return client
}

function idOf({ session }: Client): string {
  if (session.snapshot.kind !== 'ready') throw new Error(session.snapshot.kind)
  return session.snapshot.account.accountId
}

async function nextText(client: Client, conversation: ConversationId): Promise<string> {
  return untilValue(
    client.conversations,
    (list) => {
      const last = list.find(({ id }) => id === conversation)?.last
      return last?.direction === 'incoming' && last.body.kind === 'text' ? last.body.text : undefined
    },
    AbortSignal.timeout(PATIENCE),
  )
}
