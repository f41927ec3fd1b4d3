/** Directory documents, descriptors and network files. */
import {
  acceptDocument,
  applyDocumentChanges,
  buildDocument,
  type Descriptor,
  DirectoryView,
  days,
  decodeDocument,
  decodeNetworkFile,
  descriptorCodec,
  encodeDocument,
  encodeDocumentChanges,
  encodeNetworkFile,
  formatNetworkFile,
  formatNetworkLink,
  fromUtf8,
  type NetworkFile,
  networkId,
  nodeIdBytes,
  nodeIdOf,
  openDescriptor,
  parseIpv4Address,
  parseNetworkFile,
  parseNetworkLink,
  parseSwarmId,
  seconds,
  signDescriptor,
  signDocument,
  unixMillis,
  utf8,
  verifyDocument,
} from '@starling/protocol'
import { mustEqual, mustEqualBytes } from '../equal.ts'
import { mutateBytes } from '../mutate-bytes.ts'
import { mutateJson } from '../mutate-json.ts'
import { crypto, directoryKeys, NOW, nodeKeys } from '../people.ts'
import { type FuzzTarget, must } from '../target.ts'

export const networkFile: NetworkFile = {
  version: 1,
  name: 'Fuzz',
  directoryKeys: [directoryKeys.publicKey],
  threshold: 1,
  bootstrap: ['http://192.0.2.1:80/x', 'https://[::1]'],
  parameters: {
    swarmSize: 3,
    hops: 3,
    epochLength: seconds(20),
    documentLifetime: days(1),
    dropAfter: seconds(60),
    publicTtlLimit: days(14),
    privateTtlLimit: days(30),
  },
}

export function descriptorOf(index: number): Descriptor {
  const { publicKey } = nodeKeys[index]!
  return {
    version: 1,
    nodeId: nodeIdOf(publicKey),
    encryptionKey: crypto.ed25519ToX25519(publicKey),
    address: parseIpv4Address(`192.0.2.${index + 1}`),
    httpsPort: 22_021,
    peerPort: 22_020,
    certificateHash: new Uint8Array(32),
    webUrl: index === 0 ? '' : 'http://127.0.0.1:80',
    operator: index === 0 ? '' : 'somebody',
    softwareVersion: '0.1.0',
    capabilities: 0,
    timestamp: unixMillis(NOW),
  }
}

/** The nodes in swarms of the same number, the first two in one. */
export function documentOf(nodes: number): Uint8Array {
  const document = buildDocument({
    networkId: networkId(crypto, networkFile),
    epoch: 1 as never,
    previousHash: new Uint8Array(32) as never,
    validAfter: unixMillis(NOW),
    validUntil: unixMillis(NOW + days(1)),
    entries: Array.from({ length: nodes }, (_, index) => ({
      descriptor: descriptorOf(index),
      swarmId: parseSwarmId(index < 2 ? '0' : 'ff'),
    })),
  })
  return encodeDocument(signDocument(crypto, document, { keyIndex: 0, secretKey: directoryKeys.secretKey }))
}

/** As it comes; and with the signature that a directory member would have put under it, so that it is taken. */
const documents: FuzzTarget = {
  name: 'directory-document',
  sources: ['document', 'verify-document', 'descriptor', 'directory-view'].map(
    (file) => `protocol/src/directory/${file}.ts`,
  ),
  mutate: mutateBytes,
  words: ['http://a.b', '\0\x01', '\0\0'],
  *seeds() {
    for (const nodes of [0, 1, 2, 3]) yield documentOf(nodes)
  },
  run(input) {
    const decoded = decodeDocument(input)
    mustEqualBytes(encodeDocument(decoded), input, 'a document has one form')
    const ours = { ...decoded, networkId: networkId(crypto, networkFile), signatures: [] }
    const again = encodeDocument(signDocument(crypto, ours, { keyIndex: 0, secretKey: directoryKeys.secretKey }))
    const verified = verifyDocument(crypto, networkFile, again)
    mustEqualBytes(encodeDocument(verified), again, 'what was signed is what is taken')
    const view = new DirectoryView(verified)
    const swarm = view.swarmOf(new Uint8Array(32).fill(7))
    must((swarm === undefined) === (verified.entries.length === 0), 'somebody is in charge, if there is anybody')
    acceptDocument(undefined, verified, unixMillis(NOW))
    verifyDocument(crypto, networkFile, input)
    return [verified, view.swarmIds]
  },
}

