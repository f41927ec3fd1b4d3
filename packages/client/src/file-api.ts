/** The public API, continued: files, pictures and link previews on their way to and from where they lie. docs/protocol/attachment.md §6. */
import type { ProfilePicture } from '@starling/protocol'
import type { OutgoingFile, TransferOptions } from './files/files.ts'
import type { MessageId, OutgoingAttachment, OutgoingPreview } from './message-api.ts'

/** Of files that a device keeps. */
export type KeptUsage = { readonly files: number; readonly bytes: number }

/** `signal`: rejects with its reason. */
export type FileOptions = Partial<TransferOptions>

/** `keeps`: whether a picture that was fetched stays on this device; it does, unless told. */
export type DownloadOptions = FileOptions & { readonly keeps?: boolean }

/** `asked`: the person asked for this one, whatever the settings say. */
export type PreviewOptions = FileOptions & { readonly asked?: boolean }

/**
 * Every call rejects with {@link FileStorageError} `files_unavailable` where the client has no `FileStorage`, and with
 * `storage_unreachable`, `storage_refused` or `file_gone` as that says; with {@link FileError} `file_too_large` over 10,000,000
 * bytes. Pictures that were fetched or sent stay on this device, encrypted, and are taken from there: at most 200,000,000 bytes,
 * those that nobody looked at for longest go first. They go with the message that they are in, when it is deleted, disappears
 * or is taken back, and with its conversation.
 */
export interface FileCalls {
  /** Encrypts and uploads. What comes back goes into the draft of a message. */
  upload(file: OutgoingFile, options?: FileOptions): Promise<OutgoingAttachment>
  /** As `upload`, for `setProfilePicture`. Takes nothing out of the picture, such as where it was taken. */
  uploadPicture(picture: Uint8Array, options?: FileOptions): Promise<ProfilePicture>
  /**
   * The file at a place of a message, be it an attachment or the image of a preview: downloaded, verified, decrypted. Its type
   * and name are the sender's word.
   *
   * @throws {ActionError} `unknown_message`: there is no such message, or no such file in it
   * @throws {FileError} `file_format`, `not_encrypted`
   * @throws {AuthenticationError} `open_failed`: it is not what the sender put there
   */
  download(message: MessageId, index: number, options?: DownloadOptions): Promise<Uint8Array>
  downloadPicture(picture: ProfilePicture, options?: FileOptions): Promise<Uint8Array>
  /**
   * The preview of the first link in a text, for a draft. `undefined`: the person has not switched previews on, there is no
   * link of which one may be made, no exit leads there, or the page says nothing of itself.
   *
   * @throws {PreviewError} `page_unreachable`
   */
  preview(text: string, options?: PreviewOptions): Promise<OutgoingPreview | undefined>
  /** As `download`, but nothing is fetched. `undefined`: this device does not keep it. @throws {ActionError} `unknown_message` */
  kept(message: MessageId, index: number, options?: FileOptions): Promise<Uint8Array | undefined>
  /** How much this device keeps. @throws {StoreError} */
  keptUsage(options?: FileOptions): Promise<KeptUsage>
  /** Deletes all that is kept: it is fetched again when it is wanted. @throws {StoreError} */
  forgetKept(options?: FileOptions): Promise<void>
}
