/** A server as small as a node can be: a directory document, and links that are answered by `handler`. */
import 'reflect-metadata' // what @peculiar/x509 needs, and does not import
import { createHash } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { PemConverter, X509CertificateGenerator } from '@peculiar/x509'
import { type LinkHandler, LinkSession, systemClock } from '@starling/runtime'
import { WebSocketServer } from 'ws'

export type LinkServerOptions = {
  readonly handler: LinkHandler
  /** What `GET /directory/latest` gives; 404 without it. */
  readonly directory?: () => Uint8Array
  /** Makes the server speak TLS. */
  readonly certificate?: SelfSignedCertificate
}

export type SelfSignedCertificate = { readonly key: string; readonly cert: string; readonly hash: Uint8Array }

export interface LinkServer extends AsyncDisposable {
  readonly port: number
  /** Requests for `/link` so far: bytes that a client has sent. */
  readonly upgrades: number
  /** Links that are open. */
  readonly links: ReadonlySet<LinkSession>
  /** Sends text, which is no frame, on every link. */
  sendText(): void
}

/** Listens on a free port of 127.0.0.1. */
export async function startLinkServer(options: LinkServerOptions): Promise<LinkServer> {
  const { handler, directory, certificate } = options
  const answer: RequestListener = (request, response) => {
    response.setHeader('access-control-allow-origin', '*')
    const found = request.url === '/directory/latest' && directory !== undefined
    response.statusCode = found ? 200 : 404
    response.end(found ? directory() : 'nothing')
  }
  const server = certificate === undefined ? createServer(answer) : createTlsServer(certificate, answer)
  const links = new Set<LinkSession>()
  const sockets = new WebSocketServer({ server, path: '/link', perMessageDeflate: false })
  let upgrades = 0
  server.on('upgrade', () => upgrades++)
  sockets.on('connection', (socket) => {
    const carrier = {
      send: (frame: Uint8Array) => socket.send(frame),
      get bufferedBytes() {
        return socket.bufferedAmount
      },
      close: () => socket.close(),
    }
    const link = new LinkSession({ carrier, clock: systemClock(), handler })
    links.add(link)
    socket.on('message', (data) => link.receive(new Uint8Array(data as Buffer)))
    socket.on('close', () => {
      links.delete(link)
      link.closedByCarrier()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    get upgrades() {
      return upgrades
    },
    links,
    sendText: () => {
      for (const socket of sockets.clients) socket.send('text')
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export async function createSelfSignedCertificate(): Promise<SelfSignedCertificate> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=node',
    keys,
    signingAlgorithm: algorithm,
  })
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey)
  const hash = createHash('sha256').update(new Uint8Array(certificate.rawData)).digest()
  return { key: PemConverter.encode(key, 'PRIVATE KEY'), cert: certificate.toString('pem'), hash: new Uint8Array(hash) }
}
