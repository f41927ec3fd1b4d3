/** The stacks under the node without the node, in a process of their own: what of a request's cost is not ours to save. */
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { decodeFrame, encodeFrame, encodeReply, FrameKind, FrameReader, unixMillis } from '@starling/protocol'
import { WebSocketServer } from 'ws'
import { createHttpsIdentity } from '../server/certificate.ts'

/** Answers as large as these are what a store has as its request. */
const ANSWER = Buffer.alloc(3000, 0x61)
const REPLY = encodeReply(200, ANSWER)

const identity = await createHttpsIdentity(unixMillis(Date.now()))
const ports: Record<string, number> = {}

ports['https'] = await listen(
  createHttpsServer(identity, (request, response) => {
    request.on('data', () => {})
    request.on('end', () => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': ANSWER.length })
      response.end(ANSWER)
    })
  }),
)

const webServer = createHttpsServer(identity)
new WebSocketServer({ server: webServer, perMessageDeflate: false }).on('connection', (socket) => {
  socket.on('message', (data: Buffer) => {
    socket.send(encodeFrame({ requestId: decodeFrame(data).requestId, kind: FrameKind.reply, payload: REPLY }))
  })
})
ports['link'] = await listen(webServer)

ports['tls'] = await listen(
  createTlsServer(identity, (socket) => {
    const reader = new FrameReader()
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      for (const { requestId } of reader.push(chunk))
        socket.write(encodeFrame({ requestId, kind: FrameKind.reply, payload: REPLY }))
    })
  }),
)

process.send!(ports)
process.on('disconnect', () => process.exit())

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
