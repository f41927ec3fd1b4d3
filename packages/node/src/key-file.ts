/** Where an operator's secrets are: a file with 64 hex digits, readable by its owner alone. */
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Crypto, type Ed25519KeyPair, fromHex, type RandomBytes, toHex } from '@starling/protocol'
import { ConfigError } from './config.ts'

/**
 * The key pair of the file's seed; a missing file is created.
 *
 * @throws {ConfigError} `unreadable`, also if others than the owner may read it.
 */
export function readOrCreateKey(path: string, ports: { crypto: Crypto; random: RandomBytes }): Ed25519KeyPair {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, `${toHex(ports.random(32))}\n`, { mode: 0o600, flag: 'wx', flush: true })
    chmodSync(path, 0o600)
  }
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new ConfigError('unreadable', 'a key file can be read by others: chmod 600 it')
  }
  const text = readFileSync(path, 'utf8').trim()
  if (!/^[0-9a-f]{64}$/.test(text)) throw new ConfigError('unreadable', 'a key file must hold 64 hex digits')
  return ports.crypto.ed25519KeyPair(fromHex(text))
}
