/**
 * Inputs that are kept: a text file for each target, an input a line, in base64. `corpus/` holds what reaches most of the
 * code, `regressions/` what once broke a rule, with a comment line before it that says which.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromBase64, toBase64 } from '@starling/protocol'

export type Shelf = 'corpus' | 'regressions'

export function readInputs(shelf: Shelf, target: string): Uint8Array[] {
  const path = pathOf(shelf, target)
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => fromBase64(line === '-' ? '' : line))
}

/** In place of what was there. */
export function writeCorpus(target: string, inputs: readonly Uint8Array[]): void {
  const lines = inputs.map(lineOf).sort()
  write('corpus', target, lines.map((line) => `${line}\n`).join(''))
}

/** True if it is a new one. */
export function addRegression(target: string, input: Uint8Array, why: string): boolean {
  const path = pathOf('regressions', target)
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (before.split('\n').includes(lineOf(input))) return false
  write('regressions', target, `${before}# ${why.replaceAll('\n', ' ')}\n${lineOf(input)}\n`)
  return true
}

function write(shelf: Shelf, target: string, text: string): void {
  const path = pathOf(shelf, target)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** The empty input would be no line. */
function lineOf(input: Uint8Array): string {
  return input.length === 0 ? '-' : toBase64(input)
}

function pathOf(shelf: Shelf, target: string): string {
  return fileURLToPath(new URL(`${shelf}/${target}.txt`, import.meta.url))
}
