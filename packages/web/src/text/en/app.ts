/** The app as it is installed: updates, notifications, what other apps share. */
export const appTexts = {
  'update.title': 'A new version is ready',
  'update.text': 'It takes over when you say so, or when you have not looked for a while.',
  'update.textVersion': 'Version {version}. It takes over when you say so, or when you have not looked for a while.',
  'update.waiting': 'It takes over as soon as nothing is being written.',
  'update.action': 'Update now',
  'share.title': 'Share with whom?',
  'share.text': 'Choose a chat. The text goes into its message field; nothing is sent yet.',
  'share.nobody': 'There is no chat yet. Add a contact first, and share again.',
  'share.failed': 'That did not work. Nothing is lost; try again.',
  'notification.message': 'New message',
  'notification.request': 'Somebody you do not know wants to write to you',
  'notifications.title': 'Notifications',
  'notifications.legend': 'What notifications show',
  'notifications.nameAndText': 'Name and text',
  'notifications.name': 'Name only',
  'notifications.nothing': 'Only that there is a message',
  'notifications.off': 'There are none',
  'notifications.unsupported': 'This browser shows no notifications here.',
  'notifications.blocked':
    'Your browser blocks notifications of this page. Allow them in its settings for this page, then choose again.',
  'notifications.honest':
    'They come while Starling is open in a tab or window. No push service hears of your messages.',
} as const
