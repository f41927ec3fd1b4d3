/**
 * `run.json`: who runs the local network now. It is also the lock: whoever makes the file may start nodes. Left behind by
 * a program that was killed, it says which nodes are still there.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isJsonObject, type JsonObject, parseJson } from '@starling/protocol'
import { runPath } from './layout.ts'
import type { ProcessRecord } from './process-identity.ts'

export type NamedProcess = ProcessRecord & { readonly name: string }

export type RunFile = {
  /** The program that started the nodes and stops them. */
  readonly supervisor: ProcessRecord
  readonly nodes: readonly NamedProcess[]
  /** Where the app is served, once it is. */
  readonly appUrl?: string
}

/** Makes the file, whole or not at all; false if there is one already. */
export function claimRun(folder: string, run: RunFile): boolean {
  const draft = draftPath(folder)
  writeFileSync(draft, format(run), { mode: 0o600 })
  try {
    linkSync(draft, runPath(folder))
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Replaces the file, which the caller has made. */
export function updateRun(folder: string, run: RunFile): void {
  writeFileSync(draftPath(folder), format(run), { mode: 0o600 })
  renameSync(draftPath(folder), runPath(folder))
}

export function releaseRun(folder: string): void {
  rmSync(runPath(folder), { force: true })
}

/** `undefined`, if there is none, or it is none of ours. */
export function readRun(folder: string): RunFile | undefined {
  let text: string
  try {
    text = readFileSync(runPath(folder), 'utf8')
  } catch {
    return undefined // nothing runs, or nothing that we may see
  }
  return parseRun(parseJson(text))
}

function draftPath(folder: string): string {
  return `${runPath(folder)}.${process.pid}`
}

function format(run: RunFile): string {
  return `${JSON.stringify({ version: 1, ...run }, undefined, 2)}\n`
}

function parseRun(value: unknown): RunFile | undefined {
  if (!isJsonObject(value) || value['version'] !== 1 || !Array.isArray(value['nodes'])) return undefined
  const supervisor = parseRecord(value['supervisor'])
  const nodes = value['nodes'].flatMap((node: unknown) => {
    const record = parseRecord(node)
    const name = isJsonObject(node) ? node['name'] : undefined
    return record !== undefined && typeof name === 'string' ? [{ name, ...record }] : []
  })
  const appUrl = value['appUrl']
  return supervisor && { supervisor, nodes, ...(typeof appUrl === 'string' && { appUrl }) }
}

function parseRecord(value: unknown): ProcessRecord | undefined {
  if (!isJsonObject(value)) return undefined
  const { pid, identity }: JsonObject = value
  // Below 1 are groups of processes: never to be signalled.
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1 || typeof identity !== 'string') return undefined
  return { pid, identity }
}
