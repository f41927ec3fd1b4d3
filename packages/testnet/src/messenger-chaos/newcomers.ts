/**
 * People who write to Alice for the first time, each with something to say, and whom she accepts, answers, declines or blocks,
 * on one device or the other; whom she accepted she may block later, and let in again.
 */
import type { ConversationSummary } from '@starling/client'
import { parseOwner } from '@starling/protocol'
import { pick, randomInteger } from '@starling/runtime'
import { expect } from 'expect'
import { ForeignAccount } from './foreign-account.ts'
import type { Household } from './household.ts'

const MOST = 4
const ALICES = ['phone', 'tablet'] as const
type AlicesDevice = (typeof ALICES)[number]
/** `letIn`: was accepted, blocked, and is accepted again; what was said meanwhile is heard or not. */
type Decision = 'accepted' | 'declined' | 'blocked' | 'letIn'

type Newcomer = {
  readonly account: ForeignAccount
  readonly name: string
  readonly said: string[]
  /** What a device had of it when it declined: it does not come back there. */
  gone: readonly string[]
  answer?: string
  decision?: Decision
  by?: AlicesDevice
  /** They were told something. */
  wasAccepted?: true
}

export class Newcomers {
  readonly #house: Household
  readonly #log: (line: string) => void
  readonly #all: Newcomer[] = []

  constructor(house: Household, log: (line: string) => void) {
    this.#house = house
    this.#log = log
  }

  async step(): Promise<void> {
    const { net } = this.#house
    const known = pick(net.random, this.#all)
    const chance = randomInteger(net.random, 3)
    if (known !== undefined && chance === 0) return this.#say(known)
    if (known !== undefined && (chance === 1 || this.#all.length === MOST)) return this.#decide(known)
    const newcomer: Newcomer = {
      account: ForeignAccount.create(net),
      name: `Newcomer ${this.#all.length}`,
      said: [],
      gone: [],
    }
    this.#all.push(newcomer)
    await this.#say(newcomer)
  }

  /** Each says one thing more, after everything was decided and heard of. */
  async sayFarewell(): Promise<void> {
    for (const newcomer of this.#all) await this.#say(newcomer)
  }

  isOne(account: string): boolean {
    return this.#all.some((newcomer) => newcomer.account.accountId === account)
  }

  /** Whom nobody accepted learns nothing at all: not even that there is somebody. */
  checkSilence(): void {
    for (const { account, wasAccepted } of this.#all) {
      if (wasAccepted) continue
      const owner = parseOwner(account.accountId)
      for (const { disk } of this.#house.net.nodes) expect(disk.tables.messages.get(owner)?.size ?? 0).toBe(0)
    }
  }

  async check(): Promise<void> {
    for (const newcomer of this.#all) {
      for (const device of ALICES) await this.#checkOn(device, newcomer)
      if (!newcomer.wasAccepted) continue
      const owner = parseOwner(newcomer.account.accountId)
      expect(this.#house.net.nodes.some(({ disk }) => (disk.tables.messages.get(owner)?.size ?? 0) > 0)).toBe(true)
    }
  }

  async #checkOn(device: AlicesDevice, newcomer: Newcomer): Promise<void> {
    const { decision, by, said, gone, answer, name } = newcomer
    const summary = this.#summary(device, newcomer)
    const views = await this.#house.shown(device, newcomer.account.accountId)
    const texts = views.flatMap(({ body }) => (body.kind === 'text' ? [body.text] : []))
    const found = { device, name, decision, texts }
    const last = said.at(-1)!
    switch (decision) {
      case 'blocked':
        expect({ ...found, blocked: summary?.blocked ?? device !== by }).toMatchObject({ ...found, blocked: true })
        expect(texts).not.toContain(last)
        return
      case 'letIn':
        expect({ ...found, kind: summary?.kind, blocked: summary?.blocked }).toEqual({
          ...found,
          kind: 'contact',
          blocked: false,
        })
        expect(texts).toContain(last)
        return
      case 'declined': {
        const isHere = by === device
        expect({ ...found, kind: summary?.kind }).toMatchObject({ ...found, kind: 'request' })
        expect({ ...found, texts: texts.filter((text) => !isHere || text === last || gone.includes(text)) }).toEqual({
          ...found,
          texts: isHere ? [last] : said,
        })
        return
      }
      default: {
        const kind = decision === 'accepted' ? 'contact' : 'request'
        const heard = texts.filter((text) => text !== answer)
        const answers = texts.length - heard.length
        expect({ ...found, kind: summary?.kind, texts: heard, answers }).toEqual({
          ...found,
          kind,
          texts: said,
          answers: answer === undefined ? 0 : 1,
        })
      }
    }
  }

  async #say(newcomer: Newcomer): Promise<void> {
    const text = `word of ${newcomer.name} ${newcomer.said.length}`
    newcomer.said.push(text)
    this.#log(text)
    await newcomer.account.say({ kind: 'visible', text }, { to: this.#house.ids.alice, name: newcomer.name })
  }

  /** On a device that shows what is to be decided, and whose disk works. */
  async #decide(newcomer: Newcomer): Promise<void> {
    const { net, devices } = this.#house
    const device = pick(net.random, ALICES)!
    const summary = this.#summary(device, newcomer)
    if (summary === undefined || devices[device].disk.writesLeft < Number.POSITIVE_INFINITY) return
    if (newcomer.decision === undefined && summary.kind === 'request')
      return this.#decideFirst(device, newcomer, summary.id)
    if (!newcomer.wasAccepted || summary.kind !== 'contact') return
    const blocked = newcomer.decision !== 'blocked'
    // The device must know of the last decision: of two at the same time either may win.
    if (summary.blocked === blocked) return
    this.#log(`${device}: ${newcomer.name} is ${blocked ? 'blocked' : 'let in'}`)
    newcomer.by = device
    newcomer.decision = blocked ? 'blocked' : 'letIn'
    await this.#house.meanwhile(devices[device].api.updateConversation(summary.id, { blocked }))
  }

  async #decideFirst(device: AlicesDevice, newcomer: Newcomer, id: ConversationSummary['id']): Promise<void> {
    const { net, devices } = this.#house
    const { api } = devices[device]
    const choice = pick(net.random, ['accepted', 'answered', 'declined', 'blocked'] as const)!
    this.#log(`${device}: ${newcomer.name} is ${choice}`)
    newcomer.by = device
    newcomer.decision = choice === 'answered' ? 'accepted' : choice
    if (newcomer.decision === 'accepted') newcomer.wasAccepted = true
    if (choice === 'accepted') await this.#house.meanwhile(api.updateConversation(id, { accepted: true }))
    else if (choice === 'blocked') await this.#house.meanwhile(api.updateConversation(id, { blocked: true }))
    else if (choice === 'answered') {
      newcomer.answer = `word to ${newcomer.name}`
      await this.#house.meanwhile(api.send(id, { text: newcomer.answer }))
    } else {
      const views = await this.#house.shown(device, id)
      newcomer.gone = views.flatMap(({ body }) => (body.kind === 'text' ? [body.text] : []))
      await this.#house.meanwhile(api.deleteConversation(id))
    }
  }

  #summary(device: AlicesDevice, { account }: Newcomer): ConversationSummary | undefined {
    return this.#house.summary(device, account.accountId)
  }
}
