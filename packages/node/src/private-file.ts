import { closeSync, constants, openSync, writeFileSync } from 'node:fs'

const { O_WRONLY, O_CREAT, O_EXCL, O_TRUNC } = constants
// Not an fsync afterwards: Node.js's permission model, under which a node runs, has none.
const SYNCHRONOUS = constants.O_SYNC ?? 0

/** A file for its user alone, on the disk when this returns. Without `replace` one that is there makes it fail with `EEXIST`. */
export function writePrivateFile(
  path: string,
  content: string | Uint8Array,
  options: { readonly replace: boolean },
): void {
  const file = openSync(path, O_WRONLY | O_CREAT | SYNCHRONOUS | (options.replace ? O_TRUNC : O_EXCL), 0o600)
  try {
    writeFileSync(file, content)
  } finally {
    closeSync(file)
  }
}
