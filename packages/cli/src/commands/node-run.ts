/** `starling node run`: one node in the foreground. */
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, resolve } from 'node:path'
import { ConfigError, type NodeConfig, readConfig } from '@starling/node/operator'
import { nodeProgram } from '../local-network/node-process.ts'
import { repositoryFolder } from '../paths.ts'

const HANDED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** From here on the permission model knows the network. */
const LEAST_SANDBOX = 25

export type NodeRunOptions = { readonly config: string; readonly sandbox: boolean }

/** The node's own exit status; 128 and the signal's number, as shells have it, if a signal ended it. */
export function nodeRun(options: NodeRunOptions): Promise<number> {
  const config = resolve(options.config)
  const flags = options.sandbox ? sandboxOf(config) : []
  const child = spawn(process.execPath, [...flags, nodeProgram(), '--config', config], { stdio: 'inherit' })
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

/**
 * What the node's process may do: read the program and what the configuration names, write to its data folder, use the
 * network, load the native cryptography; start no other program.
 */
function sandboxOf(path: string): readonly string[] {
  const config = readable(path)
  if (!config || Number(process.versions.node.split('.')[0]) < LEAST_SANDBOX) return []
  const own = [config.dataFolder, ...(config.directory ? [dirname(config.directory.keyFile)] : [])]
  // A folder must be there before its content can be allowed.
  for (const folder of own) mkdirSync(folder, { recursive: true, mode: 0o700 })
  // The loader of native code looks which C library there is.
  const app = config.app ? [config.app.folder] : []
  const read = [repositoryFolder(), dirname(nodeProgram()), path, config.network, '/etc/alpine-release', ...app, ...own]
  return [
    '--permission',
    '--allow-net',
    '--allow-worker',
    '--allow-addons',
    ...read.map((place) => `--allow-fs-read=${place}`),
    ...own.map((folder) => `--allow-fs-write=${folder}`),
    '--disable-warning=SecurityWarning',
    '--disable-warning=ExperimentalWarning',
  ]
}

/** `undefined`, if the node itself is going to say what is wrong. */
function readable(path: string): NodeConfig | undefined {
  try {
    return readConfig(path, process.env)
  } catch (error) {
    if (error instanceof ConfigError) return undefined
    throw error
  }
}
