export type { Clock } from './clock.ts'
export * from './logger.ts'
