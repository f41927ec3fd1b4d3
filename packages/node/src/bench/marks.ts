/**
 * What the C++ storage server 2.8.0 does with the same requests on a machine of this kind (two cores, the servers on one,
 * the load on the other, 2,048-byte messages, keep-alive HTTPS, every answer checked), without an fsync before it answers;
 * and what is to be reached, with one. docs/benchmarks.md.
 */
import type { Carrier } from './requests.ts'

export type RowName =
  | 'store, swarm of 1'
  | 'store, swarm of 3'
  | 'retrieve 10'
  | 'poll'
  | 'onion store'
  | 'onion retrieve'
export type Mark = { readonly perSecond: number; readonly cpuMs: number }

const CPP: Readonly<Record<RowName, Readonly<Record<number, Mark>>>> = {
  'store, swarm of 1': { 16: { perSecond: 2170, cpuMs: 0.38 } },
  'store, swarm of 3': {
    1: { perSecond: 490, cpuMs: 1.71 },
    16: { perSecond: 760, cpuMs: 1.27 },
    64: { perSecond: 820, cpuMs: 1.2 },
  },
  'retrieve 10': { 16: { perSecond: 1240, cpuMs: 0.78 }, 64: { perSecond: 1460, cpuMs: 0.67 } },
  poll: { 16: { perSecond: 2590, cpuMs: 0.37 } },
  'onion store': { 16: { perSecond: 380, cpuMs: 2.63 }, 64: { perSecond: 400, cpuMs: 2.5 } },
  'onion retrieve': { 16: { perSecond: 400, cpuMs: 2.52 } },
}

const TARGETS: Readonly<Partial<Record<RowName, Readonly<Record<Carrier, Mark>>>>> = {
  'store, swarm of 3': { https: { perSecond: 1500, cpuMs: 0.6 }, link: { perSecond: 2500, cpuMs: 0.4 } },
  'retrieve 10': { https: { perSecond: 1900, cpuMs: 0.5 }, link: { perSecond: 3500, cpuMs: 0.3 } },
  poll: { https: { perSecond: 3500, cpuMs: 0.28 }, link: { perSecond: 8000, cpuMs: 0.12 } },
  'onion store': { https: { perSecond: 1200, cpuMs: 0.8 }, link: { perSecond: 1600, cpuMs: 0.6 } },
  'onion retrieve': { https: { perSecond: 1200, cpuMs: 0.8 }, link: { perSecond: 1600, cpuMs: 0.6 } },
}

export function cppMark(row: RowName, inFlight: number): Mark | undefined {
  return CPP[row][inFlight]
}

/** Targets are for 16 in flight. */
export function targetOf(row: RowName, carrier: Carrier, inFlight: number): Mark | undefined {
  return inFlight === 16 ? TARGETS[row]?.[carrier] : undefined
}
