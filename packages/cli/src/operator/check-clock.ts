import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { seconds } from '@starling/protocol'
import { type Clock, withTimeout } from '@starling/runtime'
import { type Finding, finding } from './finding.ts'

const TIMEOUT = seconds(5)
/** An HTTP date has whole seconds: less than this cannot be told from none. */
const NOTICEABLE_MS = 3_000
/** What members forward to each other is refused when clocks differ by more than 70 s: half of that is too much. */
const TOO_MUCH_MS = 35_000

/** By how much our clock is ahead of the server's, in milliseconds; `undefined`, if it does not answer. */
export async function clockOffset(url: string, clock: Clock, signal: AbortSignal): Promise<number | undefined> {
  const before = clock.now()
  const date = await withTimeout(clock, TIMEOUT, signal, (within) => dateOf(`${url}/health`, within)).catch(() => {
    signal.throwIfAborted()
    return undefined
  })
  if (date === undefined) return undefined
  // The date was cut to whole seconds: half a second later is the best guess.
  return Math.round((before + clock.now()) / 2 - (date + 500))
}

/** The clock against the bootstrap nodes: the median of those that answer. */
export async function checkClock(
  bootstrap: readonly string[],
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const offsets = await Promise.all(bootstrap.map((url) => clockOffset(url, clock, signal)))
  return [judgeClock(offsets)]
}

export function judgeClock(offsets: readonly (number | undefined)[]): Finding {
  const known = offsets.filter((offset) => offset !== undefined).sort((a, b) => a - b)
  const offset = known[Math.floor(known.length / 2)]
  if (offset === undefined) {
    const text =
      offsets.length === 1
        ? 'the bootstrap node does not answer, so the clock could not be compared.'
        : `none of ${offsets.length} bootstrap nodes answers, so the clock could not be compared.`
    return finding('clock', 'advice', `${text} Check that this machine may connect to the outside.`)
  }
  const amount = `${(Math.abs(offset) / 1000).toFixed(1)} s ${offset > 0 ? 'ahead of' : 'behind'} the network’s`
  if (Math.abs(offset) >= TOO_MUCH_MS) {
    return finding('clock', 'problem', `the clock is ${amount}: requests will be refused. Run an NTP client (chrony).`)
  }
  if (Math.abs(offset) >= NOTICEABLE_MS) {
    return finding('clock', 'advice', `the clock is ${amount}: run an NTP client (chrony, systemd-timesyncd).`)
  }
  return finding('clock', 'good', 'the clock agrees with the bootstrap nodes')
}

/** TLS is not verified: a date is all that is taken, and a wrong one harms nobody but this advice. */
function dateOf(url: string, signal: AbortSignal): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  const request = (url.startsWith('https:') ? requestHttps : requestHttp)(
    url,
    { signal, rejectUnauthorized: false },
    (response) => {
      response.destroy()
      const date = Date.parse(response.headers.date ?? '')
      resolve(Number.isNaN(date) ? undefined : date)
    },
  )
  request.on('error', reject)
  request.end()
  return promise
}
