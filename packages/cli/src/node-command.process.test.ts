/** The walk of an operator: a node is made, invited, joins a network, is watched, and leaves it. docs/operating.md */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { days, seconds } from '@starling/protocol'
import { expect } from 'expect'
import { type LocalNetwork, startLocalNetwork } from './local-network/local-network.ts'

const BIN = join(import.meta.dirname, 'bin.ts')
const DEPLOY = join(import.meta.dirname, '..', '..', '..', 'deploy')
const PORT_BASE = 16_000 + (process.pid % 1000) * 4
const [HTTPS, PEER, METRICS] = [PORT_BASE, PORT_BASE + 1, PORT_BASE + 2] as const
const home = mkdtempSync(join(tmpdir(), 'starling-operator-'))
const config = join(home, 'node', 'node.json')
const running = new Set<ChildProcess>()
let network: LocalNetwork

before(async () => {
  network = await startLocalNetwork({
    folder: join(home, 'network'),
    nodes: 3,
    portBase: 'any',
    parameters: { swarmSize: 3, epochLength: seconds(2), documentLifetime: days(1), dropAfter: seconds(20) },
  })
})

after(async () => {
  for (const child of running) child.kill('SIGKILL')
  await network[Symbol.asyncDispose]()
  rmSync(home, { recursive: true, force: true })
})

type Program = {
  readonly child: ChildProcess
  readonly output: () => string
  readonly errors: () => string
  readonly status: Promise<number | null>
}

function starling(args: readonly string[], typed = ''): Program {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  running.add(child)
  const texts = { output: '', errors: '' }
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    texts.output += more
  })
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    texts.errors += more
  })
  child.stdin.end(typed)
  const status = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      running.delete(child)
      resolve(code)
    })
  })
  return { child, output: () => texts.output, errors: () => texts.errors, status }
}

async function node(
  command: string,
  args: readonly string[],
  typed = '',
): Promise<Program & { readonly code: number }> {
  const program = starling(['node', command, ...args], typed)
  const code = await program.status
  return { ...program, code: code ?? -1 }
}

async function untilSays(program: Program, words: string): Promise<void> {
  while (!program.output().includes(words)) {
    const next = new Promise((resolve) => program.child.stdout?.once('data', resolve))
    const end = program.status.then((status) => {
      throw new Error(`ended with ${status} and never said "${words}":\n${program.output()}${program.errors()}`)
    })
    await Promise.race([next, end])
  }
}

const INIT = [
  ...['--config', config, '--address', '127.0.0.1', '--host', '127.0.0.1', '--operator', 'Walker'],
  ...['--https-port', `${HTTPS}`, '--peer-port', `${PEER}`, '--metrics-port', `${METRICS}`, '--max-storage', '1G'],
]
const init = () => node('init', [...INIT, '--network', network.networkFilePath, '--json'])
const keyOf = (folder: string) => readFileSync(join(folder, 'data', 'node.key'), 'utf8')

