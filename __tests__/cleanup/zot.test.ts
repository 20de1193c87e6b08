import {describeWith} from '../support/components.js'
import {startZot} from '../support/registries.js'
import {registrySuite} from './registry-suite.js'

describeWith(['zot'], 'the clean-up on zot', () => {
  registrySuite({start: startZot})
})
