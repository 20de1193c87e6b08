import {runAction} from './index.js'
await runAction('release-notes')