/** Of the document of three nodes. */
const changes: FuzzTarget = {
  name: 'directory-changes',
  sources: ['protocol/src/directory/document-changes.ts'],
  mutate: mutateBytes,
  words: ['\0\x01', '\0\0', 'http://a.b'],
  *seeds() {
    for (const nodes of [0, 1, 2, 3]) {
      yield encodeDocumentChanges(decodeDocument(documentOf(3)), decodeDocument(documentOf(nodes)))
    }
  },
  run(input) {
    const made = applyDocumentChanges(decodeDocument(documentOf(3)), input)
    mustEqualBytes(encodeDocument(decodeDocument(made)), made, 'what is made has the one form of a document')
    return made
  },
}

const descriptors: FuzzTarget = {
  name: 'descriptor',
  sources: ['protocol/src/directory/descriptor.ts', 'protocol/src/directory/web-url.ts'],
  mutate: mutateBytes,
  words: ['http://127.0.0.1:80', 'https://[::1]/a', '\x14http://a', ' '],
  *seeds() {
    for (const index of [0, 1]) yield descriptorCodec.encode(descriptorOf(index))
  },
  run(input) {
    const decoded = descriptorCodec.decode(input)
    mustEqualBytes(descriptorCodec.encode(decoded), input, 'a descriptor has one form')
    const { publicKey, secretKey } = nodeKeys[0]!
    const descriptor = { ...decoded, nodeId: nodeIdOf(publicKey) }
    const signed = signDescriptor(crypto, { descriptor, secretKey })
    mustEqual(openDescriptor(crypto, signed), descriptor, 'a descriptor that is signed is opened')
    must(nodeIdBytes(decoded.nodeId).length === 32, 'a node ID has 32 bytes')
    openDescriptor(crypto, input)
    return decoded
  },
}

const networkJson: FuzzTarget = {
  name: 'network-file-json',
  sources: ['protocol/src/directory/network-file.ts'],
  mutate: mutateJson,
  words: [
    'version',
    'name',
    'directoryKeys',
    'threshold',
    'bootstrap',
    'parameters',
    ...Object.keys(networkFile.parameters),
    'http://a',
  ],
  *seeds() {
    yield utf8(formatNetworkFile(networkFile))
    yield utf8(formatNetworkFile({ ...networkFile, name: 'Äußeres Netz-1.0', bootstrap: ['http://a'] }))
  },
  run(input) {
    const file = parseNetworkFile(fromUtf8(input))
    mustComeBack(file)
    return file
  },
}

/** The binary form; behind a colon, the text of a link. */
const networkBinary: FuzzTarget = {
  name: 'network-file-binary',
  sources: ['protocol/src/directory/network-file.ts'],
  mutate: mutateBytes,
  words: ['starling-network:', 'http://a', ':'],
  *seeds() {
    yield encodeNetworkFile(networkFile)
    yield utf8(`:${formatNetworkLink(networkFile)}`)
  },
  run(input) {
    if (input[0] === 0x3a) {
      const link = fromUtf8(input.subarray(1))
      const file = parseNetworkLink(link)
      must(formatNetworkLink(file) === link, 'a link has one form')
      return file
    }
    const file = decodeNetworkFile(input)
    mustEqualBytes(encodeNetworkFile(file), input, 'a network file has one form')
    mustComeBack(file)
    return file
  },
}

function mustComeBack(file: NetworkFile): void {
  mustEqual(parseNetworkFile(formatNetworkFile(file)), file, 'a network file is written and read as text')
  mustEqual(decodeNetworkFile(encodeNetworkFile(file)), file, 'a network file is written and read as bytes')
  mustEqual(parseNetworkLink(formatNetworkLink(file)), file, 'a network file is written and read as a link')
}

export const directoryTargets: readonly FuzzTarget[] = [documents, changes, descriptors, networkJson, networkBinary]
