import {describeWith} from '../support/components.js'
import {ZOT, startZot} from '../support/registries.js'
import {clientSuite} from './client-suite.js'

describeWith(ZOT, 'the client against zot', () =>
  clientSuite(startZot, {
    tags: 1100,
    quirks: ['takes sparse indexes', 'drops what a tag left', 'shares blobs']
  })
)
