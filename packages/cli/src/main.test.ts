import { test } from 'node:test'
import { expect } from 'expect'
import { main } from './main.ts'
import { fakePorts } from './testing/fake-ports.ts'

const COMMANDS = [
  'network up',
  'network status',
  'network down',
  'node init',
  'node check',
  'node run',
  'node status',
  'node join',
  'node leave',
  'node invite',
  'node export',
  'node import',
  'app verify',
  'app sign',
  'app key',
  'account create',
  'account restore',
  'account show',
  'account rename',
  'send',
  'listen',
]

for (const command of ['', ...COMMANDS]) {
  test(`the help of "starling ${command}" has examples`, async () => {
    const ports = fakePorts()
    expect(await main([...command.split(' ').filter(Boolean), '--help'], ports)).toBe(0)
    expect(ports.printed()).toContain('Examples:\n  starling ')
    expect(ports.complained()).toBe('')
  })
}

for (const line of [
  '',
  'fly',
  'network',
  'network up --nodes 0',
  'network up --nodes 3.5',
  'network up --nodes 100',
  'network up --swarm-size x',
  'network up --app-port 70000',
  'network up --bogus',
  'node run',
  'node init --https-port 0',
  'node init --max-storage much',
  'node init',
  'node status --config /nowhere/node.json',
  'node join --timeout 0',
  'node invite',
  'node invite xyz --config /nowhere/node.json',
  'node export',
  'node import',
  'send',
  'send 05aa',
  'send 05aa text more',
  'listen --count 0',
  'listen --timeout -1',
  'account create',
]) {
  test(`"starling ${line}" is wrong use: exit status 2, and words about it`, async () => {
    const ports = fakePorts()
    expect(await main(line.split(' ').filter(Boolean), ports)).toBe(2)
    expect(ports.complained()).not.toBe('')
    expect(ports.complained()).not.toMatch(/^\s+at /m)
    expect(ports.printed()).toBe('')
  })
}

test('an error that nobody expected is a sentence without its text and without a stack', async () => {
  const ports = fakePorts({
    openClient: async () => {
      throw new TypeError('secret detail')
    },
  })
  const network = new URL('testing/network.json', import.meta.url).pathname
  expect(await main(['account', 'show', '--network', network], ports)).toBe(1)
  expect(ports.complained()).toContain('This is a bug')
  expect(ports.complained()).not.toMatch(/secret detail|^\s+at /m)
})

test('a network file that is missing is named', async () => {
  const ports = fakePorts({ environment: { STARLING_NETWORK: '/nowhere/network.json' } })
  expect(await main(['listen'], ports)).toBe(1)
  expect(ports.complained()).toContain('/nowhere/network.json')
})
