/** An ID in groups of four, so that people can read it out and compare it. */
export function groupId(id: string): string {
  return id.match(/.{1,4}/gu)?.join(' ') ?? ''
}
