/** Die App, wie sie installiert ist: Aktualisierungen, Benachrichtigungen, Geteiltes. */
export const appTexts = {
  'update.title': 'Eine neue Version ist da',
  'update.text': 'Sie übernimmt, wenn du es sagst oder eine Weile nicht hinsiehst.',
  'update.textVersion': 'Version {version}. Sie übernimmt, wenn du es sagst oder eine Weile nicht hinsiehst.',
  'update.waiting': 'Sie übernimmt, sobald nichts mehr geschrieben wird.',
  'update.action': 'Jetzt aktualisieren',
  'share.title': 'Mit wem teilen?',
  'share.text': 'Wähle einen Chat. Der Text kommt in sein Eingabefeld; gesendet wird noch nichts.',
  'share.nobody': 'Es gibt noch keinen Chat. Füge zuerst einen Kontakt hinzu und teile dann noch einmal.',
  'share.failed': 'Das hat nicht geklappt. Nichts ist verloren; versuche es noch einmal.',
  'notification.message': 'Neue Nachricht',
  'notification.request': 'Jemand, den du nicht kennst, möchte dir schreiben',
  'notifications.title': 'Benachrichtigungen',
  'notifications.legend': 'Was Benachrichtigungen zeigen',
  'notifications.nameAndText': 'Name und Text',
  'notifications.name': 'Nur den Namen',
  'notifications.nothing': 'Nur, dass es eine Nachricht gibt',
  'notifications.off': 'Es gibt keine',
  'notifications.unsupported': 'Dieser Browser zeigt hier keine Benachrichtigungen.',
  'notifications.blocked':
    'Dein Browser blockiert Benachrichtigungen dieser Seite. Erlaube sie in seinen Einstellungen für diese Seite und wähle dann noch einmal.',
  'notifications.honest':
    'Sie kommen, solange Starling in einem Tab oder Fenster offen ist. Kein Push-Dienst erfährt von deinen Nachrichten.',
} as const
