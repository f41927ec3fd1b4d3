/**
 * Two certificates: one for peer links, whose key *is* the node's Ed25519 key, so that the handshake proves the node ID;
 * one for HTTPS (ECDSA P-256, which every client accepts), whose hash stands in the descriptor.
 */
import 'reflect-metadata'
import { createHash, createPrivateKey, createPublicKey, type KeyObject, webcrypto } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import * as x509 from '@peculiar/x509'
import {
  type Ed25519SecretKey,
  type NodeId,
  parseNodeId,
  type SecretKey,
  toHex,
  type UnixMillis,
} from '@starling/protocol'

export type TlsIdentity = { readonly key: string; readonly cert: string }

x509.cryptoProvider.set(webcrypto as never)

// DER of a PKCS#8 Ed25519 private key up to its 32 bytes. RFC 8410 §7.
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')
const VALIDITY_DAYS = 3650

export async function createPeerIdentity(
  secretKey: SecretKey<Ed25519SecretKey>,
  now: UnixMillis,
): Promise<TlsIdentity> {
  const privateKey = secretKey.use((bytes) =>
    createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, bytes.subarray(0, 32)]), format: 'der', type: 'pkcs8' }),
  )
  return selfSign(privateKey, { name: 'Ed25519' }, now)
}

export async function createHttpsIdentity(now: UnixMillis): Promise<TlsIdentity> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const pair = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', pair.privateKey))
  return selfSign(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), algorithm, now)
}

/** SHA-256 of the certificate's DER form: 32 bytes. */
export function certificateHash(identity: TlsIdentity): Uint8Array {
  const der = new x509.X509Certificate(identity.cert).rawData
  return new Uint8Array(createHash('sha256').update(Buffer.from(der)).digest())
}

/** The node ID that the other side of a finished handshake has proven; undefined if it has shown none. */
export function peerNodeId(socket: TLSSocket): NodeId | undefined {
  const key = socket.getPeerX509Certificate()?.publicKey
  if (key?.asymmetricKeyType !== 'ed25519') return undefined
  const der = key.export({ format: 'der', type: 'spki' })
  return parseNodeId(toHex(der.subarray(der.length - 32)))
}

async function selfSign(
  privateKey: KeyObject,
  algorithm: { name: string; namedCurve?: string; hash?: string },
  now: UnixMillis,
): Promise<TlsIdentity> {
  const usable = { ...algorithm, hash: algorithm.hash ?? 'SHA-512' }
  const { subtle } = webcrypto
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=localhost',
    notBefore: new Date(now - 86_400_000),
    notAfter: new Date(now + VALIDITY_DAYS * 86_400_000),
    signingAlgorithm: usable,
    keys: {
      privateKey: await subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign']),
      publicKey: await subtle.importKey('spki', spki, algorithm, true, ['verify']),
    } as never,
  })
  return { key: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, cert: certificate.toString('pem') }
}
