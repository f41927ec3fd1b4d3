/** From versions that devices wrote side by side to one that holds the changes of all. docs/protocol/config.md §3. */
import { toHex } from '../bytes/hex.ts'
import { type ConfigDict, copyDict, prunedDict } from './data.ts'
import { applyDiff } from './diff.ts'
import { type ConfigVersion, compareVersions, LAG, type LagRow, type VersionId } from './message.ts'

export type Merged =
  /** Nothing to combine: the input at `index`, as it is. */
  | { readonly kind: 'adopted'; readonly index: number }
  /** A new version, one above the highest; who opens it as a draft decides about its diff. */
  | { readonly kind: 'merged'; readonly seqno: number; readonly data: ConfigDict; readonly lag: readonly LagRow[] }

/**
 * Merges versions; the result does not depend on their order, but for which one of equal inputs is adopted: the first. For
 * each place the change of the highest version wins; changes in different places and elements of sets combine. What is
 * five or more behind the highest is lost, and so are unknown top-level entries where versions are combined.
 */
export function mergeVersions(inputs: readonly [ConfigVersion, ...ConfigVersion[]]): Merged {
  const remaining = remainingInputs(inputs)
  const [only] = remaining
  if (only !== undefined && remaining.length === 1) return { kind: 'adopted', index: inputs.indexOf(only) }
  const versions = remaining.sort((a, b) => compareVersions(b, a))
  const highest = versions[0]!
  const rows = replayRows(versions)
  const data = copyDict(highest.data)
  for (const { row, source } of rows) applyDiff(data, row.diff, source)
  return { kind: 'merged', seqno: highest.seqno + 1, data: prunedDict(data), lag: rows.map(({ row }) => row) }
}

/** Without duplicates, those that are ancestors of another, and those too far behind. Never empty. */
function remainingInputs(inputs: readonly ConfigVersion[]): ConfigVersion[] {
  const newest = Math.max(...inputs.map(({ seqno }) => seqno))
  const done = new Set(inputs.flatMap(({ lag }) => lag.map(idText)))
  return inputs.filter((version) => {
    const id = idText(version)
    if (done.has(id) || version.seqno + LAG <= newest) return false
    done.add(id)
    return true
  })
}

/** All known changes once, ascending, each with the data of the highest version that carries it. */
function replayRows(descending: readonly ConfigVersion[]): { row: LagRow; source: ConfigDict }[] {
  const table = new Map<string, { row: LagRow; source: ConfigDict }>()
  for (const { seqno, hash, diff, lag, data } of descending) {
    for (const row of [{ seqno, hash, diff }, ...lag]) {
      const id = idText(row)
      if (!table.has(id)) table.set(id, { row, source: data })
    }
  }
  return [...table.values()].sort((a, b) => compareVersions(a.row, b.row))
}

function idText({ seqno, hash }: VersionId): string {
  return `${seqno} ${toHex(hash)}`
}
