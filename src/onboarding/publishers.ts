import {knownBuilder, stepsOfAction} from './called-publishers.js'
import {imagesOfGoreleaser} from './goreleaser.js'
import type {NamedFiles} from './found-file.js'
import {splitList, withVariables} from './expression-text.js'
import {BAKE} from './bake/bake-names.js'
import {NOT_PUSHED, readBake} from './bake/bake-step.js'
import {BUILD, REDHAT_PUSH, mayPush, metadataOf, variablesOf} from './build-actions.js'
import type {Job, Step, Workflow} from './workflow-model.js'

/** Something in a workflow that publishes images. */
export interface Publisher {
  readonly file: string
  readonly job: string
  /** The step; undefined for a job that calls another workflow. */
  readonly step: Step | undefined
  /** What publishes, as people call it. */
  readonly tool: string
  /** Whether init can say in image-release's words what it does. */
  readonly isKnown: boolean
  /** Repositories that it names, where the workflow says them. */
  readonly images: readonly string[]
}

/** Actions that publish, and that are left to a person. */
const OTHERS: Readonly<Record<string, string>> = {
  'depot/build-push-action': 'depot/build-push-action',
  'depot/bake-action': 'depot/bake-action',
  'useblacksmith/build-push-action': 'useblacksmith/build-push-action',
  'ko-build/setup-ko': 'ko',
  'imjasonh/setup-ko': 'ko',
  'elgohr/publish-docker-github-action': 'elgohr/Publish-Docker-Github-Action',
  'mr-smithers-excellent/docker-build-push': 'mr-smithers-excellent/docker-build-push',
  'macbre/push-to-ghcr': 'macbre/push-to-ghcr',
  'whoan/docker-build-with-cache-action': 'whoan/docker-build-with-cache-action',
  'home-assistant/builder': 'home-assistant/builder',
  'devcontainers/ci': 'devcontainers/ci',
  'int128/docker-manifest-create-action': 'int128/docker-manifest-create-action',
  'int128/kaniko-action': 'int128/kaniko-action'
}

/** Lines of a shell that publish images. */
const LINES: readonly (readonly [RegExp, string])[] = [
  [/\bdocker\s+(?:image\s+)?push\b/, 'docker push'],
  [/\bdocker\s+manifest\s+push\b/, 'docker manifest push'],
  [/\bdocker[\s-]compose\s[^\n]*\bpush\b/, 'docker compose push'],
  [/\bbuildx?\s+(?:build|bake)\b[^\n]*(?:--push\b|push=true)/, 'docker buildx build --push'],
  [/\bdocker\s+(?:build|bake)\b[^\n]*--push\b/, 'docker build --push'],
  [/\bimagetools\s+create\b(?![^\n]*--dry-run)/, 'docker buildx imagetools create'],
  [/\b(?:podman|buildah)\s+(?:manifest\s+)?push\b/, 'podman push'],
  [/\bskopeo\s+(?:copy|sync)\b/, 'skopeo copy'],
  [/\bcrane\s+(?:push|copy|cp|tag)\b/, 'crane'],
  [/\bregctl\s+image\s+(?:copy|import)\b/, 'regctl image copy'],
  [/\boras\s+(?:cp|copy|tag)\b/, 'oras'],
  [/\bko\s+(?:build|publish|apply|resolve)\b/, 'ko'],
  [/\bkaniko\/executor\b/, 'kaniko']
]

const GORELEASER = 'goreleaser/goreleaser-action'

/**
 * Everything in a workflow that publishes images.
 * @param files what the workflow names: actions of the repository, and the configuration of GoReleaser
 */
export function publishersIn(workflow: Workflow, files: NamedFiles): Publisher[] {
  return workflow.jobs.flatMap(job => [
    ...calledPublisher(workflow, job),
    ...job.steps.flatMap(step => stepPublisher(workflow, {job, step, files}))
  ])
}

function calledPublisher({file}: Workflow, {name, uses}: Job): Publisher[] {
  const tool = knownBuilder(uses)
  return tool === undefined ? [] : [{file, job: name, step: undefined, tool, isKnown: false, images: []}]
}

