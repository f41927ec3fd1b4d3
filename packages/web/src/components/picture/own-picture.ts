/** View model of the own picture: uploads what was cropped, and says where that is not possible. */
import type { Client } from '@starling/client'
import { createStore, type Snapshots } from '../../state/store.ts'
import { failureCode } from '../failure/failure-text.ts'

export type OwnPictureView = { readonly state: 'idle' | 'saving' | 'saved' | 'failed' | 'unavailable' }

export interface OwnPictureModel extends Snapshots<OwnPictureView> {
  /** True if it is the picture now. */
  use(picture: Uint8Array): Promise<boolean>
  remove(): Promise<boolean>
}

export type PictureClient = Pick<Client, 'setProfilePicture'> & {
  readonly files: Pick<Client['files'], 'uploadPicture'>
}

export function createOwnPicture(client: PictureClient): OwnPictureModel {
  const store = createStore<OwnPictureView>({ state: 'idle' })
  const run = async (work: () => Promise<void>): Promise<boolean> => {
    store.set({ state: 'saving' })
    try {
      await work()
      store.set({ state: 'saved' })
      return true
    } catch (error) {
      store.set({ state: failureCode(error) === 'files_unavailable' ? 'unavailable' : 'failed' })
      return false
    }
  }
  return {
    get snapshot() {
      return store.snapshot
    },
    subscribe: store.subscribe,
    use: (picture) => run(async () => client.setProfilePicture(await client.files.uploadPicture(picture))),
    remove: () => run(() => client.setProfilePicture(undefined)),
  }
}
