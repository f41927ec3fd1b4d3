import type { Server, Socket } from 'node:net'

/**
 * Keeps account of all connections of a server, also of those that never finished a handshake or became a WebSocket: a
 * server is closed only when the last one is gone. Returns what ends them.
 *
 * @param admit is asked for each: it returns what gives the connection's place back, or nothing to refuse it.
 */
export function trackSockets(server: Server, admit: (socket: Socket) => (() => void) | undefined): () => void {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    const leave = admit(socket)
    if (!leave) {
      socket.destroy()
      return
    }
    open.add(socket)
    socket.on('close', () => {
      open.delete(socket)
      leave()
    })
  })
  return () => {
    for (const socket of open) socket.destroy()
  }
}