interface PlacedStep {
  readonly job: Job
  readonly step: Step
  readonly files: NamedFiles
}

function stepPublisher(workflow: Workflow, {job, step, files}: PlacedStep): Publisher[] {
  const found = (tool: string, isKnown: boolean): Publisher[] => [
    {file: workflow.file, job: job.name, step, tool, isKnown, images: imagesOf(workflow, job, step)}
  ]
  const {action} = step
  if (action === BUILD) return mayPush(step) ? found(BUILD, !isOldest(step)) : []
  if (action === REDHAT_PUSH) return found('redhat-actions/push-to-registry', true)
  if (action === BAKE) return bakePublisher(workflow, {job, step, files})
  const other = OTHERS[action]
  if (other !== undefined) return isOnlyBuilt(step) ? [] : found(other, false)
  const within = stepsOfAction(step.uses, files)
  const [inner] = (within?.steps ?? []).flatMap(one =>
    stepPublisher(workflow, {job, step: one, files: new Map()})
  )
  if (inner !== undefined) return found(`${inner.tool} in ${step.uses}`, false)
  const goreleaser = goreleaserOf(step, files)
  if (goreleaser !== undefined) return found(goreleaser, false)
  const joined = linesOf(step)
  const [line] = LINES.filter(([pattern]) => pattern.test(joined))
  return line === undefined ? [] : found(line[1], false)
}

/** A step that bakes what is only built is none; one that cannot be read is, if it may push. */
function bakePublisher(workflow: Workflow, {job, step, files}: PlacedStep): Publisher[] {
  const read = readBake({workflow, job, step, files})
  const place = {file: workflow.file, job: job.name, step}
  if ('fault' in read) {
    if (read.fault === NOT_PUSHED || isOnlyBuilt(step)) return []
    return [{...place, tool: `${BAKE} (${read.fault})`, isKnown: false, images: []}]
  }
  const images = [...new Set(read.flatMap(({build}) => imagesOf(workflow, job, build)))]
  return [{...place, tool: BAKE, isKnown: true, images}]
}

/** The lines of a step, each command on one of them, without comments. */
function linesOf({run}: Step): string {
  return run.replaceAll(/\\\s*\n\s*/g, ' ').replaceAll(/^[^\S\n]*#.*$/gm, '')
}

function goreleaserOf(step: Step, files: NamedFiles): string | undefined {
  const {action, with: given} = step
  const isInstalled = given['install-only']?.trim() === 'true'
  const [, typed] = /\bgoreleaser\s+(release\b[^\n]*)/.exec(linesOf(step)) ?? []
  const args = action === GORELEASER && !isInstalled ? (given['args'] ?? '') : typed
  if (args === undefined) return undefined
  const why = imagesOfGoreleaser({args, folder: given['workdir'] ?? step.folder ?? '.'}, files)
  return why === undefined ? undefined : `goreleaser (${why})`
}

/** What is told to publish nothing. */
function isOnlyBuilt({action, with: given}: Step): boolean {
  if (action.endsWith('/bake-action')) {
    const isTold = /push=true|type=registry|output/.test(given['set'] ?? '')
    return (given['push'] ?? 'false') === 'false' && !isTold
  }
  return isNeverPushed(given['push'])
}

function isNeverPushed(push: string | undefined): boolean {
  return push?.trim().toLowerCase() === 'false' || push?.trim() === 'never'
}

/** Version 1 had other inputs: repository, username, tag_with_ref. */
function isOldest({version}: Step): boolean {
  return /^v1(?:\.|$)/.test(version)
}

function imagesOf(workflow: Workflow, job: Job, step: Step): string[] {
  const env = variablesOf(workflow, job, step)
  const metadata = metadataOf(job, step)
  const texts =
    metadata === undefined
      ? splitList(withVariables(step.with['tags'] ?? step.with['image'] ?? '', env)).map(bareRepository)
      : splitList(withVariables(metadata.with['images'] ?? '', env)).filter(text => !text.includes('='))
  return [...new Set(texts.filter(text => !text.startsWith('${{ steps')))]
}

function bareRepository(reference: string): string {
  return reference.replace(/:(?:[^:/{}]|\$\{\{.*?\}\})*$/, '')
}
