/** What carries prepared requests to one node. */
export type Answer = { readonly status: number; readonly body: Uint8Array }

export interface Lane {
  /** The node has ended the connection: it does that to idle ones. */
  readonly isClosed: boolean
  send(request: Uint8Array): Promise<Answer>
  close(): void
}
