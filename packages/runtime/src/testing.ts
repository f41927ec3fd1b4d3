/** The fakes: time, randomness and logs that a test holds in its hand. */
export { type LogLine, type MemoryLogger, memoryLogger } from './testing/memory-logger.ts'
export { seededRandom } from './testing/seeded-random.ts'
export { SkewedClock, settle, VirtualClock } from './testing/virtual-clock.ts'
