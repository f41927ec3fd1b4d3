import {
  type Descriptor,
  type Ed25519PublicKey,
  nodeIdOf,
  parseIpv4Address,
  unixMillis,
  type X25519PublicKey,
} from '@starling/protocol'

/** A descriptor of a node on loopback with what a transport looks at; the rest is made up. */
export function descriptorOf(known: Partial<Descriptor>): Descriptor {
  return {
    version: 1,
    nodeId: nodeIdOf(new Uint8Array(32).fill(1) as Ed25519PublicKey),
    encryptionKey: new Uint8Array(32).fill(2) as X25519PublicKey,
    address: parseIpv4Address('127.0.0.1'),
    httpsPort: 1,
    peerPort: 1,
    certificateHash: new Uint8Array(32),
    webUrl: '',
    operator: '',
    softwareVersion: '0.1.0',
    capabilities: 0,
    timestamp: unixMillis(1_800_000_000_000),
    ...known,
  }
}
