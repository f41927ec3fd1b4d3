/**
 * The store key sealed with a passphrase: the passphrase becomes a key by Argon2id, and that seals the store key. Another
 * passphrase seals the same store key anew; no record is touched. Costs and salt are authenticated. How often a wrong
 * passphrase was given is not, nor need it be: it slows down a person at the device; whoever has the disk has Argon2id before
 * them.
 */
import {
  bytes,
  CodecError,
  type Crypto,
  constant,
  type Decoded,
  type PassphraseCost,
  type RandomBytes,
  safeU64,
  struct,
  type UnixMillis,
  u8,
  u32be,
  utf8,
  wipe,
} from '@starling/protocol'
import { parseStoreKey, type StoreKey } from './key-vault.ts'
import { PassphraseError } from './passphrase-error.ts'
import { StoreError } from './store-error.ts'

const SALT_SIZE = 16
const NONCE_SIZE = 24
const SEALED_SIZE = 32 + 16
/** UTF-16 units. */
const MAX_PASSPHRASE = 1024
/** Of what a damaged vault may make us do: 1 GiB, 32 times through. */
const MOST: PassphraseCost = { memoryKib: 1_048_576, passes: 32 }
const LEAST: PassphraseCost = { memoryKib: 8, passes: 1 }

const header = { version: constant(u8, 1), memoryKib: u32be, passes: u32be, salt: bytes(SALT_SIZE) }
const headerCodec = struct(header)
const sealedKeyCodec = struct({
  ...header,
  nonce: bytes(NONCE_SIZE),
  sealed: bytes(SEALED_SIZE),
  wrongAttempts: u32be,
  lastAttempt: safeU64<UnixMillis>(),
})

export type SealedKey = Decoded<typeof sealedKeyCodec>

type Ports = { readonly crypto: Crypto; readonly random: RandomBytes; readonly cost: PassphraseCost }

/** Draws its own salt and nonce. @throws {PassphraseError} `empty`, `too_long` */
export async function sealStoreKey(
  key: StoreKey,
  passphrase: string,
  { crypto, random, cost }: Ports,
): Promise<SealedKey> {
  const [salt, nonce] = [random(SALT_SIZE), random(NONCE_SIZE)]
  const fixed = { version: 1, ...cost, salt } as const
  const wrapping = await crypto.argon2id(passphraseBytes(passphrase), salt, cost)
  const sealed = crypto.xchacha20Poly1305Seal(wrapping, nonce, key, headerCodec.encode(fixed))
  wipe(wrapping)
  return { ...fixed, nonce, sealed, wrongAttempts: 0, lastAttempt: 0 as UnixMillis }
}

/** `undefined`: another passphrase. */
export async function openStoreKey(
  { version, memoryKib, passes, salt, nonce, sealed }: SealedKey,
  passphrase: string,
  crypto: Crypto,
): Promise<StoreKey | undefined> {
  const wrapping = await crypto.argon2id(passphraseBytes(passphrase), salt, { memoryKib, passes })
  const fixed = headerCodec.encode({ version, memoryKib, passes, salt })
  const key = crypto.xchacha20Poly1305Open(wrapping, nonce, sealed, fixed)
  wipe(wrapping)
  return key && parseStoreKey(key)
}

export function encodeSealedKey(key: SealedKey): Uint8Array {
  return sealedKeyCodec.encode(key)
}

/** @throws {StoreError} `unreadable`, `newer_version` */
export function decodeSealedKey(content: Uint8Array): SealedKey {
  if (content[0] !== undefined && content[0] > 1) throw new StoreError('newer_version')
  try {
    const key = sealedKeyCodec.decode(content)
    const isBounded = key.memoryKib <= MOST.memoryKib && key.passes <= MOST.passes
    if (!isBounded || key.memoryKib < LEAST.memoryKib || key.passes < LEAST.passes) throw new StoreError('unreadable')
    return key
  } catch (error) {
    if (error instanceof CodecError) throw new StoreError('unreadable', { cause: error })
    throw error
  }
}

/** @throws {PassphraseError} `empty`, `too_long` */
export function assertPassphrase(passphrase: string): void {
  if (passphrase === '') throw new PassphraseError('empty')
  if (passphrase.length > MAX_PASSPHRASE) throw new PassphraseError('too_long')
}

function passphraseBytes(passphrase: string): Uint8Array {
  assertPassphrase(passphrase)
  return utf8(passphrase.normalize('NFC'))
}
