import { conversationTexts } from './en/conversation.ts'
import { shellTexts } from './en/shell.ts'

/** Every text of the interface in English, by key. `{name}` is a parameter; an object holds plural forms chosen by `count`. */
export const en = { ...shellTexts, ...conversationTexts } as const
