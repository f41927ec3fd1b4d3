import { appTexts } from './fr/app.ts'
import { conversationTexts } from './fr/conversation.ts'
import { deviceTexts } from './fr/devices.ts'
import { emojiTexts } from './fr/emoji.ts'
import { mediaTexts } from './fr/media.ts'
import { messageTexts } from './fr/messages.ts'
import { networkTexts } from './fr/network.ts'
import { peopleTexts } from './fr/people.ts'
import { personalTexts } from './fr/personal.ts'
import { previewTexts } from './fr/previews.ts'
import { settingsTexts } from './fr/settings.ts'
import { shellTexts } from './fr/shell.ts'
import type { Words } from './t.ts'

/** Every text of the interface in French. */
export const fr: Words = {
  ...appTexts,
  ...shellTexts,
  ...conversationTexts,
  ...messageTexts,
  ...mediaTexts,
  ...previewTexts,
  ...emojiTexts,
  ...peopleTexts,
  ...personalTexts,
  ...networkTexts,
  ...settingsTexts,
  ...deviceTexts,
}
