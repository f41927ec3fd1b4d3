import type { mediaTexts as english } from '../en/media.ts'

export const mediaTexts: Readonly<Record<keyof typeof english, string>> = {
  'media.title': 'الصور',
  'media.picture': 'صورة',
  'media.load': 'تحميل {name}',
  'media.open': 'فتح {name}',
  'media.openMore':
    '{count, plural, zero {فتح {name}} one {فتح {name} وواحدة أخرى} two {فتح {name} واثنتين أخريين} few {فتح {name} و# أخرى} many {فتح {name} و# أخرى} other {فتح {name} و# أخرى}}',
  'media.stop': 'إيقاف تحميل {name}',
  'media.again': 'حاول مجددًا.',
  'media.acceptFirst': 'يمكن تحميله بعد قبول الطلب.',
  'media.gone': 'لم يعد حيث كان محفوظًا.',
  'media.unreachable': 'تعذر التحميل.',
  'media.wrong': 'ليس هذا ما أُرسل.',
  'media.notImage': 'ليست هذه صورة. يمكنك حفظها كملف.',
  'media.tooLarge': 'أكبر من أن تُعرض. يمكنك حفظها.',
  'media.save': 'حفظ {name}',
  'media.saved': 'تم الحفظ.',
  'media.savedTold': 'تم الحفظ. سيعلم {name} بذلك.',
  'media.saveFailed': 'تعذر الحفظ.',
  'media.autoTitle': 'تحميل صور جهات الاتصال تلقائيًا',
  'media.autoText': 'وإلا تُحمَّل الصورة عند النقر عليها. صور من لم تقبلهم لا تُحمَّل أبدًا.',
  'message.pictures': '{count, plural, zero {لا صور} one {صورة} two {صورتان} few {# صور} many {# صورة} other {# صورة}}',
  'lightbox.label': 'صور هذه الدردشة',
  'lightbox.place': '{place} من {count}',
  'lightbox.previous': 'الصورة السابقة',
  'lightbox.next': 'الصورة التالية',
  'lightbox.in': 'تكبير',
  'lightbox.out': 'تصغير',
  'lightbox.save': 'حفظ',
  'lightbox.load': 'تحميل',
  'files.sending':
    '{count, plural, zero {إرسال الملفات} one {إرسال ملف} two {إرسال ملفين} few {إرسال # ملفات} many {إرسال # ملفًا} other {إرسال # ملف}}',
  'files.cancel': 'إلغاء الإرسال',
  'files.others': 'تُرسل الملفات الأخرى كما هي، بكل ما فيها.',
  'conversation.imageUnreadable':
    'تعذرت قراءة إحدى الصور، فلا يمكن إزالة ما كتبته الكاميرا فيها. لم يُرسل شيء؛ نصك وملفاتك ما زالت في الأسفل.',
}
