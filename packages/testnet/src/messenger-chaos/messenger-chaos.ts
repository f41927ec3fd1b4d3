/** A day in the life of a household in which everything goes wrong, from one seed. What it must come to: `check.ts`. */
import { days, millis, minutes, seconds } from '@starling/protocol'
import { randomInteger } from '@starling/runtime'
import { expect } from 'expect'
import { type Chaos, checkAll, checkProfiles, checkReceipts, checkSent, checkSilence, storedHashes } from './check.ts'
import { rewrapped, storedFor } from './foreign-account.ts'
import { Foreigners } from './foreigners.ts'
import { DEVICES, type Device, Household } from './household.ts'
import { Misfortune } from './misfortune.ts'
import { Newcomers } from './newcomers.ts'
import { People, TIMER } from './people.ts'
import { Stranger } from './stranger.ts'

const STEPS = 70
/** A round of repair among nodes, its jitter, and the longest back-off of a client. */
const REPAIR = minutes(8)
/** Seconds by which a time can be too late that was given by a wrong clock. */
const CLOCKS = 300

/** All that happens goes to `log`: with the seed it is what is needed to find out why. */
export async function runMessengerChaos(seed: number, log: (line: string) => void): Promise<void> {
  await using house = await Household.create(seed)
  const { net } = house
  const note = (line: string) => log(`${net.clock.monotonic()} ${line}`)
  const chaos: Chaos = {
    house,
    people: new People(house, note),
    foreigners: new Foreigners(house, note),
    newcomers: new Newcomers(house, note),
    stranger: new Stranger(house, note),
  }
  const onPowerLost = (device: Device) => chaos.people.doubtReading(device)
  const misfortune = new Misfortune(house, { log: note, onPowerLost })
  /** What a node could keep although it should not. */
  const hoard = new Set<Uint8Array>()
  await chaos.people.adopt()
  await chaos.foreigners.adopt()
  for (let step = 0; step < STEPS; step++) {
    await takeStep(chaos, misfortune)
    checkSilence(house)
    chaos.newcomers.checkSilence()
    net.network.forgetReceived()
    for (const stored of storedFor(net, house.ids.alice)) hoard.add(stored)
    // Now and then the next thing happens in the middle of this one.
    const isSoon = randomInteger(net.random, 4) === 0
    await net.advance(isSoon ? millis(randomInteger(net.random, 200)) : seconds(3 + randomInteger(net.random, 10)))
  }
  await misfortune.heal()
  for (const account of [house.carol, house.sister, house.stranger]) await account.retry()
  await net.advance(REPAIR)
  await chaos.people.sayFarewell()
  await chaos.newcomers.sayFarewell()
  await chaos.stranger.sayFarewell()
  await net.advance(seconds(30))
  note('first check')
  await checkSent(chaos)
  await checkAll(chaos, { isOver: false })
  await chaos.newcomers.check()
  checkProfiles(house)
  await readAll(chaos)
  await net.advance(minutes(1))
  note('second check')
  await checkReceipts(chaos)
  await checkQuiet(chaos)
  // Two checks ago the last ones were read.
  await net.advance(seconds(TIMER - 14 * 60 + CLOCKS))
  note('third check')
  await checkAll(chaos, { isOver: true })
  for (const stored of hoard)
    await house.stranger.store(house.ids.alice, stored[0] === 0 ? stored : rewrapped(stored, net.random), days(2))
  await net.advance(minutes(1))
  note('fourth check')
  await checkAll(chaos, { isOver: true })
  checkSilence(house)
  chaos.newcomers.checkSilence()
}

async function takeStep(
  { house, people, foreigners, newcomers, stranger }: Chaos,
  misfortune: Misfortune,
): Promise<void> {
  const chance = randomInteger(house.net.random, 20)
  if (chance < 10) await people.step()
  else if (chance < 15) await misfortune.strike()
  else if (chance < 17) await foreigners.step()
  else if (chance < 19) await newcomers.step()
  else await stranger.step()
}

async function readAll({ house, people }: Chaos): Promise<void> {
  for (const device of DEVICES) {
    const last = (await house.shown(device, house.pairOf(device))).at(-1)
    if (last !== undefined) await people.markRead(device, house.pairOf(device), last)
    await house.net.advance(seconds(20))
  }
  for (const device of DEVICES) expect(house.summary(device, house.pairOf(device))?.unread).toBe(0)
}

/** Who has nothing to say says nothing: two devices that answer each other for ever would. */
async function checkQuiet({ house }: Chaos): Promise<void> {
  const { net, ids, carol } = house
  const accounts = [ids.alice, ids.bob, carol.accountId]
  await net.advance(minutes(5))
  const before = storedHashes(net, accounts)
  await net.advance(minutes(10))
  expect([...storedHashes(net, accounts)].filter((hash) => !before.has(hash))).toEqual([])
}
