/** Primitives and durable puts on one core, in a process of their own, which prints one JSON line: µs of processor time each. */
import { createHash, createPrivateKey, createPublicKey, diffieHellman, randomBytes, sign, verify } from 'node:crypto'
import { join } from 'node:path'
import { millis } from '@starling/protocol'
import { silentLogger } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { openSqliteStore } from '../store-sqlite/sqlite-store.ts'
import { randomMessage } from './stored-messages.ts'

const [folder, countText] = process.argv.slice(2)
const count = Number(countText)
const crypto = createNativeCrypto()
const message = randomBytes(43)
const data = randomBytes(2048)
const keys = crypto.ed25519KeyPair(randomBytes(32))
const signature = crypto.ed25519Sign(keys.secretKey, message)
const agreement = crypto.x25519KeyPair(randomBytes(32) as never)
const other = crypto.x25519KeyPair(randomBytes(32) as never)
const key = randomBytes(32)
const nonce = randomBytes(24)
const sealed = crypto.xchacha20Poly1305Seal(key, nonce, data)

const nodeSigning = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), keys.secretKey.subarray(0, 32)]),
  format: 'der',
  type: 'pkcs8',
})
const nodeVerifying = createPublicKey(nodeSigning)
const nodeSecret = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), agreement.secretKey]),
  format: 'der',
  type: 'pkcs8',
})
const SPKI_X25519 = Buffer.from('302a300506032b656e032100', 'hex')
const spki = (publicKey: Uint8Array) =>
  createPublicKey({ key: Buffer.concat([SPKI_X25519, publicKey]), format: 'der', type: 'spki' })

const figures: Record<string, number> = {
  'X25519 (the node’s)': each(() => crypto.x25519(agreement.secretKey, other.publicKey)),
  'X25519 (node:crypto)': each(() => diffieHellman({ privateKey: nodeSecret, publicKey: spki(other.publicKey) })),
  'Ed25519 signature (the node’s)': each(() => crypto.ed25519Sign(keys.secretKey, message)),
  'Ed25519 signature (node:crypto)': each(() => sign(null, message, nodeSigning)),
  'Ed25519 verification (the node’s)': each(() => crypto.ed25519Verify(keys.publicKey, message, signature)),
  'Ed25519 verification (node:crypto)': each(() => verify(null, message, nodeVerifying, signature)),
  'BLAKE2b-256 of 2 kB': each(() => crypto.blake2b(32, data)),
  'SHA-256 of 2 kB': each(() => createHash('sha256').update(data).digest()),
  'XChaCha20-Poly1305, open 2 kB': each(() => crypto.xchacha20Poly1305Open(key, nonce, sealed)),
  'AES-256-GCM, seal 2 kB': each(() => crypto.aes256GcmSeal(key, nonce.subarray(0, 12), data)),
  'durable put, 16 in flight': await puts(16),
  'durable put, 64 in flight': await puts(64),
}
process.stdout.write(`${JSON.stringify(figures)}\n`)

function each(work: () => unknown): number {
  for (let i = 0; i < 200; i++) work()
  const before = process.cpuUsage()
  for (let i = 0; i < count; i++) work()
  return micros(before) / count
}

async function puts(inFlight: number): Promise<number> {
  const path = join(folder!, `${inFlight}`, 'node.sqlite')
  await using store = await openSqliteStore({
    path,
    logger: silentLogger,
    tuning: { maxBytes: 0, groupDelay: millis(2) },
  })
  let left = count
  const lane = async () => {
    while (left-- > 0) await store.put(randomMessage(left))
  }
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: inFlight }, lane))
  return micros(before) / count
}

function micros(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return user + system
}
