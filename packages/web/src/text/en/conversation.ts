/** Texts of the conversation side: history, composer, add contact, path view, details. */
export const conversationTexts = {} as const
