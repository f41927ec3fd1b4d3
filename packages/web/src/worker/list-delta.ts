/**
 * Lists of plain values that change a little and often: what the page has already does not cross the port again, and stays the
 * same object there, so that nothing is drawn anew for it. Invariant: both sides have the same list before each change.
 */

/** A number is the index of an entry in the list before, which is unchanged. */
export type ListDelta<T> = readonly (number | T)[]

type Entry = { readonly id: string }

export function listDelta<T extends Entry>(before: readonly T[], after: readonly T[]): ListDelta<T> {
  const places = new Map(before.map(({ id }, index) => [id, index]))
  return after.map((entry) => {
    const place = places.get(entry.id)
    return place !== undefined && isSame(before[place], entry) ? place : entry
  })
}

/** `undefined`: it does not belong to `before`. */
export function applyListDelta<T extends Entry>(before: readonly T[], delta: ListDelta<T>): readonly T[] | undefined {
  const after: T[] = []
  for (const entry of delta) {
    const value = typeof entry === 'number' ? before[entry] : entry
    if (value === undefined) return undefined
    after.push(value)
  }
  return after
}

/** For what a structured clone carries, but maps, sets and cycles. */
export function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other) || ArrayBuffer.isView(one) !== ArrayBuffer.isView(other)) return false
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length) return false
  return keys.every((key) => Object.hasOwn(other, key) && isSame(Reflect.get(one, key), Reflect.get(other, key)))
}
