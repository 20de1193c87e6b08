import {ReleaseError} from '../../errors.js'
import {shortDigest} from '../../oci/digest.js'
import {parseTag} from '../../oci/reference.js'
import type {ExpectedMove, Plan, PlannedTag, PlannedTarget, TagClass} from '../../contracts/plan.js'
import {type OrderedVersion, compareOrdered} from '../../versions/version-order.js'
import {candidateOf, factsOfPlan} from '../../publishing/decide/publication-plan.js'
import {type CurrentState, decideTag} from '../../publishing/decide/tag-decision.js'
import {
  lineOf,
  newestOf,
  publishedVersions,
  releasedVersion,
  currentVersion
} from '../../versions/version-names.js'
import type {ReleaseFacts} from '../../contracts/planned-image.js'

/** What a repository answered when the plan was made. */
export interface RepositoryAnswer {
  /** `registry/name` */
  readonly image: string
  /** What is at each tag, undefined where it is free. A tag that is not in it could not be asked for. */
  readonly standing: ReadonlyMap<string, CurrentState | undefined>
  /** Its tags, as many as one answer holds. */
  readonly published: readonly string[]
  /** Why tags are missing in `standing`. */
  readonly fault?: string
}

/** What is known of the world when a plan is made. */
export interface PlanAnswers {
  readonly repositories: readonly RepositoryAnswer[]
  /** The tags of the checkout. */
  readonly gitTags: readonly string[]
}

/** What tags are asked for first, where there are more than one answer should cost. */
const ORDER: readonly TagClass[] = ['forward', 'moving', 'immutable']

/** The tags of each repository that a plan moves, those that may stay first. */
export function tagsByImage({targets}: Plan): ReadonlyMap<string, readonly PlannedTag[]> {
  const found = new Map<string, PlannedTag[]>()
  for (const {images, tags} of targets)
    for (const image of images) {
      const known = found.get(image) ?? []
      found.set(image, known)
      known.push(...tags)
    }
  return new Map(
    [...found].map(([image, tags]) => [
      image,
      ORDER.flatMap(tagClass => tags.filter(tag => tag.class === tagClass))
    ])
  )
}

/**
 * A plan with what is expected to happen at each tag, by the same decisions that the merge makes again: what stays and
 * what would be refused is noted before anything is built, and what could not be asked is named.
 */
export function expectMoves(plan: Plan, answers: PlanAnswers): Plan {
  const targets = plan.targets.map(target => expectTarget(target, plan, answers))
  const notes = [
    ...targets.flatMap(target => moveNotes(target, targets.length > 1)),
    ...openNotes(targets),
    ...faultNotes(answers)
  ]
  return {...plan, targets, notes: [...new Set([...plan.notes, ...notes])]}
}

/**
 * Ends a release whose merge would be refused before anything is built: one tag that must not change keeps all others
 * from moving.
 * @throws ReleaseError TAG_REFUSED, with every such tag
 */
export function assertPublishable({targets}: Plan): void {
  const lines = targets.flatMap(({images, tags}) =>
    tags.flatMap(({name, expected = []}) =>
      expected
        .filter(({action}) => action === 'refuse')
        .flatMap(({images: at = images, note = ''}) => at.map(image => `${image}:${name} ${note}`))
    )
  )
  if (lines.length === 0) return
  throw new ReleaseError('TAG_REFUSED', `tags that must not change:\n  ${lines.join('\n  ')}`, {
    hint: 'Nothing was built. Release a new version; a version that is published stays what it is. With ask: note, the builds run all the same, and the tags are asked again before they move.'
  })
}

function expectTarget(target: PlannedTarget, plan: Plan, answers: PlanAnswers): PlannedTarget {
  const candidate = candidateOf(factsOfPlan(plan), target.annotations)
  const repositories = answers.repositories.filter(({image}) => target.images.includes(image))
  const versions = [
    ...repositories.flatMap(({published}) => publishedVersions(published, candidate)),
    ...publishedVersions(answers.gitTags, gitTagCandidate(plan))
  ]
  const tags = target.tags.map(tag => {
    const known = withNewest(tag, candidate, versions)
    const expected = group(target, expectedAt(known, candidate, repositories))
    return {...known, ...(expected.length === 0 ? {} : {expected})}
  })
  return {...target, tags}
}

/** A tag that is free in one registry, or is at something nameless, must not go to an old line for that. */
function withNewest(
  tag: PlannedTag,
  candidate: ReleaseFacts,
  versions: readonly OrderedVersion[]
): PlannedTag {
  const ours = releasedVersion(candidate)
  if (tag.class !== 'forward' || ours === undefined) return tag
  const newest = newestOf(versions, lineOf(tag.name, candidate))
  return newest !== undefined && compareOrdered(newest, ours) > 0 ? {...tag, newest: newest.text} : tag
}

