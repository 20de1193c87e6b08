import type {Plan} from '../../contracts/plan.js'
import type {ReleaseFacts} from '../../contracts/planned-image.js'

const GIT_TAG = 'refs/tags/'

/**
 * How the Git tags of a project write its versions: as the tag of this run does, such as v1.2.3 or app-1.2.3; with a "v"
 * where the run has none.
 */
export function gitTagCandidate({source: {ref}, version = ''}: Plan): ReleaseFacts {
  const gitTag = ref.startsWith(GIT_TAG) ? ref.slice(GIT_TAG.length) : ''
  return {version, named: gitTag.includes(version) ? gitTag : `v${version}`}
}
