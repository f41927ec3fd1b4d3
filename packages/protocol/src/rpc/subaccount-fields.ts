/** Fields of requests that hold subaccount tokens: raw in bt-encoding, base64 or hex in JSON. */
import { fromBase64 } from '../bytes/base64.ts'
import { fromHex } from '../bytes/hex.ts'
import { requestFaults } from './answers.ts'
import { bytesOrBase64, type FieldKind, refuse, string } from './fields.ts'
import { parseSubaccountToken, type SubaccountToken } from './subaccount.ts'

/** An empty one counts as absent. */
export const subaccountToken: FieldKind<SubaccountToken> = {
  read(value, name, encoding) {
    if (encoding === 'bt' && value instanceof Uint8Array) {
      if (value.length === 0) return undefined
      return value.length === 36 ? parseSubaccountToken(value) : refuse(requestFaults.subaccount())
    }
    const text = string.read(value, name, encoding)!
    return text === '' ? undefined : (tokenOf(text) ?? refuse(requestFaults.subaccount()))
  },
  write: bytesOrBase64,
}

/** A list, or a single one without a list around it. */
export function subaccountTokens(faults: {
  readonly max: number
  readonly tooMany: () => string
  readonly malformed: () => string
}): FieldKind<readonly SubaccountToken[]> {
  return {
    read(value, name, encoding) {
      const list = Array.isArray(value) ? (value as readonly unknown[]) : [value]
      const isItem = (item: unknown) => typeof item === 'string' || (encoding === 'bt' && item instanceof Uint8Array)
      if (!list.every(isItem)) return refuse(requestFaults.type(name, 'string array'))
      if (list.length > faults.max) return refuse(faults.tooMany())
      return list.map((item) => tokenOf(item as string | Uint8Array) ?? refuse(faults.malformed()))
    },
    write: (value, encoding) => value.map((token) => bytesOrBase64(token, encoding)),
  }
}

function tokenOf(value: string | Uint8Array): SubaccountToken | undefined {
  if (value instanceof Uint8Array) return value.length === 36 ? parseSubaccountToken(value) : undefined
  if (/^[A-Za-z0-9+/]{48}$/.test(value)) return parseSubaccountToken(fromBase64(value))
  return /^[0-9a-fA-F]{72}$/.test(value) ? parseSubaccountToken(fromHex(value)) : undefined
}
