/** Told the exit status of a command that has ended. */
export type Finish = (exitCode: number) => void
