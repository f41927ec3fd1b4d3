import { type AddressInfo, createServer } from 'node:net'
import { testInChromium } from '../testing/in-chromium.ts'
import { startLinkServer } from '../testing/link-server.ts'

testInChromium('the web transport in Chromium', {
  entry: new URL('web-transport.suite.ts', import.meta.url),
  setUp: async () => {
    const stack = new AsyncDisposableStack()
    const handler = async (_kind: number, payload: Uint8Array) => ({ status: 200, body: payload })
    const server = stack.use(await startLinkServer({ handler, directory: () => new Uint8Array(200_000).fill(9) }))
    const empty = stack.use(await startLinkServer({ handler }))
    const mute = createServer((socket) => stack.defer(() => void socket.destroy()))
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    stack.defer(() => void mute.close())
    const mutePort = (mute.address() as AddressInfo).port
    return {
      parameters: { port: server.port, emptyPort: empty.port, mutePort },
      tearDown: () => stack.disposeAsync(),
    }
  },
})
