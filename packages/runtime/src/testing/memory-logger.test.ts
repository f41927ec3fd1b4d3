import { test } from 'node:test'
import { expect } from 'expect'
import { memoryLogger } from './memory-logger.ts'

test('remembers all lines in order, those of children with their names', () => {
  const log = memoryLogger()
  log.info('node.started', { port: 1 })
  const relay = log.child('relay')
  relay.warn('hop_failed')
  relay.child('link').debug('opened')
  log.error('bug')
  expect(log.lines).toEqual([
    { level: 'info', component: '', event: 'node.started', fields: { port: 1 } },
    { level: 'warn', component: 'relay', event: 'hop_failed', fields: {} },
    { level: 'debug', component: 'relay.link', event: 'opened', fields: {} },
    { level: 'error', component: '', event: 'bug', fields: {} },
  ])
  expect(log.text().split('\n').length).toBe(4)
  expect(log.text()).toContain('"port":1')
})
