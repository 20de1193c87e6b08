import {InputError, ReleaseError} from '../../errors.js'
import {parseFlavor} from '../rules/flavor.js'
import {parseImages} from '../targets/image-names.js'
import {DEFAULT_RULES, parseRules} from '../rules/rule-grammar.js'
import {factsOf} from '../../ci/run-facts.js'
import {planTags} from '../tags/tag-plan.js'
import type {WorkflowRun} from '../../contracts/workflow-run.js'
import type {DifferenceFacts, DifferenceRow, TagDifference} from './difference-row.js'
import {rowOf} from './differences.js'
import {PeerFault, PeerUnknown} from './peer-fault.js'
import {type PeerInputs, type PeerTags, peerTags} from './peer-tags.js'

/** Tags with their images in front, or why there are none. */
export interface Outcome {
  readonly tags: readonly string[]
  /** What it fails with; undefined where it does not. */
  readonly fault?: string
}

/** A difference with the row of docs/migration.md that explains it. */
export interface ExplainedDifference {
  readonly side: TagDifference['side']
  /** The tag, or the message of the refusal. */
  readonly text: string
  readonly row: DifferenceRow | undefined
}

/** What docker/metadata-action gives in a run, what compute-tags gives, and each difference with its reason. */
export interface MetadataComparison {
  readonly there: Outcome
  readonly here: Outcome
  readonly differences: readonly ExplainedDifference[]
  /** Set where docker/metadata-action's side cannot be told: why. */
  readonly unknown?: string
}

/** The tags that compute-tags gives by inputs that docker/metadata-action takes, too. */
export function ourTags(inputs: PeerInputs, run: WorkflowRun): Outcome {
  return outcomeOf(() => {
    const images = parseImages(inputs.images).filter(({enable}) => enable)
    const rules = parseRules(inputs.tags.trim() === '' ? DEFAULT_RULES : inputs.tags)
    const {tags} = planTags(
      {rules, flavor: parseFlavor(inputs.flavor), shortShaLength: inputs.shortShaLength},
      run
    )
    return withImages(
      images.map(({name}) => name),
      tags.map(({name}) => name)
    )
  })
}

/** Compares what docker/metadata-action gives by its inputs with what is given here, by whatever inputs. */
export function compareWithMetadata(
  inputs: PeerInputs,
  run: WorkflowRun,
  here: Outcome = ourTags(inputs, run)
): MetadataComparison {
  const facts = {
    run: factsOf(run, inputs.shortShaLength),
    flavor: undefined,
    rules: [],
    first: undefined,
    isLatestThere: false,
    written: inputs.tags,
    writtenFlavor: inputs.flavor,
    writtenImages: inputs.images
  }
  try {
    const peer = peerTags(inputs, run)
    const there = withImages(
      peer.images,
      peer.tags.map(({name}) => name)
    )
    const {flavor, rules, isLatest: isLatestThere} = peer
    const first = peer.tags[0]?.rule
    return {
      there: {tags: there},
      here,
      differences: differencesOf(peer, {there, here}, {...facts, flavor, rules, first, isLatestThere})
    }
  } catch (error) {
    if (error instanceof PeerUnknown)
      return {there: {tags: []}, here, differences: [], unknown: error.message}
    if (!(error instanceof PeerFault)) throw error
    const there = {tags: [], fault: error.message}
    if (here.fault !== undefined) return {there, here, differences: []}
    const difference = {side: 'accepted', text: error.message, rule: undefined} as const
    return {there, here, differences: [explained(difference, facts)]}
  }
}

function differencesOf(
  peer: PeerTags,
  {there, here}: {readonly there: readonly string[]; readonly here: Outcome},
  facts: DifferenceFacts
): ExplainedDifference[] {
  if (here.fault !== undefined)
    return [explained({side: 'refused', text: here.fault, rule: undefined}, facts)]
  const [gone, added] = [missingIn(here.tags, there), missingIn(there, here.tags)]
  return [
    ...gone.map(tag => explainedTag('there', tag, peer, facts)),
    ...added.map(tag => explainedTag('here', tag, peer, facts))
  ]
}

function missingIn(tags: readonly string[], of: readonly string[]): string[] {
  return of.filter(tag => !tags.includes(tag))
}

/** A tag that is only here may come of any rule; that of `latest` is none. */
function explainedTag(
  side: 'there' | 'here',
  tag: string,
  peer: PeerTags,
  facts: DifferenceFacts
): ExplainedDifference {
  const text = tag.slice(tag.lastIndexOf('/') + 1).replace(/^[^:]*:/, '')
  const given = peer.tags.find(({name}) => name === text)
  const ofFlavor = isLatest(text, peer) ? [undefined] : []
  const candidates = given === undefined ? [...ofFlavor, ...peer.rules] : [given.rule]
  const rows = candidates.map(one => rowOf({side, text, rule: one, value: given?.value}, facts))
  return {side, text: tag, row: rows.find(row => row !== undefined)}
}

function isLatest(text: string, {tags}: PeerTags): boolean {
  return text.includes('latest') || tags.some(({name, rule}) => name === text && rule === undefined)
}

function explained(difference: TagDifference, facts: DifferenceFacts): ExplainedDifference {
  return {side: difference.side, text: difference.text, row: rowOf(difference, facts)}
}

/** Tags with each image in front; without images they stand alone. */
export function withImages(images: readonly string[], names: readonly string[]): string[] {
  return images.length === 0 ? [...names] : images.flatMap(image => names.map(name => `${image}:${name}`))
}

/** The tags that work gives, or the message that it is refused with. */
export function outcomeOf(work: () => string[]): Outcome {
  try {
    return {tags: work()}
  } catch (error) {
    if (error instanceof InputError || error instanceof ReleaseError) return {tags: [], fault: error.message}
    throw error
  }
}
