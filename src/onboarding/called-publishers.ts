import {actionFiles} from './named-files.js'
import type {NamedFiles} from './found-file.js'
import {type Job, type Workflow, jobOf} from './workflow-model.js'
import {parseWorkflowText} from './workflow-text.js'
import {objectIn} from '../shared/json.js'

/** A job that calls a workflow of another repository, which nobody here has read. */
export interface StrangerCall {
  readonly file: string
  readonly job: string
  /** `owner/name/.github/workflows/build.yml@v1` */
  readonly uses: string
  /** Whether its name or what it is given speaks of images. */
  readonly isLikely: boolean
}

/** Workflows of others that publish images, and nothing else. */
const BUILDERS = /^docker\/github-builder(?:-experimental)?\//
const IMAGE_WORDS = /docker|container|image|buildah|podman|kaniko|\boci\b|registry|dockerfile/i
const RIGHTS = ['packages', 'id-token']

/** What a called workflow is called, where it is one that publishes images. */
export function knownBuilder(uses: string): string | undefined {
  return BUILDERS.test(uses) ? 'docker/github-builder' : undefined
}

/** Jobs that call workflows of others, with rights or secrets by which these may publish images. */
export function strangerCalls(workflow: Workflow): StrangerCall[] {
  return workflow.jobs.flatMap(job => {
    const {uses, name, value} = job
    const isForeign = /^[\w.-]+\/[\w.-]+\//.test(uses) && !uses.startsWith('./')
    if (!isForeign || /\/image-release\//.test(uses) || knownBuilder(uses) !== undefined) return []
    if (!mayPublish(workflow, job)) return []
    const isLikely = IMAGE_WORDS.test(`${uses} ${JSON.stringify(value['with'] ?? {})}`)
    return [{file: workflow.file, job: name, uses, isLikely}]
  })
}

/** Without a secret, and without a right to packages or to an identity, there is no registry that it could push to. */
function mayPublish({document}: Workflow, {value}: Job): boolean {
  const root = objectIn(document.toJS() as unknown)
  const permissions = value['permissions'] ?? root['permissions']
  if (value['secrets'] !== undefined || permissions === undefined) return true
  if (typeof permissions === 'string') return permissions === 'write-all'
  return RIGHTS.some(right => objectIn(permissions)[right] === 'write')
}

/** The steps of an action of the repository as those of a job; undefined where it has none, or is not there. */
export function stepsOfAction(action: string, files: NamedFiles): Job | undefined {
  if (!action.startsWith('./')) return undefined
  const text = actionFiles(action).flatMap(file => files.get(file) ?? [])[0]
  const document = text === undefined ? undefined : parseWorkflowText(text)
  if (document === undefined) return undefined
  return jobOf(action, objectIn(objectIn(document.toJS() as unknown)['runs']))
}
