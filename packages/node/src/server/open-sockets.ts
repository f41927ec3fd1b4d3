import type { Server, Socket } from 'node:net'

/**
 * Keeps account of all connections of a server, also of those that never finished a handshake or became a WebSocket: a
 * server is closed only when the last one is gone. Returns what ends them.
 */
export function trackSockets(server: Server): () => void {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  return () => {
    for (const socket of open) socket.destroy()
  }
}
