import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CodecError } from '@starling/protocol'
import { expect } from 'expect'
import { Dice } from './dice.ts'
import { parseBt, writeBt } from './mutate-bt.ts'
import { mutateBytes } from './mutate-bytes.ts'
import { parseFields, writeFields } from './mutate-protobuf.ts'
import { checkSteps, execute, type FuzzTarget } from './target.ts'
import { loadTarget, TARGET_GROUPS } from './targets.ts'
import { vectorBytes } from './vectors.ts'

const SEED = 1
/** For each target, besides its corpus: about ten seconds for all of them. */
const EXECUTIONS = 192

const toy = (run: FuzzTarget['run'], more: Partial<FuzzTarget> = {}): FuzzTarget => ({
  name: 'toy',
  sources: [],
  mutate: mutateBytes,
  words: [],
  seeds: () => [],
  run,
  ...more,
})
const input = new Uint8Array(100)

// In a process of its own: it switches off compilers, so that coverage counts everything.
test(`every parser keeps its rules, for its corpus and for inputs of seed ${SEED}`, async () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const args = [main, '--check', '--seed', String(SEED), '--executions', String(EXECUTIONS)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const status = await new Promise((resolve) => child.on('close', resolve))
  expect({ status, broken: text.split('\n').filter((line) => line.includes('✗')) }).toEqual({ status: 0, broken: [] })
  for (const name of TARGET_GROUPS.flat()) expect(text).toContain(`\n${name} `)
})

test('there is a corpus for every target and for nothing else', async () => {
  const names = TARGET_GROUPS.flat()
  for (const name of names) expect((await loadTarget(name)).name).toBe(name)
  expect(new Set(names).size).toBe(names.length)
  const files = readdirSync(new URL('corpus', import.meta.url))
  expect(files.toSorted()).toEqual(names.map((name) => `${name}.txt`).sort())
})

test('a typed error about the input is an answer, any other is a fault', async () => {
  const fail = (error: unknown) =>
    execute(
      toy(() => {
        throw error
      }),
      input,
    )
  await fail(new CodecError('truncated', '3 bytes'))
  await expect(fail(new TypeError('x is undefined'))).rejects.toMatchObject({ code: 'untyped_error' })
  await expect(fail(new RangeError('Maximum call stack size exceeded'))).rejects.toMatchObject({
    code: 'untyped_error',
  })
  await expect(fail(new CodecError('truncated', 'x'.repeat(400)))).rejects.toMatchObject({ code: 'long_error' })
})

test('what comes out is bounded by what goes in, and so are the steps to it', async () => {
  const output = { base: 0, factor: 2 }
  await execute(
    toy(() => new Uint8Array(200), { output }),
    input,
  )
  const grows = toy(() => [new Uint8Array(150), new Uint8Array(51)], { output })
  await expect(execute(grows, input)).rejects.toMatchObject({ code: 'output' })
  const target = toy(() => 0, { steps: { base: 10, factor: 2 } })
  expect(() => checkSteps(target, 420, [input, input])).not.toThrow()
  expect(() => checkSteps(target, 421, [input, input])).toThrow(expect.objectContaining({ code: 'steps' }))
})

test('a seed decides every change', () => {
  const changes = (seed: number) => {
    const surroundings = { dice: new Dice(seed), others: [input], words: [Uint8Array.of(1, 2)], maxSize: 200 }
    return Array.from({ length: 50 }, () => Buffer.from(mutateBytes(input, surroundings)).toString('hex'))
  }
  expect(changes(1)).toEqual(changes(1))
  expect(changes(1)).not.toEqual(changes(2))
})

test('what is taken apart to be changed is put together as it was', () => {
  const { stringify } = JSON
  const config = vectorBytes('config', 'reserialized')
  expect(config.length).toBeGreaterThan(5)
  for (const bytes of [...config, ...vectorBytes('network-onion', 'bt_hex')])
    expect(stringify(writeBt(parseBt(bytes)!))).toBe(stringify(bytes))
  for (const bytes of vectorBytes('messages', 'websocket_message'))
    expect(stringify(writeFields(parseFields(bytes)!))).toBe(stringify(bytes))
})
