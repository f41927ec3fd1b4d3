/**
 * Domain separation: what our own signatures, keys and hashes are for. Every label is versioned and unique, none is a
 * prefix of another, and none is ever used again for something else. Those of the compatible formats are constants there.
 */
export const labels = {
  /** Signature of a release key under the manifest of a build of the app. */
  appBuild: 'starling/app-build/v1',
  /** Signature of a node under its descriptor. */
  descriptor: 'starling/descriptor/v1',
  /** Signature of a directory key under a directory document. */
  directoryDocument: 'starling/directory-document/v1',
  /** Key that blinds partitions of the local store. */
  storePartition: 'starling/store-partition/v1',
  /** Key that seals records of the local store. */
  storeRecord: 'starling/store-record/v1',
  /** Key of an archive. */
  archive: 'starling/archive/v1',
  /** Hash of two account IDs that people compare. */
  safetyNumber: 'starling/safety-number/v1',
} as const
