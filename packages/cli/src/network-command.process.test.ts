import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { buildTestApp } from '@starling/node/testing'
import { expect } from 'expect'

const BIN = join(import.meta.dirname, 'bin.ts')
const PORT_BASE = 31_000 + (process.pid % 10) * 100
const home = mkdtempSync(join(tmpdir(), 'starling-command-'))
const folder = join(home, 'network')
const app = buildTestApp()
const running = new Set<ChildProcess>()

after(() => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(home, { recursive: true, force: true })
  app[Symbol.dispose]()
})

type Program = { readonly child: ChildProcess; readonly text: () => string; readonly status: Promise<number | null> }

function starling(...args: string[]): Program {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (more: string) => {
      text += more
    })
  }
  const status = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      running.delete(child)
      resolve(code)
    })
  })
  return { child, text: () => text, status }
}

async function untilSays(program: Program, words: string): Promise<void> {
  while (!program.text().includes(words)) {
    const next = new Promise((resolve) => program.child.stdout?.once('data', resolve))
    const end = program.status.then((status) => {
      throw new Error(`ended with ${status} and never said "${words}":\n${program.text()}`)
    })
    await Promise.race([next, end])
  }
}

const up = (...more: string[]) => starling('network', 'up', '--folder', folder, ...more)
const appUrlOf = (program: Program) => /http:\/\/127\.0\.0\.1:\d+\//.exec(program.text())![0]

test('up starts a network and the app, status and a second up see it, Ctrl+C ends it and all of it', async () => {
  const small = ['--nodes', '3', '--swarm-size', '3', '--port-base', String(PORT_BASE)]
  const program = up(...small, '--app', '--app-folder', app.folder, '--app-port', String(PORT_BASE + 50))
  await untilSays(program, 'Ctrl+C')
  const page = await fetch(appUrlOf(program))
  expect(await page.text()).toBe('<!doctype html>app')
  const ofNode = await fetch(`http://127.0.0.1:${PORT_BASE + 202}/app/`)
  expect([await ofNode.text(), ofNode.headers.get('x-content-type-options')]).toEqual(['<!doctype html>app', 'nosniff'])
  expect(await (await fetch(`${appUrlOf(program)}network.json`)).json()).toMatchObject({ version: 1, threshold: 1 })

  const second = up()
  expect(await second.status).toBe(0)
  expect(second.text()).toContain(`with the app at ${appUrlOf(program)}`)
  const status = starling('network', 'status', '--folder', folder, '--json')
  expect(await status.status).toBe(0)
  const { nodes } = JSON.parse(status.text())
  expect(nodes).toMatchObject([
    { name: '01', state: 'ready' },
    { name: '02', state: 'ready' },
    { name: '03', state: 'ready' },
  ])

  program.child.kill('SIGINT')
  expect(await program.status).toBe(0)
  expect(program.text()).toContain('Stopped. Keys and messages are kept')
  for (const { pid } of nodes) expect(() => process.kill(pid, 0)).toThrow(expect.objectContaining({ code: 'ESRCH' }))
})

test('down stops what runs in another terminal, and what a killed program left behind', async () => {
  const program = up()
  await untilSays(program, 'Ctrl+C')
  const down = starling('network', 'down', '--folder', folder)
  expect([await down.status, await program.status]).toEqual([0, 0])

  const killed = up()
  await untilSays(killed, 'Ctrl+C')
  killed.child.kill('SIGKILL')
  await killed.status
  const clean = starling('network', 'down', '--folder', folder)
  expect(await clean.status).toBe(0)
  expect(clean.text()).toContain('Stopped the network')
  const status = starling('network', 'status', '--folder', folder)
  expect(await status.status).toBe(1)
  expect(status.text()).toContain('0 of 3 nodes are ready')
  expect(await starling('network', 'down', '--folder', folder).status).toBe(0)
})

test('node run is the node itself: its words, its exit status, and signals reach it', async () => {
  const wrong = starling('node', 'run', '--config', join(home, 'missing.json'))
  expect(await wrong.status).toBe(2)
  const program = starling('node', 'run', '--config', join(folder, 'nodes', '02', 'node.json'))
  await untilSays(program, 'node.listening')
  program.child.kill('SIGTERM')
  expect(await program.status).toBe(0)
})
