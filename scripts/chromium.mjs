import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** The path of a Chromium; installs Debian's where we may. Undefined, with advice on the screen, where there is none. */
export function ensureChromium() {
  const wanted = process.env.STARLING_CHROMIUM
  if (wanted) return wanted
  const found = PLACES.find((place) => existsSync(place))
  if (found) return found
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('Installing Chromium for the browser tests …')
    const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
    spawnSync('apt-get', ['update', '-qq'], quiet)
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], quiet)
    if (existsSync('/usr/bin/chromium')) return '/usr/bin/chromium'
  }
  console.log('\nThere is no Chromium on this machine: the browser tests are left out. To run them as well, type')
  console.log('    sudo apt-get install chromium')
  console.log('or name another one with STARLING_CHROMIUM=/path/to/chromium, and run `npm test` again.\n')
  return undefined
}
