import {describeWith} from '../support/components.js'
import {OLAREG, startOlareg} from '../support/registries.js'
import {registrySuite} from './registry-suite.js'

describeWith(OLAREG, 'the clean-up on olareg', () => {
  registrySuite({start: startOlareg})
})
