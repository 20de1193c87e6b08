import {runAction} from './index.js'
await runAction('update-manifests')
