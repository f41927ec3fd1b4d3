import { MessengerError } from '@starling/protocol'

/**
 * Why a request has no answer. `no_path`: no guard is connected, or the network is too small. `timeout`: none in time.
 * `hop_failed`: a relay on the way, or what it said makes no sense. `guard_lost`: the link to the guard broke.
 * `destination_unreachable`: the last hop cannot reach it. `busy`: too much at once.
 */
export class PathError extends MessengerError {
  override readonly name = 'PathError'
  readonly fault = 'environment'
  readonly code: 'no_path' | 'timeout' | 'hop_failed' | 'guard_lost' | 'destination_unreachable' | 'busy'
  constructor(code: PathError['code'], options?: ErrorOptions) {
    super(code.replaceAll('_', ' '), options)
    this.code = code
  }
}
