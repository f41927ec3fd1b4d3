import type { mediaTexts as english } from '../en/media.ts'

export const mediaTexts: Readonly<Record<keyof typeof english, string>> = {
  'media.title': 'Images',
  'media.picture': 'Image',
  'media.load': 'Charger {name}',
  'media.open': 'Ouvrir {name}',
  'media.openMore':
    '{count, plural, one {Ouvrir {name} et # autre} many {Ouvrir {name} et # autres} other {Ouvrir {name} et # autres}}',
  'media.stop': 'Arrêter le chargement de {name}',
  'media.again': 'Réessayer.',
  'media.acceptFirst': 'Se charge une fois la demande acceptée.',
  'media.gone': 'N’est plus là où le fichier était stocké.',
  'media.unreachable': 'Le chargement a échoué.',
  'media.wrong': 'Ce n’est pas ce qui a été envoyé.',
  'media.notImage': 'Ce n’est pas une image. Vous pouvez l’enregistrer comme fichier.',
  'media.tooLarge': 'Trop grande pour être affichée. Vous pouvez l’enregistrer.',
  'media.save': 'Enregistrer {name}',
  'media.saved': 'Enregistré.',
  'media.savedTold': 'Enregistré. {name} en est averti.',
  'media.saveFailed': 'L’enregistrement a échoué.',
  'media.autoTitle': 'Charger d’elles-mêmes les images des contacts',
  'media.autoText':
    'Sinon, une image se charge quand vous cliquez dessus. Les images de personnes que vous n’avez pas acceptées ne se chargent jamais.',
  'message.pictures': '{count, plural, one {Une image} many {# d’images} other {# images}}',
  'lightbox.label': 'Images de cette discussion',
  'lightbox.place': '{place} sur {count}',
  'lightbox.previous': 'Image précédente',
  'lightbox.next': 'Image suivante',
  'lightbox.in': 'Agrandir',
  'lightbox.out': 'Réduire',
  'lightbox.save': 'Enregistrer',
  'lightbox.load': 'Charger',
  'files.sending':
    '{count, plural, one {Envoi de # fichier} many {Envoi de # de fichiers} other {Envoi de # fichiers}}',
  'files.cancel': 'Annuler l’envoi',
  'files.others': 'Les autres fichiers partent tels quels, avec tout ce qu’ils contiennent.',
  'files.unsent': 'Ces fichiers n’ont pas pu être envoyés pendant que vous étiez ailleurs. Ils sont toujours ici.',
  'files.unsentTitle': 'Les fichiers pour {name} n’ont pas été envoyés',
  'files.unsentText':
    'Ils n’ont pas pu être téléversés et attendent dans cette discussion tant que cette page est ouverte.',
  'files.unsentAction': 'Ouvrir la discussion',
  'conversation.imageUnreadable':
    'Une des images n’a pas pu être lue ; ce qu’un appareil photo y a écrit ne peut donc pas être retiré. Rien n’est parti ; votre texte et vos fichiers sont toujours ci-dessous.',
}
