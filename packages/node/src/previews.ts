/** For who runs a preview service: the service and its server, without a node. */
export { createLogger } from './logging.ts'
export { PageFetcher, type PageFetcherOptions } from './previews/page-fetcher.ts'
export { type RunningPreviewServer, startPreviewServer } from './previews/preview-server.ts'
export { PreviewService } from './previews/preview-service.ts'
export { type RunningPreviews, runPreviews } from './previews/run-previews.ts'
