/** Appareils, vérification, et ce qui est stocké et où. */
export const deviceTexts = {
  'settings.devices': 'Appareils',
  'settings.devicesAbout': 'Ajouter un appareil, ce que chacun possède',
  'settings.verification': 'Vérification',
  'settings.verificationAbout': 'Les identifiants que vous avez comparés',

  'devices.add': 'Ajouter un appareil',
  'devices.addText':
    'Ouvrez-y Starling, choisissez « J’ai déjà un compte » et saisissez votre phrase de récupération. Votre nom, vos contacts et les messages des 14 derniers jours suivent.',
  'devices.older': 'Messages plus anciens',
  'devices.olderText': 'Exportez une archive ici et importez-la sur l’autre appareil.',
  'devices.all': 'Sur tous vos appareils',
  'devices.allText':
    'Les messages pour vous et des copies de ce que vous écrivez sur l’un d’eux. Noms, épingles, silences, blocages et minuteurs des discussions, et ce qui a été lu.',
  'devices.swarmText':
    'Tout cela en route entre vos appareils, scellé avec votre propre clé : les messages 14 jours, le reste 30 jours après qu’un de vos appareils l’a renouvelé.',
  'devices.here': 'Sur cet appareil uniquement',
  'devices.hereText':
    'Les brouillons, la phrase secrète, vos choix dans Confidentialité, Notifications et Apparence, et qui vous avez vérifié.',
  'devices.none': 'Il n’y a pas de liste d’appareils',
  'devices.noneText':
    'Ni votre essaim ni cette application n’en tiennent : qui a la phrase de récupération a un appareil à vous, et les autres n’en sont pas avertis. Un appareil perdu ne peut donc pas être exclu d’ici. Une phrase secrète empêche d’autres de l’ouvrir.',
  'devices.log': 'Ce que d’autres appareils ont fait',
  'devices.logText':
    'Pour chercher des défauts : quel genre de chose, quand et combien de fois, jamais avec qui ni en quels mots. Au plus 500 entrées depuis le démarrage de l’application, en mémoire uniquement.',
  'devices.logEmpty': 'Rien depuis le démarrage de l’application.',
  'devices.logAll': 'Cet appareil et les contacts aussi',
  'devices.logAllText': 'Montre aussi ce qui a été fait ici et ce qui est venu d’autres.',
  'devices.logCopy': 'Copier le journal',
  'devices.logCopied': 'Journal copié',
  'devices.logCopyFailed': 'La copie n’a pas fonctionné. Sélectionnez le journal et copiez-le vous-même.',
  'devices.thisDevice': 'Cet appareil',
  'devices.otherDevice': 'Un autre appareil',
  'devices.contact': 'Un contact',
  'devices.times': '{count, plural, one {# fois} many {# de fois} other {# fois}}',
  'devices.event.state': 'État partagé arrivé',
  'devices.event.profile': 'Nom ou photo modifiés',
  'devices.event.contacts': 'Contacts modifiés',
  'devices.event.read': 'Discussions lues',
  'devices.event.message': 'Messages écrits ou reçus',
  'devices.event.reaction': 'Réactions',
  'devices.event.deleted': 'Messages supprimés',
  'devices.event.receipt': 'Confirmations',
  'devices.event.expired': 'Messages disparus',
  'devices.event.ignored': 'Laissé de côté',
  'devices.event.other': 'Autre chose',

  'verification.text':
    'Qui compare un numéro avec vous, en personne ou au téléphone, est bien qui il dit, et personne n’est entre vous.',
  'verification.people': 'Vos contacts',
  'verification.none': 'Vous n’avez pas encore de contacts. Ajoutez-en un, puis comparez vos numéros.',
  'verification.notYet': 'Pas encore comparé',
  'verification.compare': 'Comparer…',
  'verification.compareWith': 'Comparer avec {name}',
  'verification.more': 'En afficher davantage',
  'verification.hereText': 'La marque que vous avez comparé, jusqu’à ce que la discussion soit supprimée ici.',
  'verification.nowhere': 'Nulle part ailleurs',
  'verification.nowhereText':
    'Ni votre essaim, ni vos autres appareils, ni le contact n’apprennent la marque. Le numéro n’est pas stocké : les deux appareils le calculent à partir des deux identifiants de compte.',

  'privacy.hereText': 'Ce que vous choisissez sur cette page. La phrase secrète elle-même n’est stockée nulle part.',
  'privacy.swarmText': 'Qui vous avez accepté et bloqué, scellé, pour vos autres appareils.',
  'privacy.othersText': 'Ce qu’elles ont appris : les confirmations que vous avez permises.',
  'privacy.links': 'Liens',
  'privacy.linksText': 'Rien n’est chargé depuis les liens que d’autres vous envoient avant que vous n’en ouvriez un.',
} as const
