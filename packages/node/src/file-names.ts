/** What lies in a data folder. docs/operating.md. */
export const NODE_KEY = 'node.key'
export const HTTPS_KEY = 'https.key.pem'
export const HTTPS_CERTIFICATE = 'https.cert.pem'
export const DATABASE = 'messages.sqlite'
/** Allows to change something through the metrics port; a new one at each start. */
export const OPERATOR_TOKEN = 'operator.token'
/** There while the node wants to leave its network. */
export const LEAVING_MARK = 'leaving'
