export type { Clock } from './clock.ts'
export type * from './link.ts'
export * from './link-error.ts'
export * from './logger.ts'
