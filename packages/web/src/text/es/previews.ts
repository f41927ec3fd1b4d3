import type { previewTexts as english } from '../en/previews.ts'

export const previewTexts: Readonly<Record<keyof typeof english, string>> = {
  'preview.title': 'Vistas previas de los enlaces que envías',
  'preview.text':
    'Cuando hay un enlace en tu mensaje y haces una pausa, {count, plural, one {el servicio} many {uno de # servicios} other {uno de # servicios}} del archivo de red busca su página, aunque nunca lo envíes. El título y la imagen van con el mensaje.',
  'preview.who':
    'Tu petición pasa por tres relés: el servicio ve el enlace, pero no quién pregunta. La página ve el servicio, no a ti. Un servicio podría mostrar el título que quiera. Quien recibe el mensaje no busca nada.',
  'preview.unavailable':
    'Aquí no hay vistas previas de enlaces: el archivo de red no nombra ningún servicio que busque páginas. Para tus enlaces no se busca nada.',
  'preview.fetching': 'Buscando una vista previa de {host}',
  'preview.ready': 'Vista previa de {host}',
  'preview.withPicture': 'con imagen',
  'preview.failed': 'Sin vista previa de {host}. El mensaje va sin ella.',
  'preview.remove': 'Enviar sin vista previa',
  'preview.load': 'Cargar la imagen de {host}',
  'preview.stop': 'Dejar de cargar la imagen de {host}',
  'preview.picture': 'Imagen de {host}',
}
