/**
 * Bots that write to each other on a real network, some of which end and come back meanwhile. What each received is checked
 * against what was sent: all of it, once, in order.
 */
import { join } from 'node:path'
import { type Client, type ConversationId, handleMessages, type MessageView, untilValue } from '@starling/client'
import { createNodeClient } from '@starling/client/node'
import type { NetworkFile } from '@starling/protocol'

export type Exchange = {
  readonly network: NetworkFile
  /** For the bots' stores. */
  readonly folder: string
  readonly bots: number
  /** Of all bots together. */
  readonly messages: number
  /** Each bot writes to so many others. */
  readonly partners: number
  /** Every such bot ends halfway, and starts again from its folder. */
  readonly restartEvery: number
  readonly signal: AbortSignal
}

/** What is wrong with what arrived; all empty: nothing. Pairs of bots by their numbers. */
export type Outcome = {
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  readonly outOfOrder: readonly string[]
  readonly received: number
  readonly seconds: number
}

/** Rejects when `signal` aborts before everything has arrived. */
export async function exchangeMessages(exchange: Exchange): Promise<Outcome> {
  const { bots: count, messages, partners, restartEvery, signal } = exchange
  const rounds = Math.ceil(messages / (count * partners))
  const bots = await Promise.all(Array.from({ length: count }, (_, number) => Bot.open(exchange, number)))
  try {
    const start = performance.now()
    const targets = (bot: Bot) => Array.from({ length: partners }, (_, step) => bots[(bot.number + step + 1) % count]!)
    const send = async (bot: Bot, from: number, to: number) => {
      for (let round = from; round < to; round++) for (const target of targets(bot)) await bot.send(target, round)
    }
    const half = Math.ceil(rounds / 2)
    await Promise.all(bots.map((bot) => send(bot, 0, half)))
    await Promise.all(bots.filter(({ number }) => number % restartEvery === 0).map((bot) => bot.restart()))
    await Promise.all(bots.map((bot) => send(bot, half, rounds)))
    await Promise.all(bots.map((bot) => bot.untilReceived(partners * rounds, signal)))
    return outcomeOf(bots, targets, rounds, (performance.now() - start) / 1000)
  } finally {
    await Promise.all(bots.map((bot) => bot[Symbol.asyncDispose]()))
  }
}

function outcomeOf(bots: readonly Bot[], targets: (bot: Bot) => Bot[], rounds: number, seconds: number): Outcome {
  const [lost, doubled, outOfOrder]: string[][] = [[], [], []]
  let received = 0
  for (const sender of bots) {
    for (const target of targets(sender)) {
      const heard = target.heardFrom(sender)
      received += heard.length
      const pair = `${sender.number} to ${target.number}`
      for (let round = 0; round < rounds; round++) {
        const times = heard.filter((number) => number === round).length
        if (times === 0) lost!.push(`${pair}, ${round}`)
        if (times > 1) doubled!.push(`${pair}, ${round}`)
      }
      if (heard.some((number, index) => index > 0 && number < heard[index - 1]!)) outOfOrder!.push(pair)
    }
  }
  return { lost: lost!, doubled: doubled!, outOfOrder: outOfOrder!, received, seconds }
}

class Bot implements AsyncDisposable {
  readonly number: number
  readonly #exchange: Exchange
  readonly #heard = new Map<string, number[]>()
  readonly #conversations = new Map<Bot, ConversationId>()
  #client: Client
  #id = ''
  #count = 0
  #told: (() => void) | undefined
  #listening = new AbortController()
  #handling: Promise<void> = Promise.resolve()

  private constructor(exchange: Exchange, number: number, client: Client) {
    this.#exchange = exchange
    this.number = number
    this.#client = client
  }

  static async open(exchange: Exchange, number: number): Promise<Bot> {
    const bot = new Bot(exchange, number, await openClient(exchange, number))
    await bot.#client.createAccount({ displayName: `Bot ${number}` })
    bot.#id = await untilValue(
      bot.#client.session,
      (state) => (state.kind === 'ready' ? state.account.accountId : undefined),
      exchange.signal,
    )
    bot.#listen()
    return bot
  }

  async send(target: Bot, round: number): Promise<void> {
    const conversation = this.#conversations.get(target) ?? (await this.#client.startConversation(target.#id))
    this.#conversations.set(target, conversation)
    await this.#client.send(conversation, `${round}`)
  }

  /** Ends, as a program does that is told to, and starts again. */
  async restart(): Promise<void> {
    await this[Symbol.asyncDispose]()
    this.#client = await openClient(this.#exchange, this.number)
    this.#listen()
  }

  async untilReceived(count: number, signal: AbortSignal): Promise<void> {
    while (this.#count < count) {
      signal.throwIfAborted()
      await new Promise<void>((resolve) => {
        this.#told = resolve
        setTimeout(resolve, 1000)
      })
    }
  }

  heardFrom({ accountId }: Bot): readonly number[] {
    return this.#heard.get(accountId) ?? []
  }

  get accountId(): string {
    return this.#id
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening.abort()
    await this.#handling
    await this.#client[Symbol.asyncDispose]()
  }

  #listen(): void {
    this.#listening = new AbortController()
    const { signal } = this.#listening
    this.#handling = handleMessages(this.#client, (message) => this.#hear(message), { signal }).catch(
      (error: unknown) => {
        if (!signal.aborted) throw error
      },
    )
  }

  #hear({ author, body }: MessageView): void {
    if (body.kind !== 'text') return
    const heard = this.#heard.get(author) ?? []
    this.#heard.set(author, heard)
    heard.push(Number(body.text))
    this.#count++
    this.#told?.()
  }
}

function openClient({ network, folder }: Exchange, number: number): Promise<Client> {
  return createNodeClient({ network, folder: join(folder, `bot-${number}`) })
}
