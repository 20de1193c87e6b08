import {ReleaseError} from '../errors.js'
import {type InputValues, flag} from '../command/input.js'
import {describeCacheUse} from '../building/caches/cache-policy.js'
import {
  type EventRow,
  type GuideRow,
  type SkippedRule,
  eventsMarkdown,
  explainEvents,
  explainPlan,
  tagGuide
} from './preview/plan-explanation.js'
import type {NamedTag} from './tags/named-tag.js'
import {type DecidedRelease, type ReleaseConfig, planRelease} from './release-plan.js'
import {planSample, sampleConfig} from './preview/sample-plan.js'
import {type SampleRun, sampleRuns} from './preview/sample-runs.js'
import type {DecidedTarget} from './targets/target-plan.js'
import {besideLines, besideRows} from './metadata-action/beside-tags.js'
import {type Outcome, compareWithMetadata, outcomeOf} from './metadata-action/comparison.js'
import type {BesideFacts} from './metadata-action/difference-row.js'
import {comparedTags, eventTable} from './metadata-action/event-comparison.js'
import {metadataSteps, unknownToMetadata} from './metadata-action/metadata-inputs.js'
import {taggedNames} from './jobs/metadata-outputs.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'
import {command} from '../command/command.js'
import {planInputs} from './plan-inputs.js'
import {previewInputs, runOf, withExpectations} from './preview/planned-release.js'
import {readReleaseConfig} from './release-config.js'

const inputs = {
  ...planInputs,
  ...previewInputs,
  all: flag({
    summary: 'Show which tags each event would produce, rather than what this one does.',
    isOfCall: true
  }),
  'against-metadata': flag({
    isOfCall: true,
    summary:
      'Show for each event which tags docker/metadata-action gives by the same images, rules and flavor, which are given here, and why they differ. A strategy, variants, services, the attribute on and a version that is given, which it does not know, are written out for it.'
  }),
  json: flag({isOfCall: true, summary: 'With against-metadata: print JSON rather than a table.'}),
  markdown: flag({
    isOfCall: true,
    summary: 'Print Markdown: for a README, which tag is good for what; with all, the table of events.'
  })
}

type ExplainValues = InputValues<typeof inputs>

/** Says what an event would do, and why. */
export const explain = command({
  name: 'explain',
  summary: 'Show which tags an event would produce, by which rule, and what is left out and why.',
  description:
    'Makes the plan that compute-tags would make, and writes nothing. Name the event and the ref, or take what is checked out: tag stands for the push of a Git tag, branch for that of a branch, and the ref may then be a name alone.',
  settings: 'top',
  prints: 'explanation',
  inputs,
  outputs: {explanation: 'The explanation.'},
  examples: [
    {line: 'image-release explain --event tag --ref v1.2.3', remark: 'What would a push of this Git tag do?'},
    {line: 'image-release explain --all', remark: 'Which tags does each event produce?'},
    {
      line: 'image-release explain --against-metadata',
      remark: 'What would docker/metadata-action give by the same rules?'
    },
    {line: 'image-release explain --markdown', remark: 'A table of tags for the README'}
  ],
  async run(values, ports) {
    const config = await readReleaseConfig(values, ports.readText)
    const run = await runOf(values, ports)
    if (values['against-metadata']) return {explanation: againstMetadata(values, config, run)}
    if (values.all) {
      const rows = samplesOf(config, run).map(sample => rowOf(config, sample))
      return {explanation: values.markdown ? eventsMarkdown(rows) : explainEvents(rows)}
    }
    if (values.markdown) return {explanation: tagGuide(guideOf(config, run))}
    const release = planRelease(config, run)
    const plan = await withExpectations(release.plan, values, ports)
    return {explanation: explainPlan(plan, skippedRulesOf(release), describeCacheUse(plan.source))}
  }
})

function skippedRulesOf({targets}: DecidedRelease): SkippedRule[] {
  return targets.flatMap(({target, tagPlan}) =>
    tagPlan.skipped.map(({rule, why}) => ({target: target.name, rule, why}))
  )
}

