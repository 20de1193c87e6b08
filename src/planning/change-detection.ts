import type {InputValues} from '../command/input.js'
import type {Ports} from '../ports.js'
import type {Changes, ServiceTarget} from './targets/changed-targets.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'
import type {changeInputs, changeOutputs} from './change-inputs.js'
import {readChangedFiles, readFilesSinceRelease} from './changed-files.js'

/** What changed, as outputs, and what is to be said of it. */
export interface DetectedChanges {
  readonly outputs: Readonly<Record<keyof typeof changeOutputs, string>>
  readonly notes: readonly string[]
}

/**
 * Finds out which targets a run changes. Git is asked only where patterns, a commit or services make that matter.
 * @throws InputError where a pattern is for a target or service that there is not
 */
export async function detectChanges(
  values: InputValues<typeof changeInputs>,
  {targets, run}: {readonly targets: readonly ServiceTarget[]; readonly run: WorkflowRun},
  ports: Pick<Ports, 'exec' | 'signal'>
): Promise<DetectedChanges> {
  const {paths, 'dependency-paths': dependencyPaths, 'changed-since': since} = values
  const isAsked =
    since !== undefined ||
    [paths, dependencyPaths].some(({length}) => length > 0) ||
    targets.some(({service}) => service !== undefined)
  if (!isAsked) return {outputs: outputsOf(allOf(targets)), notes: []}
  const {findChanges} = await import('./targets/changed-targets.js')
  const own = await readChangedFiles(run, since, ports)
  // What has no commit before it is new as a whole; what it depends on need not be.
  const isNew = own.files === undefined && own.note === undefined
  const dependencies = isNew && dependencyPaths.length > 0 ? await readFilesSinceRelease(run, ports) : own
  const changes = findChanges({targets, paths, dependencyPaths}, own.files, dependencies.files)
  const notes = new Set([own.note, dependencies.note].filter(note => note !== undefined))
  return {outputs: outputsOf(changes), notes: [...notes]}
}

function allOf(targets: readonly ServiceTarget[]): Changes {
  return {targets: new Map(targets.map(({target}) => [target.name, true])), dependencies: true}
}

function outputsOf({targets, dependencies}: Changes): DetectedChanges['outputs'] {
  return {
    changed: JSON.stringify(Object.fromEntries(targets)),
    'any-changed': String([...targets.values()].includes(true)),
    'dependencies-changed': String(dependencies)
  }
}
