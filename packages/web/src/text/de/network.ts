import type { networkTexts as english } from '../en/network.ts'

export const networkTexts: Readonly<Record<keyof typeof english, string>> = {
  'connection.connected': 'Verbunden',
  'connection.connecting': 'Verbinde …',
  'connection.offline': 'Offline',
  'connection.reason.no_network': 'Dieses Gerät hat kein Netz.',
  'connection.reason.no_node_reachable': 'Kein Knoten des Netzes antwortet.',
  'connection.reason.directory_unavailable': 'Kein signiertes Verzeichnis des Netzes war zu bekommen.',
  'connection.reason.directory_stale':
    'Das Verzeichnis des Netzes ist veraltet. Vielleicht sind seine Mitglieder ausgefallen.',
  'connection.reason.wrong_network': 'Die Knoten, die antworten, gehören zu einem anderen Netz.',
  'connection.lastContact': 'Letzter Kontakt {when}.',
  'connection.neverContact': 'Noch kein Kontakt, seit die App geöffnet wurde.',
  'connection.waits': 'Was du schreibst, wartet hier und wird gesendet, sobald es eine Verbindung gibt.',

  'clock.titleAhead': 'Deine Uhr geht {duration} vor',
  'clock.titleBehind': 'Deine Uhr geht {duration} nach',
  'clock.text':
    'Solange richtet sich Starling nach der Zeit des Netzes, damit deine Nachrichten trotzdem ankommen. Stelle die Uhr deines Geräts auf automatisch.',

  'time.yesterday': 'Gestern',
  'time.today': 'Heute',
  'time.justNow': 'gerade eben',

  'path.label': 'Der Weg deiner Nachrichten: {way}',
  'path.none': 'Noch kein Weg.',
  'path.role.you': 'Du',
  'path.role.guard': 'Wächter',
  'path.role.relay': 'Vermittler',
  'path.role.lastHop': 'Endstation',
  'path.role.swarm': 'Dein Schwarm',
  'path.role.member': 'Schwarmmitglied',
  'path.you': 'Dieses Gerät. Nur der Wächter sieht seine Adresse.',
  'path.guard': 'Sieht deine Adresse, nie was du sendest oder für wen. Bleibt wochenlang derselbe.',
  'path.relay': 'Kennt den Knoten davor und den danach, sonst nichts.',
  'path.lastHop': 'Liefert an den Schwarm. Weiß nicht, wer du bist.',
  'path.member': 'Bewahrt deine Nachrichten auf, bis du sie abholst. Kann sie nicht lesen.',
  'path.hint': 'Zeig auf einen Punkt, um zu sehen, wer das ist.',
  'path.operator': 'Betrieben von {operator}',
  'path.since': 'seit {when}',
  'path.answering': 'antwortet',
  'path.silent': 'hat zuletzt nicht geantwortet',
  'path.node': 'Knoten {id}',
  'path.roundTrip': 'Hin und zurück',
  'path.milliseconds': '{value} ms',
  'path.unknown': 'noch nicht gemessen',
  'path.swarmAnswering': 'Dein Schwarm',
  'path.swarmMembers': '{count, plural, one {# Knoten} other {# Knoten}}',
  'path.swarmCount': '{answering} von {members} Knoten antworten',
  'path.directory': 'Verzeichnis {epoch}',
  'path.signedBy': 'signiert von {signatures}, {threshold} nötig',
  'path.stale': 'veraltet',
  'path.network': 'Netz',
  'path.nodes': '{name}, {count, plural, one {# Knoten} other {# Knoten}}',
  'path.connectedSince': 'Verbunden seit {when}',

  'network.title': 'Netz',

  'failure.retry': 'Noch einmal versuchen',
  'failure.reload': 'Neu laden',
  'failure.storeUnreadable': 'Was hier gespeichert ist, lässt sich nicht öffnen',
  'failure.storeUnreadable.lost':
    'Es stammt aus einem anderen Browserprofil oder ist beschädigt. Dein Konto ist nicht verloren: Lösche dieses Gerät und stelle es mit deiner Wiederherstellungsphrase wieder her.',
  'failure.storeUnavailable': 'Der Browser lässt Starling nichts speichern',
  'failure.storeUnavailable.lost':
    'Das kommt von privaten Fenstern, gesperrten Websitedaten oder einer vollen Festplatte. Nichts ist verloren; erlaube es und versuch es noch einmal.',
  'failure.inUse': 'Dein Konto ist auf diesem Gerät anderswo offen',
  'failure.inUse.lost': 'Schließe das andere Fenster. Nichts ist verloren.',
  'failure.networkFile': 'Das Netz war nicht zu finden',
  'failure.networkFile.lost':
    'Die Beschreibung des Netzes wurde nicht geladen oder ist ungültig. Deine Nachrichten hier sind sicher.',
  'failure.worker': 'Starling wurde unerwartet beendet',
  'failure.worker.lost':
    'Was du bisher geschrieben hast, ist auf diesem Gerät gespeichert. Lade neu, um weiterzumachen.',
  'failure.unknown': 'Etwas ist schiefgegangen',
  'failure.unknown.lost': 'Deine Nachrichten auf diesem Gerät sind sicher. Versuch es gleich noch einmal.',
}
