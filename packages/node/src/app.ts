/** For other servers of the app: its files and what is said of them, without a node. */
export { AppFiles, AppFolderError, integrityOf } from './server/app-files.ts'
export { appHeaders, type Reach } from './server/app-headers.ts'
