/** Previews of links. */
export const previewTexts = {
  'preview.title': 'Previews of links that you send',
  'preview.text':
    'When there is a link in your message and you pause, {count, plural, one {the service} other {one of # services}} in the network file fetches its page, even if you never send it. Title and picture go along with the message.',
  'preview.who':
    'Your request travels over three relays: the service sees the link, but not who asks. The page sees the service, not you. A service could show any title it likes. Nobody who gets the message fetches anything.',
  'preview.unavailable':
    'There are no previews of links here: the network file lists no service that fetches pages. Nothing is fetched for your links.',
  'preview.fetching': 'Fetching a preview of {host}',
  'preview.ready': 'Preview of {host}',
  'preview.withPicture': 'with a picture',
  'preview.failed': 'No preview of {host}. The message goes without one.',
  'preview.remove': 'Send without a preview',
  'preview.load': 'Load the picture of {host}',
  'preview.stop': 'Stop loading the picture of {host}',
  'preview.picture': 'Picture of {host}',
} as const
