/** The tables of the local store. A number is never used for something else. */
export const TABLES = {
  /** One partition for each singleton. */
  singletons: 0,
  /** Sort: number of the conversation on this device. */
  conversations: 1,
  /** Partition: conversation ID. Sort: `messageSort`. */
  messages: 2,
  /** As `messages`, for those that are unread. */
  unread: 3,
  /** Sort: order of sending. */
  outbox: 4,
  /** Partition: message hash, or author and time of a deleted message. */
  seen: 5,
  /** Sort: when a record of `seen` may go, and a number. */
  seenByExpiry: 6,
  /** Partition: node and namespace. */
  cursors: 7,
  /** What came before its message. Partition: conversation ID. Sort: `messageSort` of the message. */
  early: 8,
  /** What is to happen to messages. One partition for what needs the network. Sort: when, and a random number. */
  due: 9,
  /** Which messages quote a message. Partition: conversation ID. Sort: `messageSort` of the quoted one, then of the other. */
  quotes: 10,
  /** Messages of a later version. Sort: when they came, and of the hash. */
  newerMessages: 11,
  /** What is known of pictures that are kept. Sort: number. */
  keptFiles: 12,
  /** The pictures themselves, by the same numbers. */
  keptContents: 13,
  /** What the search index has yet to take. Sort: number. */
  searchLog: 20,
  /** Partition: segment. Sort: kind and number of the block. */
  searchSegments: 21,
} as const
