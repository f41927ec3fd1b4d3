import type { previewTexts as english } from '../en/previews.ts'

export const previewTexts: Readonly<Record<keyof typeof english, string>> = {
  'preview.title': 'Vorschauen von Links, die du sendest',
  'preview.text':
    'Steht ein Link in deiner Nachricht und du machst eine Pause, holt {count, plural, one {der Dienst} other {einer von # Diensten}} aus der Netzdatei die Seite, auch wenn du ihn nie sendest. Titel und Bild gehen mit der Nachricht hinaus.',
  'preview.who':
    'Deine Anfrage geht über drei Vermittler: Der Dienst sieht den Link, aber nicht, wer fragt. Die Seite sieht den Dienst, nicht dich. Ein Dienst könnte jeden Titel zeigen, den er will. Wer die Nachricht bekommt, holt nichts.',
  'preview.unavailable':
    'Vorschauen von Links gibt es hier nicht: Die Netzdatei nennt keinen Dienst, der Seiten holt. Für deine Links wird nichts geholt.',
  'preview.fetching': 'Eine Vorschau von {host} wird geholt',
  'preview.ready': 'Vorschau von {host}',
  'preview.withPicture': 'mit Bild',
  'preview.failed': 'Keine Vorschau von {host}. Die Nachricht geht ohne hinaus.',
  'preview.remove': 'Ohne Vorschau senden',
  'preview.load': 'Das Bild von {host} laden',
  'preview.stop': 'Das Bild von {host} nicht weiter laden',
  'preview.picture': 'Bild von {host}',
}