interface MoveAt extends ExpectedMove {
  readonly image: string
}

function expectedAt(
  {name, class: tagClass, newest}: PlannedTag,
  candidate: ReleaseFacts,
  repositories: readonly RepositoryAnswer[]
): MoveAt[] {
  const tag = {name: parseTag(name), class: tagClass, ...(newest === undefined ? {} : {newest})}
  return repositories
    .filter(({standing}) => standing.has(name))
    .map(({image, standing: all}) => {
      const standing = all.get(name)
      const decision = decideTag({tag, standing}, candidate)
      const note = 'note' in decision ? decision.note : undefined
      return {
        image,
        action: decision.action,
        ...(standing === undefined ? {} : {from: nameOf(standing, candidate)}),
        ...(note === undefined ? {} : {note})
      }
    })
}

function nameOf(standing: CurrentState, candidate: ReleaseFacts): string {
  const version = currentVersion(standing, candidate)
  return version?.text ?? standing.revision?.slice(0, 12) ?? shortDigest(standing.digest)
}

/** What is the same in several repositories is said once; where it is the same in all, without naming them. */
function group({images}: PlannedTarget, moves: readonly MoveAt[]): ExpectedMove[] {
  const groups = new Map<string, {move: ExpectedMove; images: string[]}>()
  for (const {image, ...move} of moves) {
    const key = JSON.stringify(move)
    const found = groups.get(key) ?? {move, images: []}
    groups.set(key, found)
    found.images.push(image)
  }
  return [...groups.values()].map(({move, images: at}) =>
    at.length === images.length ? move : {images: at, ...move}
  )
}

function moveNotes({name, tags}: PlannedTarget, isOneOfSeveral: boolean): string[] {
  const owner = isOneOfSeveral ? `${name}: ` : ''
  return tags.flatMap(tag =>
    (tag.expected ?? [])
      .filter(({action, note}) => action !== 'create' && note !== undefined)
      .map(({action, images, note = ''}) => {
        const where = images === undefined ? '' : ` in ${images.join(', ')}`
        const end = action === 'refuse' ? '; the release will be refused' : ''
        return `${owner}${tag.name}${where} ${TENSES[action](note)}${end}.`
      })
  )
}

const TENSES: Readonly<Record<ExpectedMove['action'], (note: string) => string>> = {
  create: note => note,
  same: note => note,
  keep: note => note,
  refuse: note => note,
  move: note => `moves: ${note}`
}

/** What nobody could say yet. */
function openNotes(targets: readonly PlannedTarget[]): string[] {
  const openTags = (tagClass: TagClass): string =>
    [
      ...new Set(
        targets.flatMap(target => target.tags.filter(isOpen(tagClass, target)).map(({name}) => name))
      )
    ].join(', ')
  const [forward, moving] = [openTags('forward'), openTags('moving')]
  return [
    ...(forward === ''
      ? []
      : [`Whether a newer version is at ${forward} already is decided when the tags are moved.`]),
    ...(moving === ''
      ? []
      : [`Whether a newer commit is at ${moving} already is decided when the tags are moved.`])
  ]
}

/** Whether a tag moves by what is there, and that is not known in all repositories of its target. */
function isOpen(tagClass: TagClass, {images}: PlannedTarget): (tag: PlannedTag) => boolean {
  return ({class: own, expected = []}) =>
    own === tagClass &&
    images.some(image => !expected.some(({images: at}) => at === undefined || at.includes(image)))
}

/** Registries answer all their repositories with the same fault: it is said once. */
function faultNotes({repositories}: PlanAnswers): string[] {
  const faults = new Map<string, string[]>()
  for (const {image, fault} of repositories)
    if (fault !== undefined) faults.set(fault, [...(faults.get(fault) ?? []), image])
  return [...faults].map(
    ([fault, images]) => `${images.join(', ')} could not be asked for all tags: ${fault}.`
  )
}

const GIT_TAG = 'refs/tags/'

/**
 * How the Git tags of a project write its versions: as the tag of this run does, such as v1.2.3 or app-1.2.3; with a "v"
 * where the run has none.
 */
export function gitTagCandidate({source: {ref}, version = ''}: Plan): ReleaseFacts {
  const gitTag = ref.startsWith(GIT_TAG) ? ref.slice(GIT_TAG.length) : ''
  return {version, named: gitTag.includes(version) ? gitTag : `v${version}`}
}
