import { appTexts } from './de/app.ts'
import { conversationTexts } from './de/conversation.ts'
import { deviceTexts } from './de/devices.ts'
import { emojiTexts } from './de/emoji.ts'
import { mediaTexts } from './de/media.ts'
import { messageTexts } from './de/messages.ts'
import { networkTexts } from './de/network.ts'
import { peopleTexts } from './de/people.ts'
import { personalTexts } from './de/personal.ts'
import { previewTexts } from './de/previews.ts'
import { settingsTexts } from './de/settings.ts'
import { shellTexts } from './de/shell.ts'
import type { Words } from './t.ts'

/** Every text of the interface in German. */
export const de: Words = {
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
