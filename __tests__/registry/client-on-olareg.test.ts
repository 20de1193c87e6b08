import {describeWith} from '../support/components.js'
import {OLAREG, startOlareg} from '../support/registries.js'
import {clientSuite} from './client-suite.js'

describeWith(OLAREG, 'the client against olareg', () => clientSuite(startOlareg, {tags: 1100}))
