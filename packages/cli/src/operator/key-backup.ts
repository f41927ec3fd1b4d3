/**
 * The keys of a node in one file, sealed with a passphrase: docs/operating.md has its form. The passphrase becomes a key by
 * Argon2id; all before the sealed part is authenticated with it, so that nobody weakens the costs of a file.
 */
import {
  blob,
  bytes,
  CodecError,
  type Crypto,
  constant,
  list,
  PASSPHRASE_COST,
  type PassphraseCost,
  type RandomBytes,
  struct,
  text,
  u8,
  u32be,
  utf8,
  wipe,
} from '@starling/protocol'
import { CliError } from '../cli-error.ts'

/** "STARLING NODE KEY", as a number that no other file begins with. */
const MAGIC = 0x53_4e_4b_31
const SALT_SIZE = 16
const NONCE_SIZE = 24
/** Of what a file may ask for when it is opened: 1 GiB, 32 times through. Argon2 itself wants 8 KiB and one pass. */
const MOST: PassphraseCost = { memoryKib: 1_048_576, passes: 32 }
const LEAST: PassphraseCost = { memoryKib: 8, passes: 1 }
const MAX_FILES = 8
const MAX_FILE_SIZE = 65_536
export const MAX_BACKUP_SIZE = MAX_FILES * (MAX_FILE_SIZE + 512)

const headerCodec = struct({
  magic: constant(u32be, MAGIC),
  version: constant(u8, 1),
  memoryKib: u32be,
  passes: u32be,
  salt: bytes(SALT_SIZE),
  nonce: bytes(NONCE_SIZE),
})
const HEADER_SIZE = 4 + 1 + 4 + 4 + SALT_SIZE + NONCE_SIZE

const filesCodec = list(u8, struct({ name: text(u8, { max: 64 }), content: blob(u32be, { max: MAX_FILE_SIZE }) }), {
  max: MAX_FILES,
})

export type KeyFile = { readonly name: string; readonly content: Uint8Array }

/** Draws its own salt and nonce. `passphrase` is not kept. */
export async function sealKeys(
  files: readonly KeyFile[],
  passphrase: string,
  { crypto, random, cost = PASSPHRASE_COST }: { crypto: Crypto; random: RandomBytes; cost?: PassphraseCost },
): Promise<Uint8Array> {
  const [salt, nonce] = [random(SALT_SIZE), random(NONCE_SIZE)]
  const header = headerCodec.encode({ magic: MAGIC, version: 1, ...cost, salt, nonce })
  const key = await crypto.argon2id(utf8(passphrase.normalize('NFC')), salt, cost)
  const plaintext = filesCodec.encode(files)
  try {
    const sealed = crypto.xchacha20Poly1305Seal(key, nonce, plaintext, header)
    return new Uint8Array([...header, ...sealed])
  } finally {
    wipe(key, plaintext)
  }
}

/** @throws {CliError} `key_backup`: it is none, or damaged, or the passphrase is another one. */
export async function openKeys(backup: Uint8Array, passphrase: string, crypto: Crypto): Promise<readonly KeyFile[]> {
  const header = readHeader(backup)
  if (header.memoryKib > MOST.memoryKib || header.passes > MOST.passes) throw noBackup()
  if (header.memoryKib < LEAST.memoryKib || header.passes < LEAST.passes) throw noBackup()
  const key = await crypto.argon2id(utf8(passphrase.normalize('NFC')), header.salt, header)
  const associated = backup.subarray(0, HEADER_SIZE)
  const plaintext = crypto.xchacha20Poly1305Open(key, header.nonce, backup.subarray(HEADER_SIZE), associated)
  wipe(key)
  if (plaintext === undefined) {
    throw new CliError('key_backup', 'The passphrase is wrong, or the file is damaged. Nothing was written.')
  }
  try {
    return filesCodec.decode(plaintext)
  } finally {
    wipe(plaintext)
  }
}

function readHeader(backup: Uint8Array): ReturnType<typeof headerCodec.decode> {
  if (backup.length > MAX_BACKUP_SIZE || backup.length <= HEADER_SIZE) throw noBackup()
  try {
    return headerCodec.decode(backup.subarray(0, HEADER_SIZE))
  } catch (error) {
    if (error instanceof CodecError) throw noBackup(error)
    throw error
  }
}

function noBackup(cause?: unknown): CliError {
  return new CliError('key_backup', 'This is no file of `starling node export`, or one of a newer version.', { cause })
}
