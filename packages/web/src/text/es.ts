import { appTexts } from './es/app.ts'
import { conversationTexts } from './es/conversation.ts'
import { deviceTexts } from './es/devices.ts'
import { emojiTexts } from './es/emoji.ts'
import { mediaTexts } from './es/media.ts'
import { messageTexts } from './es/messages.ts'
import { networkTexts } from './es/network.ts'
import { peopleTexts } from './es/people.ts'
import { personalTexts } from './es/personal.ts'
import { previewTexts } from './es/previews.ts'
import { settingsTexts } from './es/settings.ts'
import { shellTexts } from './es/shell.ts'
import type { Words } from './t.ts'

/** Every text of the interface in Spanish. */
export const es: Words = {
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
