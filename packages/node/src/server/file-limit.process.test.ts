import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { expect } from 'expect'
import { openFileLimit } from './file-limit.ts'

test('the number of files is that of the process, also where it may read nothing', () => {
  expect(openFileLimit()).toBeGreaterThan(0)
  const program = `console.log((await import(${JSON.stringify(new URL('./file-limit.ts', import.meta.url))})).openFileLimit())`
  const flags = ['--permission', '--allow-fs-read=*', '--input-type=module', '-e']
  const node = [process.execPath, ...flags, program].map((part) => `'${part}'`).join(' ')
  expect(execFileSync('sh', ['-c', `ulimit -n 300 && ${node}`], { encoding: 'utf8' }).trim()).toBe('300')
})
