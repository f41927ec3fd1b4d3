/** Bounds of the storage RPC. @see docs/protocol/storage-rpc.md §1 */
import { days, type Millis, minutes, seconds } from '../brand.ts'

export const LIMITS = {
  /** A request's body, 10 MiB. */
  bodyBytes: 10_485_760,
  /** The data of a stored message, before base64. */
  messageBytes: 76_800,
  /** Requests of a `batch` or `sequence`. */
  batchSize: 20,
  /** Hashes of one delete, expire or get_expiries: more fit no body that a client would send. */
  hashesPerRequest: 20_000,
  /** What one retrieve answers at most, counted as `messageCost` does. */
  retrieveBytes: 7_800_000,
  minTtl: seconds(10),
  maxPublicTtl: days(14),
  maxPrivateTtl: days(30),
  /** How far a message's time may be in the future, or its expiry in the past. */
  storeTolerance: seconds(10),
  /** How far the time that a signature covers may be from the clock, either way. */
  signatureTolerance: seconds(60),
  /** The same for a delete_all or expire_all that another member handed on: it is on its way for longer. */
  forwardedTolerance: seconds(70),
  /** How far the time that a `delete_before` names may be in the future, and that of an expire in the past. */
  changeTolerance: seconds(60),
  /** Subaccount tokens of one revocation, and how many a node keeps for an account: the newest. */
  revokedTokens: 50,
  /** Subaccount tokens of one `unrevoke_subaccount`. */
  unrevokedTokens: 1_000,
  /** `ifelse` inside `ifelse`. */
  ifelseDepth: 4,
  /** Requests in all branches of an `ifelse` together. */
  ifelseCalls: 100,
  /** Of one answer: what fits the answer of an onion request, where it stands as base64. */
  answerBytes: 7_860_000,
  /** How long a node holds an answer that has nothing new. */
  maxWait: minutes(1),
  /** Timestamps below are seconds by mistake. */
  minTimestamp: 1_000_000_000 as Millis,
} as const
