/** Where an operator's secrets are: a file with 64 hex digits, readable by its owner alone. */
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Crypto, type Ed25519KeyPair, type RandomBytes, toHex, wipe, type X25519KeyPair } from '@starling/protocol'
import { ConfigError } from './config.ts'
import { writePrivateFile } from './private-file.ts'

/** Hex digits and line feeds: what is longer is no key file. */
const MAX_FILE_SIZE = 128

/**
 * The key pair of the file's seed; a missing file is created.
 *
 * @throws {ConfigError} `unreadable`, also if others than the owner may read it.
 */
export function readOrCreateKey(path: string, ports: { crypto: Crypto; random: RandomBytes }): Ed25519KeyPair {
  if (!existsSync(path)) createKey(path, ports.random)
  return readKey(path, ports.crypto)
}

/**
 * As `readOrCreateKey`, for a key that opens onion layers and signs nothing.
 *
 * @throws {ConfigError} `unreadable`, also if others than the owner may read it.
 */
export function readOrCreateEncryptionKey(
  path: string,
  { crypto, random }: { crypto: Crypto; random: RandomBytes },
): X25519KeyPair {
  if (!existsSync(path)) createKey(path, random)
  const seed = readSeed(path)
  try {
    return crypto.x25519KeyPair(seed)
  } finally {
    wipe(seed)
  }
}

/**
 * The key pair of the file's seed.
 *
 * @throws {ConfigError} `unreadable`, also if it is missing, or if others than the owner may read it.
 */
export function readKey(path: string, crypto: Crypto): Ed25519KeyPair {
  const seed = readSeed(path)
  try {
    return crypto.ed25519KeyPair(seed)
  } finally {
    wipe(seed)
  }
}

function createKey(path: string, random: RandomBytes): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const seed = random(32)
  writePrivateFile(path, `${toHex(seed)}\n`, { replace: false })
  wipe(seed)
  chmodSync(path, 0o600)
}

/** Read as bytes, which can be overwritten, and not as a string, which cannot. */
function readSeed(path: string): Uint8Array {
  const bytes = readPrivate(path)
  try {
    let end = bytes.length
    while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d || bytes[end - 1] === 0x20)) end--
    const seed = end === 64 ? decodeHex(bytes.subarray(0, end)) : undefined
    if (!seed) throw new ConfigError('unreadable', 'a key file must hold 64 hex digits')
    return seed
  } finally {
    wipe(bytes)
  }
}

function readPrivate(path: string): Uint8Array {
  try {
    const { mode, size } = statSync(path)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new ConfigError('unreadable', 'a key file can be read by others: chmod 600 it')
    }
    if (size <= MAX_FILE_SIZE) return new Uint8Array(readFileSync(path))
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError('unreadable', 'a key file cannot be read: it must belong to the user that runs the node', {
      cause: error,
    })
  }
  throw new ConfigError('unreadable', 'a key file must hold 64 hex digits')
}

function decodeHex(digits: Uint8Array): Uint8Array | undefined {
  const seed = new Uint8Array(digits.length / 2)
  for (const [at, digit] of digits.entries()) {
    const value = hexValue(digit)
    if (value === undefined) return undefined
    seed[at >> 1]! |= at % 2 === 0 ? value << 4 : value
  }
  return seed
}

function hexValue(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : undefined
}
