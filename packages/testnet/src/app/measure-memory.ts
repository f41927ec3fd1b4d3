/** What the app holds of memory while messages come in. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createNodeClient } from '@starling/client/node'
import type { NetworkFile } from '@starling/protocol'
import { millis, type Row } from './measure-filled.ts'
import { takeLongTasks } from './measure-page.ts'
import type { Person } from './person.ts'
import { WorkerHeap } from './worker-heap.ts'

const PER_SECOND = 10

export type MemoryOptions = { readonly network: NetworkFile; readonly folder: string; readonly minutes: number }

type Sample = {
  readonly atMs: number
  readonly heap: number
  readonly worker: number
  readonly processes: number | undefined
}

/** Somebody sends ten messages a second into the chat that is open. */
export async function measureMemory(who: Person, { network, folder, minutes }: MemoryOptions): Promise<Row[]> {
  await using sender = await createNodeClient({ network, folder: join(folder, 'sender') })
  await sender.createAccount({ displayName: 'Dave' })
  const session = sender.session.snapshot
  if (session.kind !== 'ready') throw new Error(`the sender is ${session.kind}`)
  const self = await who.copyAccountId()
  await who.addContact(session.account.accountId)
  await who.write('go on')
  await who.seesStored('go on')
  const conversation = await sender.startConversation(self)
  const cdp = await who.profile.context.newCDPSession(who.page)
  const workers = await WorkerHeap.of(cdp)
  const sample = async (): Promise<Sample> => {
    await cdp.send('HeapProfiler.collectGarbage')
    const { usedSize } = await cdp.send('Runtime.getHeapUsage')
    const worker = await workers.usedBytes()
    return { atMs: performance.now(), heap: usedSize, worker, processes: residentBytes(who.profile.folder) }
  }
  await sender.send(conversation, 'message 0.')
  await who.seesMessage('message 0.')
  await takeLongTasks(who.page)
  const samples = [await sample()]
  const start = performance.now()
  let sent = 0
  const failures: unknown[] = []
  while (performance.now() - start < minutes * 60_000) {
    sent++
    sender.send(conversation, `message ${sent}.`).catch((error: unknown) => failures.push(error))
    const next = start + (sent * 1000) / PER_SECOND
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())))
    if (sent % (PER_SECOND * 15) === 0) samples.push(await sample())
  }
  const offered = performance.now()
  await who.seesMessage(`message ${sent}.`)
  const behind = performance.now() - offered
  samples.push(await sample())
  const { count, longest, total, worst } = await takeLongTasks(who.page)
  return [
    {
      name: `JavaScript heap of the page, before and after ${sent} messages in ${minutes} min`,
      target: 'does not grow',
      value: growth(samples.map(({ atMs, heap }) => [atMs, heap])),
    },
    {
      name: 'JavaScript heap of the worker, the same',
      target: 'does not grow',
      value: growth(samples.map(({ atMs, worker }) => [atMs, worker])),
    },
    {
      name: 'memory of the page’s processes (RSS), the same',
      target: 'does not grow',
      value: growth(samples.flatMap(({ atMs, processes }) => (processes === undefined ? [] : [[atMs, processes]]))),
    },
    { name: 'the last of them was seen after', target: '', value: millis([behind]) },
    { name: 'messages that could not be sent', target: '0', value: String(failures.length) },
    {
      name: 'long tasks: while they came',
      target: 'none',
      value: `${count}, longest ${longest.toFixed(0)} ms, ${total.toFixed(0)} ms in all`,
    },
    { name: '  the worst frame', target: '', value: worst },
  ]
}

/** First, last, and what the slope of all samples makes in an hour: a guess, if the time was short. */
function growth(points: readonly (readonly [atMs: number, bytes: number])[]): string {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) return 'not known here'
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanAt, meanBytes] = [mean(points.map(([at]) => at)), mean(points.map(([, bytes]) => bytes))]
  const covariance = mean(points.map(([at, bytes]) => (at - meanAt) * (bytes - meanBytes)))
  const perMs = covariance / mean(points.map(([at]) => (at - meanAt) ** 2))
  const mb = (bytes: number) => (bytes / 1e6).toFixed(1)
  return `${mb(first[1])} and ${mb(last[1])} MB; extrapolated: ${mb(perMs * 3_600_000)} MB in an hour`
}

/** Of all renderers of the browser with this folder. `undefined` where there is no /proc. */
function residentBytes(folder: string): number | undefined {
  const processes = new Map<number, { readonly parent: number; readonly command: string; readonly bytes: number }>()
  try {
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      const found = readProcess(name)
      if (found !== undefined) processes.set(Number(name), found)
    }
  } catch {
    return undefined
  }
  const belongs = (pid: number): boolean => {
    const found = processes.get(pid)
    return found !== undefined && (found.command.includes(folder) || belongs(found.parent))
  }
  const renderers = [...processes].filter(([pid, { command }]) => command.includes('--type=renderer') && belongs(pid))
  return renderers.reduce((sum, [, { bytes }]) => sum + bytes, 0)
}

/** `undefined`: it ended meanwhile. */
function readProcess(pid: string) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
    return {
      parent: field('PPid'),
      command: readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
      bytes: field('VmRSS') * 1024,
    }
  } catch {
    return undefined
  }
}
