import { appTexts } from './ar/app.ts'
import { conversationTexts } from './ar/conversation.ts'
import { deviceTexts } from './ar/devices.ts'
import { emojiTexts } from './ar/emoji.ts'
import { mediaTexts } from './ar/media.ts'
import { messageTexts } from './ar/messages.ts'
import { networkTexts } from './ar/network.ts'
import { peopleTexts } from './ar/people.ts'
import { personalTexts } from './ar/personal.ts'
import { previewTexts } from './ar/previews.ts'
import { settingsTexts } from './ar/settings.ts'
import { shellTexts } from './ar/shell.ts'
import type { Words } from './t.ts'

/** Every text of the interface in Arabic. */
export const ar: Words = {
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
