/** Which messages a member changed when a request named none: of one namespace, or of each. @see docs/protocol/storage-rpc.md §5 */
import { utf8 } from '../bytes/utf8.ts'
import type { Owner } from '../identity/account-id.ts'
import { requestFaults } from './answers.ts'
import { type Encoding, type FieldKind, hash, isFieldSource, refuse } from './fields.ts'
import type { MessageHash } from './message-hash.ts'
import { type Namespace, type NamespaceOrAll, parseNamespace } from './namespace.ts'

/** Each list is sorted. */
export type ChangedHashes =
  | { readonly kind: 'one'; readonly hashes: readonly MessageHash[] }
  | { readonly kind: 'all'; readonly byNamespace: ReadonlyMap<Namespace, readonly MessageHash[]> }

/** In the form in which the answer to a request for `namespace` has them. */
export function groupHashes(
  namespace: NamespaceOrAll,
  changed: readonly { readonly hash: MessageHash; readonly namespace: Namespace }[],
): ChangedHashes {
  const sorted = changed.toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
  if (namespace !== 'all') return { kind: 'one', hashes: sorted.map(({ hash }) => hash) }
  const byNamespace = new Map<Namespace, MessageHash[]>()
  for (const { hash, namespace } of sorted) {
    const known = byNamespace.get(namespace)
    if (known) known.push(hash)
    else byNamespace.set(namespace, [hash])
  }
  return { kind: 'all', byNamespace }
}

/** What a member signs: the owner, the time that the request names, and all hashes, sorted across namespaces. */
export function signedChange(owner: Owner, time: number, changed: ChangedHashes): Uint8Array {
  const hashes = changed.kind === 'one' ? changed.hashes : [...changed.byNamespace.values()].flat()
  return utf8(`${owner}${time}${hashes.toSorted().join('')}`)
}

/** A list, or an object with a list for each namespace. */
export const changedHashes: FieldKind<ChangedHashes> = {
  read(value, name, encoding) {
    if (Array.isArray(value)) return { kind: 'one', hashes: readHashes(value, name, encoding) }
    if (!isFieldSource(value)) return refuse(requestFaults.type(name, 'string array'))
    const entries = value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value)
    return {
      kind: 'all',
      byNamespace: new Map(entries.map(([key, list]) => [readKey(key, name), readHashes(list, name, encoding)])),
    }
  },
  write(value, encoding) {
    if (value.kind === 'one') return value.hashes
    const entries = [...value.byNamespace].map(([namespace, hashes]) => [String(namespace), hashes] as const)
    return encoding === 'bt' ? new Map(entries) : Object.fromEntries(entries)
  },
}

function readHashes(value: unknown, name: string, encoding: Encoding): readonly MessageHash[] {
  if (!Array.isArray(value)) return refuse(requestFaults.type(name, 'string array'))
  return value.map((item) => hash.read(item, name, encoding)!)
}

function readKey(key: string, name: string): Namespace {
  const number = /^-?\d{1,5}$/.test(key) ? Number(key) : Number.NaN
  if (!(number >= -32768 && number <= 32767)) return refuse(requestFaults.range(name))
  return parseNamespace(number)
}
