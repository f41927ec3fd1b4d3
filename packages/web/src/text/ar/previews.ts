import type { previewTexts as english } from '../en/previews.ts'

export const previewTexts: Readonly<Record<keyof typeof english, string>> = {
  'preview.title': 'معاينات الروابط التي ترسلها',
  'preview.text':
    'حين يكون في رسالتك رابط وتتوقف قليلًا، {count, plural, zero {تجلب إحدى الخدمات} one {تجلب الخدمة} two {تجلب إحدى الخدمتين} few {تجلب إحدى # خدمات} many {تجلب إحدى # خدمة} other {تجلب إحدى # خدمة}} المذكورة في ملف الشبكة صفحته، حتى إن لم ترسله أبدًا. يُرسل العنوان والصورة مع الرسالة.',
  'preview.who':
    'يمر طلبك عبر ثلاث عقد: ترى الخدمة الرابط، ولا ترى من يطلبه. ترى الصفحة الخدمة، ولا تراك. قد تعرض خدمة ما أي عنوان تشاء. لا يجلب من يستلم الرسالة شيئًا.',
  'preview.unavailable': 'لا معاينات للروابط هنا: لا يذكر ملف الشبكة خدمة تجلب الصفحات. لا يُجلب شيء من أجل روابطك.',
  'preview.fetching': 'تُجلب معاينة {host}',
  'preview.ready': 'معاينة {host}',
  'preview.withPicture': 'مع صورة',
  'preview.failed': 'لا معاينة لموقع {host}. تُرسل الرسالة من دونها.',
  'preview.remove': 'إرسال بلا معاينة',
  'preview.load': 'تحميل صورة {host}',
  'preview.stop': 'إيقاف تحميل صورة {host}',
  'preview.picture': 'صورة {host}',
}
