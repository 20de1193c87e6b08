import {type Platform, formatPlatform} from '../oci/platform.js'
import {formatRepository} from '../oci/reference.js'
import {PLAN_SCHEMA, type Plan, type PlannedBuild, type PlannedTarget} from '../plan/plan.js'
import {recordName, slugOf} from '../plan/record-name.js'
import {type RunnerEntry, chooseRunner} from '../plan/runner-map.js'
import {assertNoCollision} from '../plan/tag-collision.js'
import type {WorkflowRun} from '../workflow-run.js'
import type {ImageName} from './image-names.js'
import {mergeMetadata} from './metadata-lines.js'
import {type PushMode, decidePush} from './push-mode.js'
import {commitDateOf} from './run-facts.js'
import {type TagConfig, type TagPlan, planTags} from './tag-plan.js'
import {type Template, renderTemplate} from './template.js'

/** All that a caller says about a release of one image. */
export interface ReleaseConfig extends TagConfig {
  readonly images: readonly ImageName[]
  readonly labels: readonly Template[]
  readonly annotations: readonly Template[]
  readonly platforms: readonly Platform[]
  readonly runners: readonly RunnerEntry[]
  readonly push: PushMode
}

/** A plan, and how it came about. */
export interface DecidedRelease {
  readonly plan: Plan
  /** The one target of the plan. */
  readonly target: PlannedTarget
  readonly tagPlan: TagPlan
}

/**
 * Decides everything about a release of one image: pure, from what the caller says and the facts of the run.
 * @throws ReleaseError VERSION_INVALID or TAG_COLLISION
 * @throws InputError with every rule that makes something that is no tag
 */
export function planRelease(config: ReleaseConfig, run: WorkflowRun): DecidedRelease {
  const tagPlan = planTags(config, run)
  const {tags, version, facts} = tagPlan
  const images = repositoriesOf(config.images)
  const name = targetName(config, tagPlan)
  const builds = planBuilds(config, images[0] ?? '', name)
  const generated = generatedMetadata(run, tags[0]?.name ?? '')
  const decision = decidePush(config.push, run, facts, {images: images.length, tags: tags.length})
  const target: PlannedTarget = {
    name,
    images,
    tags,
    builds: builds.map(({platform, runner, record}) => ({platform, runner, record})),
    labels: mergeMetadata(generated, config.labels, facts.scope),
    annotations: mergeMetadata(generated, config.annotations, facts.scope)
  }
  assertNoCollision([target])
  const plan: Plan = {
    schema: PLAN_SCHEMA,
    source: sourceOf(run),
    ...(version === undefined ? {} : {version}),
    push: decision.push,
    targets: [target],
    notes: [...decision.notes, ...tagPlan.notes, ...dateNotes(run), ...builds.flatMap(emulationNotes)]
  }
  return {plan, target, tagPlan}
}

function sourceOf(run: WorkflowRun): Plan['source'] {
  return {
    event: run.event,
    ref: run.ref,
    revision: run.sha,
    created: commitDateOf(run),
    repository: run.source.fullName
  }
}

function repositoriesOf(images: readonly ImageName[]): string[] {
  const enabled = images.filter(({enable}) => enable)
  return [...new Set(enabled.map(({repository}) => formatRepository(repository)))]
}

/** The image's own name, with the flavor's prefix and suffix: variants that are planned apart keep apart. */
function targetName({images, flavor}: ReleaseConfig, {facts}: TagPlan): string {
  const image =
    images
      .find(({enable}) => enable)
      ?.repository.name.split('/')
      .pop() ?? 'image'
  const affixes = [flavor.prefix, flavor.suffix].map(({template}) => slugOfAffix(template, facts))
  return slugOf([affixes[0], image, affixes[1]].filter(Boolean).join('-'))
}

function slugOfAffix(template: Template, {scope}: TagPlan['facts']): string {
  return renderTemplate(template, scope).replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
}

interface ChosenBuild extends PlannedBuild {
  readonly isEmulated: boolean
}

function planBuilds({platforms, runners}: ReleaseConfig, image: string, target: string): ChosenBuild[] {
  const unique = new Map(platforms.map(platform => [formatPlatform(platform), platform]))
  return [...unique].map(([name, platform]) => ({
    platform: name,
    ...chooseRunner(platform, runners),
    record: recordName(image, target, platform)
  }))
}

/** The annotations of the image specification that docker/metadata-action generates; created is the commit's date. */
function generatedMetadata(run: WorkflowRun, version: string): Record<string, string> {
  const {fullName, url = '', description = '', license = ''} = run.source
  return {
    'org.opencontainers.image.title': fullName.split('/').pop() ?? '',
    'org.opencontainers.image.description': description,
    'org.opencontainers.image.url': url,
    'org.opencontainers.image.source': url,
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.created': commitDateOf(run),
    'org.opencontainers.image.revision': run.sha,
    'org.opencontainers.image.licenses': license
  }
}

function dateNotes(run: WorkflowRun): string[] {
  if (!Number.isNaN(Date.parse(run.commitDate ?? ''))) return []
  return [
    'The date of the commit is not known here: the start of the run stands in for it, and each run makes another digest. A checkout before this step makes it known.'
  ]
}

function emulationNotes({platform, runner, isEmulated}: ChosenBuild): string[] {
  if (!isEmulated) return []
  return [
    `${platform} is emulated on ${[runner].flat().join('+')}, which is slow; name a runner of its own in runners.`
  ]
}
