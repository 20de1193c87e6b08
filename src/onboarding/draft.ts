import type {Document} from 'yaml'
import type {Claims} from './account.js'
import type {TextEdit} from './text-edits.js'
import type {Job, Step, Workflow} from './workflow-model.js'

/** A workflow that is being written anew. */
export interface Draft {
  readonly workflow: Workflow
  /** A copy of its document, whose nodes are changed. */
  readonly document: Document
  /** The changes as parts of the text, so that all else stays as it is written. */
  readonly edits: TextEdit[]
  readonly claims: Claims
  /** How a step uses a command: `org/image-release/compute-tags@v1`. */
  readonly uses: (command: string) => string
  /** Why something stays as it is, and what a person has to know: sentences. */
  readonly notes: string[]
}

/** Where the tags of a build come from: a step of docker/metadata-action, or texts that became rules. */
export interface BuildTags {
  readonly metadata: Step | undefined
  readonly images: readonly string[]
  readonly rules: readonly string[]
}

/** A build that is translated, with the ids of the steps that it becomes. */
export interface BuildPlace {
  readonly job: Job
  readonly step: Step
  readonly tags: BuildTags
  /** Whether another build has the metadata step, so that this one gets a plan of its own by the same rules. */
  readonly isCopy: boolean
  /** The id of the step that plans. */
  readonly plan: string
  /** The id of the step that builds. */
  readonly build: string
  /** The id of the step that publishes: that of the old build, for its digest is what others read. */
  readonly publish: string
}

/** How a step is named in a sentence. */
export function nameOf({name, action, at}: Step): string {
  return name === undefined ? `${action || 'step'} (step ${at + 1})` : JSON.stringify(name)
}
