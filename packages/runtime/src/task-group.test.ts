import { test } from 'node:test'
import { millis } from '@starling/protocol'
import { expect } from 'expect'
import { TaskGroup } from './task-group.ts'
import { settle, VirtualClock } from './testing/virtual-clock.ts'

function recordingGroup(): { group: TaskGroup; failures: [string, unknown][] } {
  const failures: [string, unknown][] = []
  const group = new TaskGroup({ onFailure: (name, error) => failures.push([name, error]) })
  return { group, failures }
}

test('reports each failure once, by name, and lets the other tasks go on', async () => {
  const clock = new VirtualClock()
  const { group, failures } = recordingGroup()
  const broken = new Error('broken')
  let finished = false
  group.run('later', async (signal) => {
    await clock.sleep(millis(10), { signal })
    throw broken
  })
  group.run('at once', () => {
    throw broken
  })
  group.run('good', async (signal) => {
    await clock.sleep(millis(20), { signal })
    finished = true
  })
  expect(group.size).toBe(3)
  await clock.advance(millis(30))
  expect(failures).toEqual([
    ['at once', broken],
    ['later', broken],
  ])
  expect(finished).toBe(true)
  expect(group.size).toBe(0)
})

test('disposal aborts all tasks and waits for them; being aborted is no failure', async () => {
  const clock = new VirtualClock()
  const { group, failures } = recordingGroup()
  const cleanUp = Promise.withResolvers<void>()
  group.run('sleeper', (signal) => clock.sleep(millis(1000), { signal }))
  group.run('tidy', async (signal) => {
    await clock.sleep(millis(1000), { signal }).catch(() => cleanUp.promise)
  })
  group.run('wrapped', async (signal) => {
    await clock.sleep(millis(1000), { signal }).catch((cause) => {
      throw new DOMException(String(cause), 'AbortError')
    })
  })
  let disposed = false
  const disposal = group[Symbol.asyncDispose]().then(() => {
    disposed = true
  })
  await settle()
  expect([disposed, group.size, clock.pending]).toEqual([false, 1, 0])
  cleanUp.resolve()
  await disposal
  expect(failures).toEqual([])
})

test('reports what fails for another reason during disposal', async () => {
  const clock = new VirtualClock()
  const { group, failures } = recordingGroup()
  const broken = new Error('broken')
  group.run('untidy', async (signal) => {
    await clock.sleep(millis(1000), { signal }).catch(() => {
      throw broken
    })
  })
  await group[Symbol.asyncDispose]()
  expect(failures).toEqual([['untidy', broken]])
})

test('an abort that nobody asked for is a failure', async () => {
  const { group, failures } = recordingGroup()
  group.run('strange', () => Promise.reject(new DOMException('aborted', 'AbortError')))
  await settle()
  expect(failures.length).toBe(1)
})

test('runs nothing after disposal, and can be disposed twice', async () => {
  const { group } = recordingGroup()
  await group[Symbol.asyncDispose]()
  let ran = false
  group.run('late', async () => {
    ran = true
  })
  await group[Symbol.asyncDispose]()
  expect([ran, group.size]).toEqual([false, 0])
})
