/**
 * What a node answers in clear when an onion request fails on its path. Third-party clients match these texts.
 *
 * @see docs/protocol/onion.md §5
 */
import { type NodeId, parseNodeId } from '../swarm/node-id.ts'

/** A status with the meaning of HTTP, and the text of the body. */
export type TextAnswer = { readonly status: number; readonly body: string }

const NOT_FOUND = 'Next node not found: '
const UNREACHABLE = 'Next node is currently unreachable: '

export const onionAnswers = {
  notReady: (self: NodeId): TextAnswer => ({ status: 503, body: `Snode not ready: ${self}` }),
  /** The structure around the outermost layer is wrong. */
  malformed: (detail: string): TextAnswer => ({ status: 400, body: `Error parsing onion request: ${detail}` }),
  invalidCiphertext: (): TextAnswer => ({ status: 400, body: 'Invalid ciphertext' }),
  /** A third-party client sends the same request again with new keys; who sends the same bytes again is somebody else. */
  replayed: (): TextAnswer => ({ status: 400, body: 'Replayed onion request' }),
  aesCbcRefused: (): TextAnswer => ({ status: 400, body: 'Unsupported cipher: this node does not accept aes-cbc' }),
  unknownCipher: (): TextAnswer => ({ status: 400, body: 'Unsupported cipher' }),
  tooManyHops: (): TextAnswer => ({ status: 400, body: 'onion request max path length exceeded' }),
  nextNodeNotFound: (next: NodeId): TextAnswer => ({ status: 502, body: NOT_FOUND + next }),
  nextNodeUnreachable: (next: NodeId): TextAnswer => ({ status: 502, body: UNREACHABLE + next }),
  timeout: (): TextAnswer => ({ status: 504, body: 'Request time out' }),
  invalidNodeAnswer: (): TextAnswer => ({ status: 500, body: 'Invalid response from snode' }),
  serverUnreachable: (): TextAnswer => ({ status: 502, body: 'Server is unreachable' }),
  serverTimeout: (): TextAnswer => ({ status: 504, body: 'Server did not answer in time' }),
  serverAnswerTooLarge: (): TextAnswer => ({ status: 502, body: 'Answer of the server is too large' }),
  busy: (): TextAnswer => ({ status: 503, body: 'Server busy, try again later' }),
} as const

/** Which hop a failure on the path names, if it names one: whether it is unknown to the hop before, or does not answer. */
export function parsePathFailure(
  answer: TextAnswer,
): { readonly kind: 'notFound' | 'unreachable'; readonly node: NodeId } | undefined {
  if (answer.status !== 502) return undefined
  for (const [prefix, kind] of [
    [NOT_FOUND, 'notFound'],
    [UNREACHABLE, 'unreachable'],
  ] as const) {
    const name = answer.body.slice(prefix.length).trim()
    if (answer.body.startsWith(prefix) && /^[0-9a-f]{64}$/.test(name)) return { kind, node: parseNodeId(name) }
  }
  return undefined
}
