/** Stands where the internet would be: whatever a browser wants from another machine ends here, and is noted. */
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** Chromium's own errands, which no flag turns off altogether: updates, sign-in, components, autofill. */
const OF_THE_BROWSER = /(^|[/.])(google|googleapis|gstatic|gvt1)\.com([:/]|$)/

export class OutsideWorld implements AsyncDisposable {
  #asked: string[] = []
  readonly #server = createServer((request, response) => {
    this.#asked.push(request.url ?? '')
    response.writeHead(502).end()
  })

  static async open(): Promise<OutsideWorld> {
    const outside = new OutsideWorld()
    outside.#server.on('connect', (request, socket: Socket) => {
      outside.#asked.push(request.url ?? '')
      // Nobody else listens any more: a browser that ends in the middle would end this process.
      socket.on('error', () => socket.destroy())
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    })
    await new Promise<void>((resolve) => outside.#server.listen(0, '127.0.0.1', resolve))
    return outside
  }

  /** For Chromium, which asks its proxy for everything but loopback: not even a name is resolved. */
  get flags(): readonly string[] {
    return [`--proxy-server=http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`]
  }

  /** What pages asked for since the last time, as `example.org:443` or a URL. */
  takeAsked(): readonly string[] {
    const asked = this.#asked.filter((what) => !OF_THE_BROWSER.test(what))
    this.#asked = []
    return asked
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}
