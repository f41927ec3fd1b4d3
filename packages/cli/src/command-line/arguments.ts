/** What options take. */
import { InvalidArgumentError } from 'commander'

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= least && value <= most))
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
    return value
  }
}

/** Bytes, with K, M, G or T for thousands of them; 0: no bound. */
export function byteSize(text: string): number {
  const match = /^(\d{1,15})([KMGT]?)B?$/i.exec(text)
  const size = match ? Number(match[1]) * 1000 ** ' KMGT'.indexOf((match[2] || ' ').toUpperCase()) : Number.NaN
  if (!Number.isSafeInteger(size)) throw new InvalidArgumentError('It must be a size, as in 50G or 800M.')
  return size
}
