/** What requests over a path have in common, whoever the destination is: how they are sealed, and what their ends mean. */
import {
  buildOnionRequest,
  type Crypto,
  fromUtf8,
  MalformedInputError,
  type NodeEntry,
  type OnionDestination,
  type OnionHop,
  type OnionRequest,
  parsePathFailure,
  type RandomBytes,
} from '@starling/protocol'
import { LinkError, type LinkReply, randomInteger } from '@starling/runtime'
import type { Hops } from './choose-path.ts'
import { PathError } from './path-error.ts'

/** Where hops start to count is random, so that a guard cannot tell that it is one. */
const MAX_FIRST_HOP = 12

export function sealOnion(
  { crypto, random }: { readonly crypto: Crypto; readonly random: RandomBytes },
  hops: Hops,
  { destination, payload }: { readonly destination: OnionDestination; readonly payload: Uint8Array },
): OnionRequest {
  return buildOnionRequest({
    crypto,
    random,
    path: hops.map(hopOf),
    destination,
    payload,
    encType: 'xchacha20',
    hopNumber: randomInteger(random, MAX_FIRST_HOP + 1),
  })
}

export function hopOf({ descriptor }: NodeEntry): OnionHop {
  return { nodeId: descriptor.nodeId, x25519: descriptor.encryptionKey }
}

/** What a guard's answer other than 200 says; `undefined`: nothing that is known. */
export function failureIn({ status, body }: LinkReply): ReturnType<typeof parsePathFailure> {
  return parsePathFailure({ status, body: textOf(body) })
}

/** Why the link to a guard gave no answer. Anything but a {@link LinkError} is thrown on. */
export function linkFailure(error: unknown): PathError {
  if (!(error instanceof LinkError)) throw error
  if (error.code === 'overloaded') return new PathError('busy', { cause: error })
  return new PathError(error.code === 'timeout' ? 'timeout' : 'guard_lost', { cause: error })
}

function textOf(body: Uint8Array): string {
  try {
    return fromUtf8(body)
  } catch (error) {
    if (error instanceof MalformedInputError) return ''
    throw error
  }
}
