/** What a client costs that has nothing to do. */
import { test } from 'node:test'
import { expect } from 'expect'
import { measureIdleTraffic } from './bench/idle-traffic.ts'

test('an idle client sends and receives half a megabyte an hour: two held rounds of 3.4 kB in 55 s, and little else', async () => {
  const { sentBytes, receivedBytes } = await measureIdleTraffic()
  expect(sentBytes + receivedBytes).toBeLessThan(500_000)
})
