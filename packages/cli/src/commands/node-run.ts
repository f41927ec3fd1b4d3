/** `starling node run`: one node in the foreground. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import { nodeProgram } from '../local-network/node-process.ts'

const HANDED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The node's own exit status; 128 and the signal's number, as shells have it, if a signal ended it. */
export function nodeRun({ config }: { readonly config: string }): Promise<number> {
  const child = spawn(process.execPath, [nodeProgram(), '--config', resolve(config)], { stdio: 'inherit' })
  // Ctrl+C reaches the whole group: the node hears it by itself, and we wait for it.
  const handOn = (signal: NodeJS.Signals) => signal !== 'SIGINT' && child.kill(signal)
  for (const signal of HANDED_ON) process.on(signal, handOn)
  return new Promise<number>((done, fail) => {
    child.once('error', fail)
    child.once('exit', (status, signal) => done(status ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  }).finally(() => {
    for (const signal of HANDED_ON) process.off(signal, handOn)
  })
}
