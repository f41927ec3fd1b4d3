/** Hears what a node does, to count it. Calls are cheap and never throw; nothing in them names anybody. */
export interface NodeObserver {
  /** A storage method was answered; the time that a retrieval was held does not count. */
  rpc(method: string, status: number, milliseconds: number): void
  /** Writes that shared one transaction and its fsync. */
  group(writes: number, milliseconds: number): void
}