async function askOperatorPort(
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: METRICS, method, path, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (more: string) => {
        body += more
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('init makes keys and configuration for its user alone, and never twice', async () => {
  const made = await init()
  const { nodeId, findings } = JSON.parse(made.output())
  expect(nodeId).toMatch(/^[0-9a-f]{64}$/)
  // A temporary folder may be in memory, which is a problem indeed.
  expect(
    findings.filter(({ level, check }: Record<string, string>) => level === 'problem' && check !== 'disk'),
  ).toEqual([])
  for (const name of ['node.json', 'network.json', 'data/node.key']) {
    expect(statSync(join(home, 'node', name)).mode & 0o777).toBe(0o600)
  }
  expect(statSync(join(home, 'node', 'data')).mode & 0o777).toBe(0o700)
  const key = keyOf(join(home, 'node'))
  const again = await init()
  expect([again.code, again.errors()]).toEqual([1, expect.stringContaining('is there already')])
  expect(keyOf(join(home, 'node'))).toBe(key)
})

test('exported keys make the same node elsewhere, with the passphrase only, and overwrite nothing', async () => {
  const backup = join(home, 'keys.starling')
  const passphrase = 'correct horse battery'
  expect((await node('export', ['--config', config, '--output', backup], 'short\n')).code).toBe(2)
  expect((await node('export', ['--config', config, '--output', backup], `${passphrase}\n`)).code).toBe(0)
  expect(statSync(backup).mode & 0o777).toBe(0o600)
  expect((await node('export', ['--config', config, '--output', backup], `${passphrase}\n`)).code).toBe(1)

  const elsewhere = join(home, 'elsewhere')
  const args = [
    '--config',
    join(elsewhere, 'node.json'),
    '--address',
    '127.0.0.1',
    '--network',
    network.networkFilePath,
  ]
  const wrong = await node('init', [...args, '--import', backup], 'wrong passphrase\n')
  expect([wrong.code, wrong.errors()]).toEqual([1, expect.stringContaining('passphrase is wrong')])
  expect(existsSync(join(elsewhere, 'node.json'))).toBe(false)
  const right = await node('init', [...args, '--import', backup, '--json'], `${passphrase}\n`)
  expect(JSON.parse(right.output()).nodeId).toMatch(/^[0-9a-f]{64}$/)
  expect(keyOf(elsewhere)).toBe(keyOf(join(home, 'node')))
  const over = await node('import', [backup, '--config', config], `${passphrase}\n`)
  expect([over.code, over.errors()]).toEqual([1, expect.stringContaining('never overwritten')])
})

test('a key that others can read is a problem, and the node refuses it', async () => {
  const exposed = join(home, 'elsewhere', 'node.json')
  const key = join(home, 'elsewhere', 'data', 'node.key')
  rmSync(key)
  writeFileSync(key, keyOf(join(home, 'node')), { mode: 0o644 })
  const checked = await node('check', ['--config', exposed])
  expect([checked.code, checked.output()]).toEqual([1, expect.stringContaining(`chmod 600 ${key}`)])
  const run = await node('run', ['--config', exposed])
  expect([run.code, run.errors()]).toEqual([2, expect.stringContaining('chmod 600')])
})

test('a node joins by invitation, is watched, and leaves without losing a message', async () => {
  const run = starling(['node', 'run', '--config', config])
  await untilSays(run, 'node.listening')
  const join1 = starling(['node', 'join', '--config', config, '--timeout', '90'])
  await untilSays(join1, 'not invited yet')
  const nodeId = /Node ID {2}([0-9a-f]{64})/.exec(join1.output())![1]!
  const member = join(network.folder, 'nodes', '01', 'node.json')
  const invite = await node('invite', [nodeId, '--config', member])
  expect([invite.code, invite.output()]).toEqual([0, expect.stringContaining('shows in the next directory')])
  expect(await join1.status).toBe(0)
  expect(join1.output()).toContain('The node takes part')

  await expectStatus()
  await expectMetrics()
  await expectDoorClosed()

  const account = ['--network', network.networkFilePath, '--folder', join(home, 'account')]
  const created = starling(['account', 'create', '--name', 'Ada', '--json', ...account])
  expect(await created.status).toBe(0)
  const { accountId } = JSON.parse(created.output())
  const sent = starling(['send', accountId, 'a note', ...account])
  expect([await sent.status, sent.errors()]).toEqual([0, ''])

  const leave = starling(['node', 'leave', '--config', config, '--timeout', '90'])
  expect([await leave.status, leave.errors()]).toEqual([0, ''])
  expect(await run.status).toBe(0)
  expect(run.output()).toContain('node.left')
  const kept = await Promise.all(network.nodes.map(({ name }) => network.health(name)))
  expect(kept.map((health) => [health?.nodes, (health?.messages ?? 0) > 0])).toEqual([
    [3, true],
    [3, true],
    [3, true],
  ])
})

test('a node that has left does not come back by itself, and does when it is asked to', async () => {
  const again = await node('run', ['--config', config])
  expect([again.code, again.output()]).toEqual([0, expect.stringContaining('node.left')])
  const back = starling(['node', 'join', '--config', config, '--timeout', '90'])
  await untilSays(back, 'the node does not run')
  const run = starling(['node', 'run', '--config', config])
  expect([await back.status, back.output()]).toEqual([0, expect.stringContaining('The node takes part')])
  run.child.kill('SIGTERM')
  expect(await run.status).toBe(0)
  const status = await node('status', ['--config', config])
  expect([status.code, status.errors()]).toEqual([1, expect.stringContaining('No node answers')])
})

async function expectStatus(): Promise<void> {
  const json = await node('status', ['--config', config, '--json'])
  expect(json.code).toBe(0)
  expect(JSON.parse(json.output())).toMatchObject({
    ready: true,
    intent: 'stay',
    announced: 'accepted',
    directory: { nodes: 4, isStale: false },
    swarm: { silent: 0 },
    repair: { catchingUp: false },
    store: { maxBytes: 1_000_000_000 },
  })
  const table = await node('status', ['--config', config])
  expect([table.code, table.output()]).toEqual([0, expect.stringContaining('Clock     the clock agrees')])
}

/** Every number that the dashboard and the alerts ask for is there, once it can be. */
async function expectMetrics(): Promise<void> {
  const { status, body } = await askOperatorPort('GET', '/metrics')
  expect(status).toBe(200)
  const files = ['grafana-dashboard.json', 'prometheus/starling-alerts.yml'].map((name) =>
    readFileSync(join(DEPLOY, name), 'utf8'),
  )
  const asked = new Set(files.flatMap((text) => [...text.matchAll(/\bstarling_[a-z_]+\b/g)].map(([name]) => name)))
  expect(asked.size).toBeGreaterThan(20)
  // Nobody has asked for a storage method yet.
  const later = ['starling_rpc_total', 'starling_rpc_seconds_bucket']
  const missing = [...asked].filter((name) => !later.includes(name) && !body.includes(`\n${name}`))
  expect(missing).toEqual([])
  expect(body).not.toMatch(/\b05[0-9a-f]{64}\b|127\.0\.0\.1/)
}

async function expectDoorClosed(): Promise<void> {
  expect((await askOperatorPort('POST', '/leave')).status).toBe(401)
  expect((await askOperatorPort('POST', '/leave', { Authorization: 'Bearer x' })).status).toBe(401)
  expect((await askOperatorPort('GET', '/metrics', { Origin: 'https://example.org' })).status).toBe(403)
  expect((await askOperatorPort('GET', '/status', { Host: 'rebound.example.org' })).status).toBe(403)
  expect((await askOperatorPort('GET', '/')).status).toBe(404)
  expect(statSync(join(home, 'node', 'data', 'operator.token')).mode & 0o777).toBe(0o600)
}