/** Image by image, for each image is a step of docker/metadata-action. */
function againstMetadata(values: ExplainValues, config: ReleaseConfig, run: WorkflowRun): string {
  const events = samplesOf(config, run).map(sample => {
    const here = outcomesOf(config, sample)
    const compared = metadataSteps(sampleConfig(config, sample.version), sample.run).map((inputs, at) =>
      compareWithMetadata(inputs, sample.run, here.each[at] ?? here.all)
    )
    return {event: sample.name, ...comparedTags(compared, {written: [], given: here.all})}
  })
  const beside = besideRows([besideOf(values, config, run)])
  const unknown = unknownToMetadata(values)
  if (values.json) return JSON.stringify({unknown, events, beside}, null, 2)
  const lines = unknown.map(what => `docker/metadata-action does not know ${what}.`)
  return [...lines, ...eventTable(events), ...besideLines(beside)].join('\n')
}

interface PlannedOutcomes {
  readonly all: Outcome
  /** Of each target; none where the run is refused. */
  readonly each: readonly Outcome[]
}

function outcomesOf(config: ReleaseConfig, {run, version}: SampleRun): PlannedOutcomes {
  const each: Outcome[] = []
  const all = outcomeOf(() => {
    const tags = planSample(config, run, version).targets.map(taggedNames)
    each.push(...tags.map(own => ({tags: own})))
    return [...new Set(tags.flat())]
  })
  return {all, each}
}

function besideOf(values: ExplainValues, config: ReleaseConfig, run: WorkflowRun): BesideFacts {
  const [labels, annotations] = [values.labels, values.annotations].map(lines =>
    lines.map(({source}) => source).join('\n')
  )
  const written = metadataSteps(config, run).flatMap(({tags, flavor}) => [tags, flavor])
  return {
    labels: labels ?? '',
    annotations: annotations ?? '',
    levels: {there: ['manifest'], here: values['annotation-levels']},
    templates: [...written, labels, annotations].join('\n'),
    texts: [run.ref.replace(/^refs\/(?:heads|tags|pull)\//, '')],
    run
  }
}

/** Samples of the version that is given or tagged, where there is one. */
function samplesOf({version}: ReleaseConfig, run: WorkflowRun): SampleRun[] {
  const gitTag = run.ref.startsWith('refs/tags/') ? run.ref.slice('refs/tags/'.length) : undefined
  const given = version === undefined ? undefined : `v${version.text.replace(/^v/, '')}`
  return sampleRuns(run, given ?? gitTag)
}

function rowOf(config: ReleaseConfig, {name, run, version}: SampleRun): EventRow {
  const caches = describeCacheUse(run)
  try {
    const {plan, targets} = planSample(config, run, version)
    return {name, push: plan.push, caches, tags: [...new Set(targets.flatMap(namesOf))]}
  } catch (error) {
    if (error instanceof ReleaseError)
      return {name, push: false, caches, tags: [], fault: `refused: ${error.message}`}
    throw error
  }
}

function namesOf({target}: DecidedTarget): string[] {
  return target.tags.map(({name}) => name)
}

/** The tags of a release, and those that a push to the default branch earns beside them. */
function guideOf(config: ReleaseConfig, run: WorkflowRun): GuideRow[] {
  const samples = samplesOf(config, run)
  const release = samples[0]
  const development = samples.find(({run: {event, ref}}) => event === 'push' && ref.startsWith('refs/heads/'))
  const rows = [release, development].flatMap(sample => {
    if (sample === undefined) return []
    const {targets} = planSample(config, sample.run, sample.version)
    return targets.flatMap(({tagPlan, variant}) =>
      tagPlan.tags.filter(isLasting).map(tag => ({
        tag: tag.name,
        use: sample === release ? useOf(tag) : ('development' as const),
        variant: variant.name,
        class: tag.class
      }))
    )
  })
  return [...new Map(rows.map(row => [`${row.tag} ${row.variant}`, row])).values()].sort(byUse)
}

/** The name of one commit is of no use to the readers of a README. */
function isLasting({kind}: NamedTag): boolean {
  return kind !== 'commit'
}

const ORDER: readonly GuideRow['use'][] = ['recommended', 'one variant', 'exact', 'development']

function byUse(a: GuideRow, b: GuideRow): number {
  return ORDER.indexOf(a.use) - ORDER.indexOf(b.use)
}

function useOf({targetNames, kind}: NamedTag): GuideRow['use'] {
  if (targetNames.length === 0) return 'recommended'
  return kind === 'version' || kind === 'commit' ? 'exact' : 'one variant'
}
