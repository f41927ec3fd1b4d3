/**
 * A guard of a compatible network as a link: every onion request is a POST of its own. The link ends when the guard cannot
 * be reached any more, so that the keeper of guards connects anew or takes another.
 */
import { FrameKind, type Millis } from '@starling/protocol'
import { type Clock, type Link, LinkError, type LinkReply, TimeoutError, withTimeout } from '@starling/runtime'
import { TransportError } from '../transport/transport-error.ts'

/** Requests under way; held ones do not exist here. */
const MAX_REQUESTS = 64

export interface Poster extends AsyncDisposable {
  /** @throws {TransportError} `unreachable`, if there was no answer; `refused`, if it is too large */
  post(path: string, body: Uint8Array, signal: AbortSignal): Promise<LinkReply>
}

export const ONION_PATH = '/onion_req/v2'

export function createHttpsLink({ clock, poster }: { readonly clock: Clock; readonly poster: Poster }): Link {
  const closed = Promise.withResolvers<void>()
  const life = new AbortController()
  let underWay = 0
  const close = () => {
    if (life.signal.aborted) return
    life.abort(new LinkError('closed'))
    closed.resolve()
  }

  async function request(
    kind: number,
    payload: Uint8Array,
    { signal, timeout }: { readonly signal: AbortSignal; readonly timeout: Millis },
  ): Promise<LinkReply> {
    // There is nothing else that such a guard could be asked for.
    if (kind !== FrameKind.onion) return { status: 404, body: new Uint8Array() }
    if (underWay >= MAX_REQUESTS) throw new LinkError('overloaded')
    underWay++
    const either = AbortSignal.any([signal, life.signal])
    try {
      either.throwIfAborted()
      return await withTimeout(clock, timeout, either, (limited) => poster.post(ONION_PATH, payload, limited))
    } catch (error) {
      either.throwIfAborted()
      if (error instanceof TimeoutError) throw new LinkError('timeout', { cause: error })
      if (!(error instanceof TransportError)) throw error
      if (error.code === 'unreachable') close()
      throw new LinkError(error.code === 'unreachable' ? 'closed' : 'protocol', { cause: error })
    } finally {
      underWay--
    }
  }

  return {
    closed: closed.promise,
    request,
    async [Symbol.asyncDispose]() {
      close()
      await poster[Symbol.asyncDispose]()
    },
  }
}
