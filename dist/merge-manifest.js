import {runAction} from './index.js'
await runAction('merge-manifest')
