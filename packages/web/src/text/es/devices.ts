/** Dispositivos, verificación, y qué se guarda y dónde. */
export const deviceTexts = {
  'settings.devices': 'Dispositivos',
  'settings.devicesAbout': 'Añadir un dispositivo, qué tiene cada uno',
  'settings.verification': 'Verificación',
  'settings.verificationAbout': 'De quién has comparado el ID de cuenta',

  'devices.add': 'Añadir un dispositivo',
  'devices.addText':
    'Abre Starling allí, elige «Ya tengo una cuenta» y escribe tu frase de recuperación. Vienen tu nombre, tus contactos y los mensajes de los últimos 14 días.',
  'devices.older': 'Mensajes más antiguos',
  'devices.olderText': 'Exporta un archivo aquí e impórtalo en el otro dispositivo.',
  'devices.all': 'En todos tus dispositivos',
  'devices.allText':
    'Los mensajes para ti y copias de lo que escribes en cualquiera de ellos. Nombres, chats fijados, silencios, bloqueos y temporizadores, y lo que se ha leído.',
  'devices.swarmText':
    'Todo esto de camino entre tus dispositivos, sellado con tu propia clave: los mensajes, 14 días; lo demás, 30 días desde que uno de tus dispositivos lo renovó.',
  'devices.here': 'Solo en este dispositivo',
  'devices.hereText':
    'Borradores, la contraseña, lo que elegiste en privacidad, notificaciones y aspecto, y a quién has verificado.',
  'devices.none': 'No hay lista de dispositivos',
  'devices.noneText':
    'Ni tu enjambre ni esta aplicación la llevan: quien tiene la frase de recuperación tiene un dispositivo tuyo, y los demás no se enteran. Por eso un dispositivo perdido no se puede excluir desde aquí. Una contraseña en él impide que otros lo abran.',
  'devices.log': 'Qué hicieron otros dispositivos',
  'devices.logText':
    'Para buscar fallos: qué tipo de cosa, cuándo y cuántas veces, nunca con quién ni con qué palabras. Como máximo 500 entradas desde que se inició la aplicación, solo en memoria.',
  'devices.logEmpty': 'Nada desde que se inició la aplicación.',
  'devices.logAll': 'También este dispositivo y los contactos',
  'devices.logAllText': 'Muestra además lo que se hizo aquí y lo que llegó de otros.',
  'devices.logCopy': 'Copiar el registro',
  'devices.logCopied': 'Registro copiado',
  'devices.logCopyFailed': 'No se pudo copiar. Selecciona el registro y cópialo.',
  'devices.thisDevice': 'Este dispositivo',
  'devices.otherDevice': 'Otro dispositivo',
  'devices.contact': 'Un contacto',
  'devices.times': '{count, plural, one {una vez} many {# de veces} other {# veces}}',
  'devices.event.state': 'Llegó el estado compartido',
  'devices.event.profile': 'Cambió el nombre o la foto',
  'devices.event.contacts': 'Cambiaron contactos',
  'devices.event.read': 'Chats leídos',
  'devices.event.message': 'Mensajes',
  'devices.event.reaction': 'Reacciones',
  'devices.event.deleted': 'Mensajes eliminados',
  'devices.event.receipt': 'Confirmaciones',
  'devices.event.expired': 'Mensajes desaparecidos',
  'devices.event.ignored': 'Omitido',
  'devices.event.other': 'Otra cosa',

  'verification.text':
    'Quien compara un número contigo, en persona o en una llamada, es quien dice ser, y no hay nadie en medio.',
  'verification.people': 'Tus contactos',
  'verification.none': 'Aún no tienes contactos. Añade uno y comparad después los números.',
  'verification.notYet': 'Aún sin comparar',
  'verification.compare': 'Comparar…',
  'verification.compareWith': 'Comparar con {name}',
  'verification.more': 'Mostrar más',
  'verification.hereText': 'La marca de que comparasteis, hasta que el chat se elimine aquí.',
  'verification.nowhere': 'En ningún otro sitio',
  'verification.nowhereText':
    'Ni tu enjambre, ni tus otros dispositivos, ni el contacto saben de la marca. El número no se guarda: los dos dispositivos lo calculan a partir de ambos ID de cuenta.',

  'privacy.hereText': 'Lo que eliges en esta página. La contraseña misma no se guarda en ningún sitio.',
  'privacy.swarmText': 'A quién aceptaste y bloqueaste, sellado, para tus otros dispositivos.',
  'privacy.othersText': 'Lo que supieron: las confirmaciones que permitiste.',
  'privacy.links': 'Enlaces',
  'privacy.linksText': 'No se carga nada de los enlaces que te envían otros hasta que abres uno.',
} as const
