/** L’application installée : mises à jour, notifications et partages. */
export const appTexts = {
  'update.title': 'Une nouvelle version est prête',
  'update.text': 'Elle prend le relais quand vous le dites, ou quand vous n’avez pas regardé depuis un moment.',
  'update.textVersion':
    'Version {version}. Elle prend le relais quand vous le dites, ou quand vous n’avez pas regardé depuis un moment.',
  'update.waiting': 'Elle prend le relais dès que plus rien n’est en cours d’écriture.',
  'update.action': 'Mettre à jour',
  'share.title': 'Partager avec qui ?',
  'share.text': 'Choisissez une discussion. Le texte va dans son champ de message ; rien n’est encore envoyé.',
  'share.nobody': 'Il n’y a pas encore de discussion. Ajoutez d’abord un contact, puis partagez à nouveau.',
  'share.failed': 'Cela n’a pas marché. Rien n’est perdu ; réessayez.',
  'notification.message': 'Nouveau message',
  'notification.request': 'Une personne inconnue souhaite vous écrire',
  'notifications.title': 'Notifications',
  'notifications.legend': 'Ce que montrent les notifications',
  'notifications.nameAndText': 'Nom et texte',
  'notifications.name': 'Le nom seulement',
  'notifications.nothing': 'Seulement qu’il y a un message',
  'notifications.off': 'Il n’y en a pas',
  'notifications.unsupported': 'Ce navigateur n’affiche pas de notifications ici.',
  'notifications.blocked':
    'Votre navigateur bloque les notifications de cette page. Autorisez-les dans ses réglages pour cette page, puis choisissez à nouveau.',
  'notifications.honest':
    'Elles arrivent tant que Starling est ouvert dans un onglet ou une fenêtre. Aucun service push n’a connaissance de vos messages.',
} as const
