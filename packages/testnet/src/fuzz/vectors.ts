/** The protocol's vectors as inputs: whatever stands under a name, wherever in the file it is. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fromHex, utf8 } from '@starling/protocol'

export type VectorFile = 'config' | 'messages' | 'network-onion' | 'network-rpc' | 'network-signatures'

/** All values under `key`, in the order of the file. */
export function vectorValues(file: VectorFile, key: string): unknown[] {
  const path = fileURLToPath(import.meta.resolve(`@starling/protocol/vectors/${file}.json`))
  const found: unknown[] = []
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, inner] of Object.entries(value)) {
      if (name === key) found.push(inner)
      visit(inner)
    }
  }
  visit(JSON.parse(readFileSync(path, 'utf8')))
  return found
}

export function vectorTexts(file: VectorFile, key: string): string[] {
  return vectorValues(file, key).filter((value) => typeof value === 'string')
}

export function vectorBytes(file: VectorFile, key: string): Uint8Array[] {
  return vectorTexts(file, key).map(fromHex)
}

export function vectorJson(file: VectorFile, key: string): Uint8Array[] {
  return vectorValues(file, key).map((value) => utf8(JSON.stringify(value)))
}
