/** JSON in bytes, where what it holds is checked by whoever asked for it. */
import { fromUtf8 } from '../bytes/utf8.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** The value of a JSON text, `undefined` if it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // SyntaxError is the only error of JSON.parse without a reviver
  }
}

/** The object in UTF-8 JSON, `undefined` if it is something else or no JSON. */
export function parseJsonObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(fromUtf8(bytes))
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined // malformed UTF-8 or JSON: for the caller the same thing
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
