/** Devices, verification, and what is stored where. */
export const deviceTexts = {
  'settings.devices': 'Devices',
  'settings.devicesAbout': 'Add a device, what each of them has',
  'settings.verification': 'Verification',
  'settings.verificationAbout': 'Whose account ID you have compared',

  'devices.add': 'Add a device',
  'devices.addText':
    'Open Starling there, choose “I have an account” and type your recovery phrase. Your name, your contacts and the messages of the last 14 days come along.',
  'devices.older': 'Older messages',
  'devices.olderText': 'Export an archive here and import it on the other device.',
  'devices.all': 'On all your devices',
  'devices.allText':
    'Messages to you, and copies of what you write on any of them. Names, pins, mutes, blocks and timers of chats, and what was read.',
  'devices.swarmText':
    'All of this on its way between your devices, sealed with your own key: messages for 14 days, the rest for 30 days after one of your devices last renewed it.',
  'devices.here': 'On this device alone',
  'devices.hereText':
    'Drafts, the passphrase, the choices under privacy, notifications and appearance, and whom you have verified.',
  'devices.none': 'There is no list of devices',
  'devices.noneText':
    'Neither your swarm nor this app keeps one: whoever has the recovery phrase has a device of yours, and the others are not told. So a lost device cannot be shut out from here. A passphrase on it keeps others from opening it.',
  'devices.log': 'What other devices did',
  'devices.logText':
    'For finding faults: what kind of thing, when and how often, never with whom or in which words. At most 500 entries since the app was started, in memory only.',
  'devices.logEmpty': 'Nothing since the app was started.',
  'devices.logAll': 'This device and contacts, too',
  'devices.logAllText': 'Also shows what was done here, and what came from others.',
  'devices.logCopy': 'Copy log',
  'devices.logCopied': 'Log copied',
  'devices.logCopyFailed': 'Copying did not work. Select the log and copy it yourself.',
  'devices.thisDevice': 'This device',
  'devices.otherDevice': 'Another device',
  'devices.contact': 'A contact',
  'devices.times': '{count, plural, one {once} other {# times}}',
  'devices.event.state': 'Shared state arrived',
  'devices.event.profile': 'Name or picture changed',
  'devices.event.contacts': 'Contacts changed',
  'devices.event.read': 'Chats read',
  'devices.event.message': 'Messages',
  'devices.event.reaction': 'Reactions',
  'devices.event.deleted': 'Messages deleted',
  'devices.event.receipt': 'Receipts',
  'devices.event.expired': 'Messages disappeared',
  'devices.event.ignored': 'Left out',
  'devices.event.other': 'Something else',

  'verification.text':
    'Who compares a number with you, in person or on a call, is who they say, and nobody is in between.',
  'verification.people': 'Your contacts',
  'verification.none': 'You have no contacts yet. Add one, then compare your numbers.',
  'verification.notYet': 'Not compared yet',
  'verification.compare': 'Compare…',
  'verification.compareWith': 'Compare with {name}',
  'verification.more': 'Show more',
  'verification.hereText': 'The mark that you compared, until the chat is deleted here.',
  'verification.nowhere': 'Nowhere else',
  'verification.nowhereText':
    'Neither your swarm, nor your other devices, nor the contact learns of the mark. The number is not stored at all: both devices compute it from both account IDs.',

  'privacy.hereText': 'What you choose on this page. The passphrase itself is stored nowhere.',
  'privacy.swarmText': 'Whom you accepted and blocked, sealed, for your other devices.',
  'privacy.othersText': 'What they were told: receipts that you allowed.',
  'privacy.links': 'Links in messages',
  'privacy.linksText': 'Nothing is loaded from links that others send you until you open one.',
} as const
