/** What was promised to the owners of messages, and whether it was kept. */
import type { ChaosNetwork } from './chaos-network.ts'
import { ask } from './https.ts'
import type { ChaosNode } from './lay-out.ts'
import type { Account } from './load.ts'

/** Of one account. What got no answer may have happened or not: then its hash is in none of these, or in `gone` alone. */
export type Promised = {
  /** Stored, and said to be: by whom and when, for people who look for what went wrong. */
  readonly kept: Map<string, string>
  /** Deleted, and said to be. */
  readonly gone: Map<string, string>
}

/** Empty lists, if everything was kept. */
export type Verdict = {
  readonly silent: readonly string[]
  readonly missing: readonly string[]
  readonly undead: readonly string[]
  readonly doubled: readonly string[]
  /** Accounts whose members do not hold the same. */
  readonly unlike: readonly string[]
}

const SHOWN = 4

export async function judge(network: ChaosNetwork, accounts: readonly Account[]): Promise<Verdict> {
  const parts = await Promise.all(accounts.map((account) => judgeAccount(network, account)))
  const all = (key: keyof Verdict) => parts.flatMap((part) => part[key])
  return {
    silent: all('silent'),
    missing: all('missing'),
    undead: all('undead'),
    doubled: all('doubled'),
    unlike: all('unlike'),
  }
}

export function isKept(verdict: Verdict): boolean {
  return Object.values(verdict).every((list) => list.length === 0)
}

/** The first few of each, for people to read. */
export function summary(verdict: Verdict): Verdict {
  const few = (list: readonly string[]) =>
    list.length <= SHOWN ? list : [...list.slice(0, SHOWN), `and ${list.length - SHOWN} more`]
  return {
    silent: few(verdict.silent),
    missing: few(verdict.missing),
    undead: few(verdict.undead),
    doubled: few(verdict.doubled),
    unlike: few(verdict.unlike),
  }
}

async function judgeAccount(network: ChaosNetwork, { owner, key, promised }: Account): Promise<Verdict> {
  const members = network.membersOf(key)
  const held = await Promise.all(members.map((member) => hashesOn(member, owner)))
  const verdict = { silent: [], missing: [], undead: [], doubled: [], unlike: [] } as Record<keyof Verdict, string[]>
  for (const [index, { index: node }] of members.entries()) {
    const hashes = held[index]
    if (!hashes) {
      verdict.silent.push(`${node}`)
      continue
    }
    const set = new Set(hashes)
    const name = ([hash, story]: readonly [string, string]) => `${node}: ${hash.slice(0, 8)} ${story}`
    verdict.missing.push(...[...promised.kept].filter(([hash]) => !set.has(hash)).map(name))
    verdict.undead.push(...[...promised.gone].filter(([hash]) => set.has(hash)).map(name))
    verdict.doubled.push(...hashes.filter((hash, at) => hashes.indexOf(hash) !== at).map((hash) => name([hash, ''])))
  }
  const contents = new Set(held.map((hashes) => JSON.stringify(hashes?.toSorted())))
  if (contents.size !== 1) verdict.unlike.push(owner.slice(0, 8))
  return verdict
}

/** All of an account's messages on one node, page by page; `undefined` if it does not answer. */
async function hashesOn({ httpsPort }: ChaosNode, owner: string): Promise<string[] | undefined> {
  const hashes: string[] = []
  for (let cursor = ''; ; ) {
    const params = { pubkey: owner, namespace: -10, last_hash: cursor, max_size: -1 }
    const answer = await ask(httpsPort, 'retrieve', params)
    if (answer?.status !== 200) return undefined
    const { messages, more } = answer.body as { messages: readonly { hash: string }[]; more: boolean }
    hashes.push(...messages.map(({ hash }) => hash))
    if (!more) return hashes
    cursor = hashes.at(-1)!
  }
}
