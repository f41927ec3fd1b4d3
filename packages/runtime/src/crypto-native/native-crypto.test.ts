import { describeCrypto } from '../crypto.suite.ts'
import { createNativeCrypto } from './native-crypto.ts'

describeCrypto('crypto by native code', createNativeCrypto)
