import { appTexts } from './en/app.ts'
import { conversationTexts } from './en/conversation.ts'
import { deviceTexts } from './en/devices.ts'
import { emojiTexts } from './en/emoji.ts'
import { mediaTexts } from './en/media.ts'
import { messageTexts } from './en/messages.ts'
import { networkTexts } from './en/network.ts'
import { peopleTexts } from './en/people.ts'
import { personalTexts } from './en/personal.ts'
import { previewTexts } from './en/previews.ts'
import { settingsTexts } from './en/settings.ts'
import { shellTexts } from './en/shell.ts'

/** Every text of the interface in English, by key, as ICU messages. The other languages have the same keys and parameters. */
export const en = {
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
} as const
