import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { HedgeBudget } from './hedge-budget.ts'

test('of any number of requests at most a fifth is repeated, and ten more', () => {
  const property = fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (slow) => {
    const budget = new HedgeBudget()
    let repeated = 0
    for (const isSlow of slow) {
      budget.earn()
      if (isSlow && budget.take()) repeated++
    }
    expect(repeated).toBeLessThanOrEqual(slow.length / 5 + 10)
  })
  fc.assert(property)
})

test('a slow request now and then is always repeated', () => {
  const budget = new HedgeBudget()
  for (let i = 1; i <= 200; i++) {
    budget.earn()
    if (i % 6 === 0) expect(budget.take()).toBe(true)
  }
})
