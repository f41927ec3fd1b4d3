/**
 * Domain separation: what our own signatures, keys and hashes are for. Every label is versioned and unique, none is a
 * prefix of another, and none is ever used again for something else. Those of the compatible formats are constants there.
 */
export const labels = {
  /** Signature of a node under its descriptor. */
  descriptor: 'starling/descriptor/v1',
  /** Signature of a directory key under a directory document. */
  directoryDocument: 'starling/directory-document/v1',
} as const
