/** Takes the same screen in every width and both themes, and once more at a zoom of 200 %. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Person } from './person.ts'

const LOOKS = [
  { name: '390', width: 390, height: 844 },
  { name: '1024', width: 1024, height: 768 },
  { name: '1440', width: 1440, height: 900 },
  // What is left of 1024 by 768 at a zoom of 200 %.
  { name: 'zoomed', width: 512, height: 384 },
]

export class Camera {
  readonly #folder: string

  /** `folder` is made if there is none. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.#folder = folder
  }

  /** `name`: of the files, before the width and the theme. */
  async shoot({ page }: Person, name: string): Promise<void> {
    for (const { name: look, width, height } of LOOKS) {
      await page.setViewportSize({ width, height })
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        const path = join(this.#folder, `${name}-${look}-${colorScheme}.png`)
        await page.screenshot({ path, caret: 'hide', animations: 'disabled' })
      }
    }
    // A menu of a narrow page is not there in a wide one: what comes next is found by its name in the widest.
    await page.setViewportSize({ width: 1440, height: 900 })
    console.log(`  ${name}`)
  }
}
