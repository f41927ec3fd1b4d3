import type { mediaTexts as english } from '../en/media.ts'

export const mediaTexts: Readonly<Record<keyof typeof english, string>> = {
  'media.title': 'Imágenes',
  'media.picture': 'Imagen',
  'media.load': 'Cargar {name}',
  'media.open': 'Abrir {name}',
  'media.openMore':
    '{count, plural, one {Abrir {name} y # más} many {Abrir {name} y # más} other {Abrir {name} y # más}}',
  'media.stop': 'Dejar de cargar {name}',
  'media.again': 'Vuelva a intentarlo.',
  'media.acceptFirst': 'Se puede cargar cuando haya aceptado la solicitud.',
  'media.gone': 'Ya no está donde se guardó.',
  'media.unreachable': 'No se pudo cargar.',
  'media.wrong': 'No es lo que se envió.',
  'media.notImage': 'No es una imagen. Puede guardarlo como archivo.',
  'media.tooLarge': 'Demasiado grande para mostrarse. Puede guardarlo.',
  'media.save': 'Guardar {name}',
  'media.saved': 'Guardado.',
  'media.savedTold': 'Guardado. {name} lo sabrá.',
  'media.saveFailed': 'No se pudo guardar.',
  'media.autoTitle': 'Cargar solas las imágenes de los contactos',
  'media.autoText':
    'Si no, una imagen se carga cuando hace clic en ella. Las imágenes de personas que no ha aceptado nunca se cargan.',
  'message.pictures': '{count, plural, one {Una imagen} many {# de imágenes} other {# imágenes}}',
  'lightbox.label': 'Imágenes de este chat',
  'lightbox.place': '{place} de {count}',
  'lightbox.previous': 'Imagen anterior',
  'lightbox.next': 'Imagen siguiente',
  'lightbox.in': 'Acercar',
  'lightbox.out': 'Alejar',
  'lightbox.save': 'Guardar',
  'lightbox.load': 'Cargar',
  'files.sending':
    '{count, plural, one {Enviando # archivo} many {Enviando # de archivos} other {Enviando # archivos}}',
  'files.cancel': 'Cancelar el envío',
  'files.others': 'Los demás archivos van como están, con todo lo que contienen.',
  'files.unsent': 'Estos archivos no se pudieron enviar mientras estabas en otra parte. Siguen aquí.',
  'files.unsentTitle': 'No se enviaron los archivos para {name}',
  'files.unsentText': 'No se pudieron subir y esperan en ese chat mientras esta página siga abierta.',
  'files.unsentAction': 'Abrir el chat',
  'conversation.imageUnreadable':
    'No se pudo leer una de las imágenes, así que no se puede quitar lo que una cámara escribió en ella. No se envió nada; su texto y sus archivos siguen abajo.',
}
