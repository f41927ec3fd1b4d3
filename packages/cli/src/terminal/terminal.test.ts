import { test } from 'node:test'
import { seconds } from '@starling/protocol'
import { VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import { recordingOutput } from '../testing/fake-ports.ts'
import { Progress } from './progress.ts'
import { renderTable } from './table.ts'
import { jsonLine, visibleText } from './visible-text.ts'

test('text of others holds no control character but line feeds and tabs', () => {
  expect(visibleText('a\u001b[31mb\u009bc\rd\u202ee\n\tf 👩‍💻')).toBe('a\ufffd[31mb\ufffdc\ufffdd\ufffde\n\tf 👩‍💻')
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[^\P{Cc}\n\t]/u.test(visibleText(text))))
})

test('a line of JSON is one line without control characters and means the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const line = jsonLine({ text })
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u202a-\u202e]/u)
      expect(line.at(-1)).toBe('\n')
      expect(JSON.parse(line)).toEqual({ text })
    }),
  )
})

test('a table has columns as wide as their longest cell', () => {
  const table = renderTable(
    [{ title: 'NODE' }, { title: 'PID', align: 'right' }],
    [
      ['01', '12345'],
      ['twelve', '7'],
    ],
  )
  expect(table).toBe('NODE      PID\n01      12345\ntwelve      7\n')
})

test('progress is written over on a terminal', () => {
  const output = recordingOutput(true)
  const progress = new Progress(output, new VirtualClock())
  progress.update('1 of 2')
  progress.update('1 of 2')
  progress.update('2 of 2')
  progress.say('done')
  expect(output.text).toBe('\r\u001b[2K  1 of 2\r\u001b[2K  2 of 2\r\u001b[2Kdone\n')
})

test('progress in a log is a line every two seconds at most, without control characters', async () => {
  const output = recordingOutput()
  const clock = new VirtualClock()
  const progress = new Progress(output, clock)
  progress.update('1 of 3')
  progress.update('2 of 3')
  await clock.advance(seconds(2))
  progress.update('3 of 3')
  progress.say('done')
  expect(output.text).toBe('  1 of 3\n  3 of 3\ndone\n')
})
