import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { expect } from 'expect'

test('only fields of the allow-list reach a log line', () => {
  const script = `
    import { createLogger } from ${JSON.stringify(new URL('./logging.ts', import.meta.url).href)}
    const log = createLogger('info').child('part')
    log.info('event.name', { code: 'full', count: 3, owner: '05abc', address: '192.0.2.1', hash: 'x', message: 'hi' })
    log.debug('event.hidden', { code: 'x' })
  `
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  const lines = stdout.trim().split('\n')
  expect(lines).toHaveLength(1)
  const { time, ...line } = JSON.parse(lines[0]!)
  expect(Date.parse(time)).not.toBeNaN()
  expect(line).toEqual({ level: 30, component: 'part', code: 'full', count: 3, msg: 'event.name' })
})
