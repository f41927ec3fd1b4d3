/**
 * What a server says of the app's files, so that browsers hold the app to it. docs/app.md §2. The page's HTML repeats the
 * policy with `connect-src 'self'`: only the worker, which goes by the header of its script, reaches nodes.
 */

/**
 * Whom the worker may connect to. Nodes come and go while a page is open, so they cannot be listed: `loopback` are the
 * nodes of a network on this machine, `tls` is everybody who has a certificate.
 */
export type Reach = 'loopback' | 'tls'

const CONNECTIONS: Readonly<Record<Reach, string>> = {
  loopback: 'http://127.0.0.1:* ws://127.0.0.1:*',
  tls: 'https: wss:',
}

/** Nothing but the camera, which scans contacts' codes when a person says so. */
const FEATURES = [
  'accelerometer',
  'autoplay',
  'browsing-topics',
  'camera',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'hid',
  'identity-credentials-get',
  'idle-detection',
  'local-fonts',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'usb',
  'xr-spatial-tracking',
]
const PERMISSIONS = FEATURES.map((feature) => `${feature}=${feature === 'camera' ? '(self)' : '()'}`).join(', ')

/** Headers of every answer about the app. */
export function appHeaders(reach: Reach): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy': [
      "default-src 'none'",
      "script-src 'self' 'wasm-unsafe-eval'",
      "style-src 'self'",
      "img-src 'self' blob: data:",
      "media-src 'self' blob: mediastream:",
      "font-src 'self'",
      `connect-src 'self' ${CONNECTIONS[reach]}`,
      "worker-src 'self'",
      "manifest-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      'trusted-types svelte-trusted-html starling-scripts',
      "frame-ancestors 'none'",
    ].join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': PERMISSIONS,
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  }
}
