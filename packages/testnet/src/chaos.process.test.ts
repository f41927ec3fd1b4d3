/**
 * Nine real nodes in three swarms, under load: killed, frozen, stopped for longer than anybody waits, cut off from each
 * other, and given new disks. At the end every message that was acknowledged is on every member of its swarm, once, and
 * none that was deleted.
 */
import { test } from 'node:test'
import { expect } from 'expect'
import { ChaosNetwork, pause } from './chaos/chaos-network.ts'
import { type Fault, type Stage, strike } from './chaos/faults.ts'
import { closeConnections } from './chaos/https.ts'
import { createAccounts, Load } from './chaos/load.ts'
import { isKept, judge, summary, type Verdict } from './chaos/promises.ts'
import { Dice } from './fuzz/dice.ts'

/** Decides what happens to whom; when exactly, the machine decides. */
const SEED = Number(process.env['STARLING_CHAOS_SEED'] ?? 1)
/** One round of faults, which is about a minute; more with STARLING_CHAOS_MINUTES=60. */
const MINUTES = Number(process.env['STARLING_CHAOS_MINUTES'] ?? 0)
const ACCOUNTS = 24
const HEALING_MS = 120_000

test(`nothing that was acknowledged is lost, doubled or undead after chaos among processes, seed ${SEED}`, async () => {
  await using network = await ChaosNetwork.start()
  const dice = new Dice(SEED)
  const accounts = createAccounts(ACCOUNTS)
  const load = new Load(network, accounts, dice)
  const suffered: { readonly fault: Fault; readonly story: string }[] = []
  load.start()
  const end = Date.now() + MINUTES * 60_000
  try {
    await Promise.all(network.swarms.map((members) => plague({ network, load, dice, members })))
  } finally {
    await load.stop()
  }
  const verdict = await healed()
  console.log(`  ${JSON.stringify(load.counts)}`)
  if (!isKept(verdict)) {
    network.keepsFolder = true
    console.log(`  ${suffered.map(({ story }) => story).join('\n  ')}\n  logs and databases: ${network.folder}`)
  }
  expect(summary(verdict)).toEqual({ silent: [], missing: [], undead: [], doubled: [], unlike: [] })
  for (const fault of ['kill', 'cut', 'wipe']) expect(suffered.map((each) => each.fault)).toContain(fault)
  expect(load.counts.stored).toBeGreaterThan(100)
  expect(load.counts.deleted).toBeGreaterThan(10)
  closeConnections()

  async function plague(stage: Stage): Promise<void> {
    do await strike(stage, (fault, story) => suffered.push({ fault, story }))
    while (Date.now() < end)
  }

  /** What the members hold when nobody has anything to bring to anybody any more, or patience is over. */
  async function healed(): Promise<Verdict> {
    for (const deadline = Date.now() + HEALING_MS; ; await pause(1_000)) {
      const healths = await Promise.all(network.nodes.map((node) => network.health(node)))
      const isQuiet = healths.every((health) => health?.ready && health.hints === 0)
      const verdict = await judge(network, accounts)
      if ((isQuiet && isKept(verdict)) || Date.now() > deadline) return verdict
    }
  }
})
