/** Conditions of `ifelse`: what a node has to be for the one branch to be carried out. @see docs/protocol/storage-rpc.md §9 */
import { requestFaults } from './answers.ts'
import { type Encoding, type FieldSource, type Fields, integer, integers, readFields, refuse } from './fields.ts'

const fields = {
  height_at_least: integer,
  height_before: integer,
  hf_at_least: integers,
  hf_before: integers,
  v_at_least: integers,
  v_before: integers,
} as const

/** All that are given must hold. */
export type Condition = Fields<typeof fields>

/** What a node says of itself. */
export type NodeState = {
  /** Fork and revision of the network. */
  readonly fork: readonly [number, number]
  readonly version: readonly [number, number, number]
  /** Of the chain; of a network without one: the epoch. */
  readonly height: number
}

/** @throws {RefusedRequestError} */
export function readCondition(source: FieldSource, encoding: Encoding): Condition {
  const condition = readFields(fields, source, encoding)
  return Object.values(condition).every((value) => value === undefined)
    ? refuse(requestFaults.ifelseNoCondition())
    : condition
}

export function holdsCondition(condition: Condition, { fork, version, height }: NodeState): boolean {
  return (
    isWithin([height], toList(condition.height_at_least), toList(condition.height_before)) &&
    isWithin(fork, condition.hf_at_least, condition.hf_before) &&
    isWithin(version, condition.v_at_least, condition.v_before)
  )
}

function toList(value: number | undefined): readonly number[] | undefined {
  return value === undefined ? undefined : [value]
}

function isWithin(
  value: readonly number[],
  atLeast: readonly number[] | undefined,
  before: readonly number[] | undefined,
): boolean {
  return (atLeast === undefined || compare(value, atLeast) >= 0) && (before === undefined || compare(value, before) < 0)
}

/** Numbers that are missing count as 0; those beyond the length of `a` are not looked at. */
function compare(a: readonly number[], b: readonly number[]): number {
  const difference = a.map((part, index) => part - (b[index] ?? 0)).find((part) => part !== 0)
  return difference ?? 0
}
