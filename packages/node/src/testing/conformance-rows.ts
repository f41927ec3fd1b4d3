/** Rows of the conformance suite: one rule of the protocol each, asked in JSON and in bt-encoding. */
import { test } from 'node:test'
import { expect } from 'expect'
import { FORMS, type Form, Swarm } from './conformance.ts'

export type Row = {
  /** A sentence. */
  readonly name: string
  readonly method: string
  readonly params: object | ((swarm: Swarm) => object)
  readonly status: number
  /** Text for text; an object is what the answer has, besides other fields. */
  readonly body: unknown
  /** One only, where the other cannot say it. */
  readonly form?: Form
}

export function paramsOf({ params }: Pick<Row, 'params'>, swarm: Swarm): object {
  return typeof params === 'function' ? (params as (swarm: Swarm) => object)(swarm) : params
}

/** A test for each row and encoding. Rows that change nothing share a swarm. */
export function testRows(swarm: Swarm, rows: readonly Row[]): void {
  for (const row of rows) {
    for (const form of row.form ? [row.form] : FORMS) {
      test(`${row.method}: ${row.name} (${form})`, async () => {
        const { status, body } = await swarm.ask(row.method, paramsOf(row, swarm), form)
        expect({ status, body: typeof row.body === 'string' ? body : status }).toEqual({
          status: row.status,
          body: typeof row.body === 'string' ? row.body : status,
        })
        if (typeof row.body !== 'string') expect(body).toMatchObject(row.body as object)
      })
    }
  }
}

/** A test for each encoding, on a swarm of its own. */
export function testForms(name: string, run: (swarm: Swarm, form: Form) => Promise<void>): void {
  for (const form of FORMS) {
    test(`${name} (${form})`, async () => {
      await using swarm = await Swarm.create()
      await run(swarm, form)
    })
  }
}
