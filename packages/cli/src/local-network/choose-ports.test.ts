import { createServer } from 'node:net'
import { test } from 'node:test'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import { chooseBase, isPortFree, MAX_NODES, portsOf, takenPorts } from './choose-ports.ts'

const random = seededRandom(1)
const taken =
  (...ports: number[]) =>
  async (port: number) =>
    !ports.includes(port)

test('as many nodes as fit share no port', () => {
  const ports = Array.from({ length: MAX_NODES }, (_, index) => Object.values(portsOf(22_100, index))).flat()
  expect(new Set(ports).size).toBe(4 * MAX_NODES)
  expect([Math.min(...ports), portsOf(22_100, 0).httpsPort]).toEqual([22_101, 22_101])
})

test('takes the wanted base if all its ports are free, else the next in steps of 1000', async () => {
  expect(await chooseBase({ wanted: 22_100, nodes: 12, random, isFree: taken(22_113) })).toBe(22_100)
  expect(await chooseBase({ wanted: 22_100, nodes: 12, random, isFree: taken(22_112, 23_201) })).toBe(24_100)
})

test('any base lies below the ports of outgoing connections', async () => {
  for (let attempt = 0; attempt < 100; attempt++) {
    const base = await chooseBase({ wanted: 'any', nodes: MAX_NODES, random, isFree: taken() })
    expect(base).toBeGreaterThanOrEqual(10_000)
    expect(portsOf(base, MAX_NODES - 1).metricsPort).toBeLessThan(32_768)
  }
})

test('gives up where nothing is free, and above the last port', async () => {
  const isFree = async () => false
  await expect(chooseBase({ wanted: 22_100, nodes: 1, random, isFree })).rejects.toMatchObject({ code: 'port_taken' })
  await expect(chooseBase({ wanted: 65_400, nodes: 1, random, isFree: taken() })).rejects.toMatchObject({
    code: 'port_taken',
  })
})

test('a port on which somebody listens is taken', async () => {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  expect(await isPortFree(port)).toBe(false)
  const ports = { httpsPort: port, peerPort: port, webPort: port, metricsPort: port }
  expect(await takenPorts([ports], isPortFree)).toEqual([port, port, port, port])
  await new Promise((resolve) => server.close(resolve))
  expect(await isPortFree(port)).toBe(true)
})
