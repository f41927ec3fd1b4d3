/** The stages of all files of tests in this process, which stand on one local network and share a browser. */
import { after } from 'node:test'
import { APP, AppStage } from '../app/app-stage.ts'
import { Ground } from '../app/ground.ts'

/** Twelve processes of nodes take longer to start than most tests. */
let ground: Promise<Ground> | undefined
after(async () => (await ground)?.[Symbol.asyncDispose]())

/** All nodes run, whatever the tests before did to them, and give out the app. */
export async function openSharedStage(): Promise<AppStage> {
  ground ??= Ground.open({ appFolder: APP, sharesBrowser: true })
  const shared = await ground
  await shared.heal()
  return AppStage.on(shared)
}
