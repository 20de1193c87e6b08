import {computeTags} from '../../src/planning/compute-tags.js'
import {configure} from '../../src/planning/settings/settings.js'
import {parseInputs} from '../../src/command/input.js'
import {parsePlan} from '../../src/contracts/plan-document.js'
import type {Plan} from '../../src/contracts/plan.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import {type RecordedReport, testPorts} from './ports.js'

/** What compute-tags gave. */
export interface Planned {
  readonly outputs: Readonly<Record<string, string>>
  readonly plan: Plan
  readonly reporter: RecordedReport
}

/** The files of a work tree: path and text. */
export type Files = Readonly<Record<string, string>>

/** Runs compute-tags with texts as a host would give them, and files as a work tree would hold them. */
export async function planned(
  run: WorkflowRun,
  texts: Readonly<Record<string, string>>,
  files: Files = {}
): Promise<Planned> {
  const ports = testPorts([], {readText: file => Promise.resolve(files[file])})
  const given = {ask: 'never', ...texts}
  const config = await configure({table: computeTags.inputs}, given, ports.readText)
  try {
    return await config.within(async () => {
      const outputs = await computeTags.run(parseInputs(computeTags.inputs, config.texts), {
        ...ports,
        workflowRun: () => Promise.resolve(run)
      })
      return {outputs, plan: parsePlan(outputs.plan), reporter: ports.reporter}
    })
  } finally {
    ports.close()
  }
}

/** The tags of each target that has any, as `target: tag tag`, each with its class where that is asked for. */
export function tagLines({targets}: Plan, withClass = false): string[] {
  return targets
    .filter(({tags}) => tags.length > 0)
    .map(({name, tags}) => {
      const names = tags.map(tag => (withClass ? `${tag.name}:${tag.class}` : tag.name))
      return `${name}: ${names.join(' ')}`
    })
}
