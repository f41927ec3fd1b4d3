/** How quick the app is, on the machine at hand. */
import { gzipSync } from 'node:zlib'
import type { AppStage } from './app-stage.ts'
import type { Person } from './person.ts'

const ROUNDS = 20

/** Names of figures and their values with units. */
export async function measureApp(stage: AppStage): Promise<readonly (readonly [name: string, value: string])[]> {
  // Each with a browser of their own, as people have.
  const own = { keepsData: true }
  const [alice, bob] = [await stage.person('Alice', own), await stage.person('Bob', own)]
  const firstLoad = await measureFirstLoad(alice)
  const creation = await timed(() => alice.createAccount())
  await bob.createAccount()
  await alice.addContact(await bob.copyAccountId())
  await alice.write('hello Bob')
  await bob.openRequest('Alice')
  await bob.accept()
  const arrivals: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    arrivals.push(await arrival(alice, bob, `ping ${round}.`), await arrival(bob, alice, `pong ${round}.`))
  }
  const switches = await measureSwitches(alice, bob)
  const reloads: number[] = []
  for (let round = 0; round < 5; round++) {
    reloads.push(
      await timed(async () => {
        await alice.page.reload({ waitUntil: 'commit' })
        await alice.row('Bob').waitFor()
      }),
    )
  }
  return [
    ['first load', firstLoad],
    ['account creation, from click to list', millis([creation])],
    ['message, from Enter to the other window', millis(arrivals)],
    ['chat switch, from click to painted messages', millis(switches)],
    ['reload to usable list', millis(reloads)],
  ]
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** Everything that a first visit fetches, as it is and as a server that compresses would send it. */
export async function measureFirstLoad(who: Person): Promise<string> {
  const bodies: Promise<Buffer>[] = []
  who.profile.context.on('response', (response) => {
    if (response.url().startsWith(who.profile.url)) bodies.push(response.body().catch(() => Buffer.alloc(0)))
  })
  await who.page.reload({ waitUntil: 'networkidle' })
  who.profile.context.removeAllListeners('response')
  const loaded = await Promise.all(bodies)
  const sum = (sizes: readonly number[]) => `${(sizes.reduce((total, size) => total + size, 0) / 1000).toFixed(0)} kB`
  const compressed = sum(loaded.map((body) => gzipSync(body).length))
  return `${sum(loaded.map((body) => body.length))} in ${loaded.length} files, ${compressed} compressed`
}

/** From the key that sends until the text is in the other page; both pages read the clock of this machine. */
async function arrival(from: Person, to: Person, text: string): Promise<number> {
  await from.composer.fill(text)
  const arrived: Promise<number> = to.page.evaluate(`new Promise((resolve) => {
    const log = document.querySelector('[role=log]')
    const observer = new MutationObserver(() => {
      if (!log.textContent.includes(${JSON.stringify(text)})) return
      observer.disconnect()
      resolve(Date.now())
    })
    observer.observe(log, { childList: true, subtree: true, characterData: true })
  })`)
  const pressed: Promise<number> = from.page.evaluate(
    `new Promise((resolve) => addEventListener('keydown', () => resolve(Date.now()), { once: true, capture: true }))`,
  )
  await from.composer.press('Enter')
  return (await arrived) - (await pressed)
}

/** Between a chat with forty messages and Note to Self, until the frame after the messages are in place. */
async function measureSwitches(who: Person, other: Person): Promise<readonly number[]> {
  await who.openNote()
  await who.write('remember the milk')
  const durations: number[] = []
  for (let round = 0; round < 5; round++) {
    for (const name of [other.name, 'Note to Self']) {
      durations.push(
        await who.page.evaluate(`new Promise((resolve) => {
        const row = [...document.querySelectorAll('[data-chat]')].find((row) => row.textContent.includes(${JSON.stringify(name)}))
        const start = performance.now()
        row.click()
        const look = () => {
          const title = document.querySelector('section.conversation h2')?.textContent ?? ''
          const placed = document.querySelector('[role=log].placed article') !== null
          if (title.includes(${JSON.stringify(name)}) && placed) resolve(performance.now() - start)
          else requestAnimationFrame(look)
        }
        requestAnimationFrame(look)
      })`),
      )
    }
  }
  return durations
}

function millis(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const median = Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0)
  return values.length === 1
    ? `${median} ms`
    : `median ${median} ms, worst ${Math.round(sorted.at(-1) ?? 0)} ms of ${values.length}`
}
