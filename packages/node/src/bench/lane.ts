/** What carries prepared requests to one node. */
export type Answer = { readonly status: number; readonly body: Uint8Array }

export interface Lane {
  send(request: Uint8Array): Promise<Answer>
  close(): void
}
