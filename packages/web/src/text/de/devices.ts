/** Geräte, Verifizierung, und was wo gespeichert ist. */
export const deviceTexts = {
  'settings.devices': 'Geräte',
  'settings.devicesAbout': 'Ein Gerät hinzufügen, was jedes davon hat',
  'settings.verification': 'Verifizierung',
  'settings.verificationAbout': 'Wessen Konto-ID du verglichen hast',

  'devices.add': 'Ein Gerät hinzufügen',
  'devices.addText':
    'Öffne Starling dort, wähle „Ich habe ein Konto“ und gib deine Wiederherstellungsphrase ein. Dein Name, deine Kontakte und die Nachrichten der letzten 14 Tage kommen mit.',
  'devices.older': 'Ältere Nachrichten',
  'devices.olderText': 'Exportiere hier ein Archiv und importiere es auf dem anderen Gerät.',
  'devices.all': 'Auf allen deinen Geräten',
  'devices.allText':
    'Nachrichten an dich, und Kopien dessen, was du auf einem davon schreibst. Namen, Anheftungen, Stummschaltungen, Blockierungen und Fristen von Chats, und was gelesen ist.',
  'devices.swarmText':
    'All das auf dem Weg zwischen deinen Geräten, versiegelt mit deinem eigenen Schlüssel: Nachrichten 14 Tage, das Übrige 30 Tage, nachdem eines deiner Geräte es zuletzt erneuert hat.',
  'devices.here': 'Nur auf diesem Gerät',
  'devices.hereText':
    'Entwürfe, die Passphrase, was du unter Privatsphäre, Mitteilungen und Aussehen gewählt hast, und wen du verifiziert hast.',
  'devices.none': 'Es gibt keine Geräteliste',
  'devices.noneText':
    'Weder dein Schwarm noch diese App führt eine: Wer die Wiederherstellungsphrase hat, hat ein Gerät von dir, und die anderen erfahren es nicht. Ein verlorenes Gerät lässt sich von hier also nicht aussperren. Eine Passphrase darauf verhindert, dass andere es öffnen.',
  'devices.log': 'Was andere Geräte getan haben',
  'devices.logText':
    'Zur Fehlersuche: welche Art von Ereignis, wann und wie oft, nie mit wem oder in welchen Worten. Höchstens 500 Einträge seit dem Start der App, nur im Arbeitsspeicher.',
  'devices.logEmpty': 'Nichts seit dem Start der App.',
  'devices.logAll': 'Auch dieses Gerät und Kontakte',
  'devices.logAllText': 'Zeigt auch, was hier getan wurde und was von anderen kam.',
  'devices.logCopy': 'Protokoll kopieren',
  'devices.logCopied': 'Protokoll kopiert',
  'devices.logCopyFailed': 'Kopieren hat nicht geklappt. Markiere das Protokoll und kopiere es selbst.',
  'devices.thisDevice': 'Dieses Gerät',
  'devices.otherDevice': 'Ein anderes Gerät',
  'devices.contact': 'Ein Kontakt',
  'devices.times': '{count, plural, one {einmal} other {#-mal}}',
  'devices.event.state': 'Gemeinsamer Stand angekommen',
  'devices.event.profile': 'Name oder Bild geändert',
  'devices.event.contacts': 'Kontakte geändert',
  'devices.event.read': 'Chats gelesen',
  'devices.event.message': 'Nachrichten',
  'devices.event.reaction': 'Reaktionen',
  'devices.event.deleted': 'Nachrichten gelöscht',
  'devices.event.receipt': 'Bestätigungen',
  'devices.event.expired': 'Nachrichten verschwunden',
  'devices.event.ignored': 'Ausgelassen',
  'devices.event.other': 'Etwas anderes',

  'verification.text':
    'Wer persönlich oder am Telefon eine Nummer mit dir vergleicht, ist, wer er sagt, und niemand ist dazwischen.',
  'verification.people': 'Deine Kontakte',
  'verification.none': 'Du hast noch keine Kontakte. Füge einen hinzu und vergleicht dann eure Nummern.',
  'verification.notYet': 'Noch nicht verglichen',
  'verification.compare': 'Vergleichen …',
  'verification.compareWith': 'Mit {name} vergleichen',
  'verification.more': 'Mehr zeigen',
  'verification.hereText': 'Die Markierung, dass ihr verglichen habt, bis der Chat hier gelöscht wird.',
  'verification.nowhere': 'Sonst nirgends',
  'verification.nowhereText':
    'Weder dein Schwarm noch deine anderen Geräte noch der Kontakt erfahren von der Markierung. Die Nummer wird gar nicht gespeichert: Beide Geräte berechnen sie aus beiden Konto-IDs.',

  'privacy.hereText': 'Was du auf dieser Seite wählst. Die Passphrase selbst ist nirgends gespeichert.',
  'privacy.swarmText': 'Wen du angenommen und blockiert hast, versiegelt, für deine anderen Geräte.',
  'privacy.othersText': 'Was sie erfahren haben: Bestätigungen, die du erlaubt hast.',
  'privacy.links': 'Links in Nachrichten',
  'privacy.linksText': 'Von Links, die andere dir senden, wird nichts geladen, bis du einen öffnest.',
} as const
