/** The directory document: all nodes of an epoch and their swarms, signed. @see docs/protocol/directory.md §3 */
import type { Brand, UnixMillis } from '../brand.ts'
import { concatBytes } from '../bytes/bytes.ts'
import { utf8 } from '../bytes/utf8.ts'
import {
  bytes,
  type Codec,
  CodecError,
  codec,
  constant,
  type Decoded,
  list,
  Reader,
  safeU64,
  struct,
  u8,
  u16be,
  u64be,
} from '../codec/codec.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Ed25519SecretKey, Signature } from '../crypto/keys.ts'
import { labels } from '../crypto/labels.ts'
import { compareNodeIds } from '../swarm/node-id.ts'
import { MAX_SWARM_ID, type SwarmId } from '../swarm/swarm-id.ts'
import { descriptorCodec } from './descriptor.ts'
import type { NetworkId } from './network-file.ts'

export const MAX_DOCUMENT_ENTRIES = 10_000
/** More than there can be keys: who forwards a document may hold several signatures of one. */
export const MAX_DOCUMENT_SIGNATURES = 64

/** 32 bytes: BLAKE2b-256 of a document without its signatures. */
export type DocumentHash = Brand<Uint8Array, 'DocumentHash'>
/** 1 for the first document of a network, then one more each time. */
export type Epoch = Brand<number, 'Epoch'>

const swarmIdCodec: Codec<SwarmId> = codec(
  (value, out) => u64be.write(value, out),
  (reader) => {
    const value = u64be.read(reader)
    if (value > MAX_SWARM_ID) throw new CodecError('out_of_bounds', 'swarm ID')
    return value as SwarmId
  },
)

export const nodeEntry = struct({ descriptor: descriptorCodec, swarmId: swarmIdCodec })
/** A node of the directory and its swarm. */
export type NodeEntry = Decoded<typeof nodeEntry>

/** All that is signed: 91 bytes and the entries. */
const unsignedDocument = struct({
  version: constant(u8, 1),
  networkId: bytes<NetworkId>(32),
  epoch: safeU64<Epoch>(),
  /** Hash of the document of the epoch before; the network ID in the first one. */
  previousHash: bytes<DocumentHash>(32),
  validAfter: safeU64<UnixMillis>(),
  /** The first moment at which it is stale. */
  validUntil: safeU64<UnixMillis>(),
  /** Ascending by node ID, each once. */
  entries: ascending(list(u16be, nodeEntry, { max: MAX_DOCUMENT_ENTRIES })),
})
export type UnsignedDocument = Decoded<typeof unsignedDocument>

const documentSignature = struct({ keyIndex: u8, signature: bytes<Signature>(64) })
/** A directory key's signature; the key is named by its index in the network file. */
export type DocumentSignature = Decoded<typeof documentSignature>
export const signatureList = list(u8, documentSignature, { max: MAX_DOCUMENT_SIGNATURES })

export type DirectoryDocument = UnsignedDocument & { readonly signatures: readonly DocumentSignature[] }

/** A document without signatures, its entries put in order. */
export function buildDocument(fields: Omit<UnsignedDocument, 'version'>): DirectoryDocument {
  const entries = [...fields.entries].sort((a, b) => compareNodeIds(a.descriptor.nodeId, b.descriptor.nodeId))
  return { version: 1, ...fields, entries, signatures: [] }
}

/** @throws {CodecError} `out_of_bounds` or `not_canonical`, if the document has no encoding. */
export function encodeDocument(document: DirectoryDocument): Uint8Array {
  return concatBytes(encodeUnsigned(document), signatureList.encode(document.signatures))
}

/**
 * Decodes without verifying anything: for documents of the own disk. What others deliver goes through `verifyDocument`.
 *
 * @throws {CodecError}
 */
export function decodeDocument(encoded: Uint8Array): DirectoryDocument {
  const reader = new Reader(encoded)
  const document = unsignedDocument.read(reader)
  const signatures = signatureList.read(reader)
  if (reader.left > 0) throw new CodecError('trailing_bytes', `${reader.left} bytes`)
  return { ...document, signatures }
}

/** The part of a document that is hashed and signed. */
export function encodeUnsigned(document: UnsignedDocument): Uint8Array {
  return unsignedDocument.encode(document)
}

export function documentHash(crypto: Crypto, document: UnsignedDocument): DocumentHash {
  return crypto.blake2b(32, encodeUnsigned(document)) as DocumentHash
}

/** The document with one more signature, in place of an older one of the same key. */
export function signDocument(
  crypto: Crypto,
  document: DirectoryDocument,
  key: { readonly keyIndex: number; readonly secretKey: Ed25519SecretKey },
): DirectoryDocument {
  const signature = crypto.ed25519Sign(key.secretKey, documentSignedBytes(document))
  const others = document.signatures.filter((other) => other.keyIndex !== key.keyIndex)
  const signatures = [...others, { keyIndex: key.keyIndex, signature }]
  return { ...document, signatures: signatures.sort((a, b) => a.keyIndex - b.keyIndex) }
}

/** What a directory key signs: the label, then the document without signatures. */
export function documentSignedBytes(document: UnsignedDocument): Uint8Array {
  return concatBytes(utf8(labels.directoryDocument), encodeUnsigned(document))
}

function ascending(inner: Codec<readonly NodeEntry[]>): Codec<readonly NodeEntry[]> {
  const check = (entries: readonly NodeEntry[]) => {
    for (let i = 1; i < entries.length; i++) {
      const order = compareNodeIds(entries[i - 1]!.descriptor.nodeId, entries[i]!.descriptor.nodeId)
      if (order >= 0) throw new CodecError('not_canonical', 'order of entries')
    }
    return entries
  }
  return codec(
    (value, out) => inner.write(check(value), out),
    (reader) => check(inner.read(reader)),
  )
}
