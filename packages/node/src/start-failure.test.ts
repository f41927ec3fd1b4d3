import { createServer } from 'node:net'
import { test } from 'node:test'
import { MalformedInputError } from '@starling/protocol'
import { expect } from 'expect'
import { ConfigError } from './config.ts'
import { explainStartFailure } from './start-failure.ts'
import { NodeStoreError } from './storage/node-store-error.ts'

test('what is wrong with the configuration ends with 2, what is wrong with the machine with 1', () => {
  expect(explainStartFailure(new ConfigError('invalid', 'unknown htpsPort'))).toEqual({
    text: 'node configuration: unknown htpsPort',
    exitStatus: 2,
  })
  expect(explainStartFailure(new MalformedInputError('network_file', 'name'))?.exitStatus).toBe(2)
  for (const code of ['full', 'not_writable', 'damaged', 'schema', 'io'] as const) {
    const failure = explainStartFailure(new NodeStoreError(code))
    expect(failure?.exitStatus).toBe(1)
    // Not the code, but what to do.
    expect(failure?.text).not.toContain('node store')
  }
})

test('a port that is taken is told with what to do, and no text of the system', async () => {
  const [first, second] = [createServer(), createServer()]
  await new Promise<void>((resolve) => first.listen(0, '127.0.0.1', resolve))
  const error = await new Promise((resolve) => second.once('error', resolve).listen(first.address()!))
  await new Promise((resolve) => first.close(resolve))
  expect(explainStartFailure(error)).toEqual({ text: expect.stringContaining('starling node check'), exitStatus: 1 })
})

test('what nobody expected is left to a report', () => {
  expect(explainStartFailure(new TypeError('x is not a function'))).toBeUndefined()
})
