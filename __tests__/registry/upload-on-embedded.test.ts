import {describe} from '@jest/globals'
import {USERS, startEmbedded} from '../support/registries.js'
import {uploadSuite} from './upload-suite.js'

describe('an upload to the embedded registry', () => {
  uploadSuite(() => startEmbedded({auth: {kind: 'token', users: USERS, tokenLifetimeSeconds: 4}}), {
    resumes: true
  })
})
