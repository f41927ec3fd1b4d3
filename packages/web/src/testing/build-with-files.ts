import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** Builds the app into `folder` as it is, but that its worker stores files at `fileServer`, such as `http://127.0.0.1:1234`. */
export async function buildWithFiles(folder: string, fileServer: string): Promise<void> {
  const root = join(import.meta.dirname, '../..')
  const replacement = fileURLToPath(new URL('loopback-files.ts', import.meta.url))
  await build({
    root,
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'error',
    define: { STARLING_FILE_SERVER: JSON.stringify(fileServer) },
    resolve: { alias: [{ find: './place-for-files.ts', replacement }] },
    build: { outDir: folder },
  })
}
