import type {WorkflowRun} from '../../contracts/workflow-run.js'
import {type BesideRow, besideRows} from '../../planning/metadata-action/beside-tags.js'
import {compareWithMetadata} from '../../planning/metadata-action/comparison.js'
import {type ComparedEvent, comparedTags} from '../../planning/metadata-action/event-comparison.js'
import type {PlannedFile} from '../own-settings.js'
import {type Workflow, readWorkflow} from '../workflow-model.js'
import type {FoundFile} from '../found-file.js'
import {withBakedSteps} from '../bake/bake-step.js'
import {namedFiles} from '../named-files.js'
import {newTags} from './new-tags.js'
import {oldRules} from './old-tags.js'
import {RunExpressions} from './run-expressions.js'
import {besideOf} from './beside-steps.js'
import {runsOf} from './workflow-runs.js'

/** Tags of all events, and texts that stand in for what only a run knows. */
export interface TagComparison {
  /** The workflow. */
  readonly file: string
  readonly events: readonly ComparedEvent[]
  /** The texts by their expressions. */
  readonly standIns: Readonly<Record<string, string>>
  /** What else is otherwise, by the rows of docs/migration.md. */
  readonly beside: readonly BesideRow[]
}

/** What is compared: a workflow as it is and as it would be, in a repository. */
export interface ComparedWorkflow extends PlannedFile {
  readonly before: string
  readonly run: WorkflowRun
  /** The text of any file of the repository as it would be. */
  readonly readText: (file: string) => Promise<string | undefined>
}

/** Compares the tags of a workflow before and after, for each event of its triggers. */
export async function compareTags({
  file,
  before,
  after,
  run,
  readText
}: ComparedWorkflow): Promise<TagComparison> {
  const [old, fresh] = await Promise.all(
    [before, after].map(async text => await readBaked({file, text}, readText))
  )
  const standIns = new Map<string, string>()
  if (old === undefined || fresh === undefined) return {file, events: [], standIns: {}, beside: []}
  const events: ComparedEvent[] = []
  for (const sample of runsOf(old, run)) {
    const expressions = new RunExpressions(sample.run, standIns)
    const rules = oldRules(old, sample.run, expressions)
    const given = await newTags(fresh, {run: sample.run, expressions, readText})
    const here = {tags: given.tags, ...(given.fault === undefined ? {} : {fault: given.fault})}
    const compared = rules.metadata.map(one => compareWithMetadata(one.inputs, one.run, here))
    events.push({event: sample.name, ...comparedTags(compared, {written: rules.written, given})})
  }
  return {file, events, standIns: Object.fromEntries(standIns), beside: besideRows(besideOf(old, run))}
}

/** A workflow with the targets that it bakes as builds. */
async function readBaked(
  found: FoundFile,
  readText: ComparedWorkflow['readText']
): Promise<Workflow | undefined> {
  const workflow = readWorkflow(found)
  if (workflow === undefined) return undefined
  const texts = await Promise.all(
    namedFiles([found]).map(async file => [file, await readText(file)] as const)
  )
  const files = texts.flatMap(([file, text]) => (text === undefined ? [] : [[file, text] as const]))
  return withBakedSteps(workflow, new Map(files))
}
