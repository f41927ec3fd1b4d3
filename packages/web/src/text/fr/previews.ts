import type { previewTexts as english } from '../en/previews.ts'

export const previewTexts: Readonly<Record<keyof typeof english, string>> = {
  'preview.title': 'Aperçus des liens que vous envoyez',
  'preview.text':
    'Quand il y a un lien dans votre message et que vous faites une pause, {count, plural, one {le service} many {l’un des # services} other {l’un des # services}} du fichier de réseau va chercher sa page, même si vous ne l’envoyez jamais. Le titre et l’image partent avec le message.',
  'preview.who':
    'Votre demande passe par trois relais : le service voit le lien, mais pas qui demande. La page voit le service, pas vous. Un service pourrait montrer n’importe quel titre. Qui reçoit le message ne va rien chercher.',
  'preview.unavailable':
    'Il n’y a pas d’aperçus de liens ici : le fichier de réseau n’indique aucun service qui va chercher des pages. Rien n’est demandé pour vos liens.',
  'preview.fetching': 'Recherche d’un aperçu de {host}',
  'preview.ready': 'Aperçu de {host}',
  'preview.withPicture': 'avec une image',
  'preview.failed': 'Pas d’aperçu de {host}. Le message part sans lui.',
  'preview.remove': 'Envoyer sans aperçu',
  'preview.load': 'Charger l’image de {host}',
  'preview.stop': 'Ne plus charger l’image de {host}',
  'preview.picture': 'Image de {host}',
}
