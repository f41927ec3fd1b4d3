/** La aplicación instalada: actualizaciones, notificaciones y lo que se comparte. */
export const appTexts = {
  'update.title': 'Hay una versión nueva',
  'update.text': 'Empieza a usarse cuando lo digas o cuando lleves un rato sin mirar.',
  'update.textVersion': 'Versión {version}. Empieza a usarse cuando lo digas o cuando lleves un rato sin mirar.',
  'update.waiting': 'Empieza a usarse en cuanto no se esté escribiendo nada.',
  'update.action': 'Actualizar ahora',
  'share.title': '¿Con quién compartir?',
  'share.text': 'Elige un chat. El texto pasa a su campo de mensaje; todavía no se envía nada.',
  'share.nobody': 'Aún no hay ningún chat. Añade primero un contacto y vuelve a compartir.',
  'share.failed': 'No ha funcionado. No se ha perdido nada; inténtalo de nuevo.',
  'notification.message': 'Mensaje nuevo',
  'notification.request': 'Alguien a quien no conoces quiere escribirte',
  'notifications.title': 'Notificaciones',
  'notifications.legend': 'Qué muestran las notificaciones',
  'notifications.nameAndText': 'Nombre y texto',
  'notifications.name': 'Solo el nombre',
  'notifications.nothing': 'Solo que hay un mensaje',
  'notifications.off': 'No hay ninguna',
  'notifications.unsupported': 'Este navegador no muestra notificaciones aquí.',
  'notifications.blocked':
    'Tu navegador bloquea las notificaciones de esta página. Permítelas en sus ajustes para esta página y vuelve a elegir.',
  'notifications.honest':
    'Llegan mientras Starling está abierto en una pestaña o ventana. Ningún servicio push se entera de tus mensajes.',
} as const
