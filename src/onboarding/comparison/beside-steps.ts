import type {BesideFacts} from '../../planning/metadata-action/difference-row.js'
import type {WorkflowRun} from '../../contracts/workflow-run.js'
import {BUILD, METADATA, mayPush, variablesOf} from '../build-actions.js'
import type {Workflow} from '../workflow-model.js'

/** What the steps of a workflow that plan and build say beside their tags. */
export function besideOf(workflow: Workflow, run: WorkflowRun): BesideFacts[] {
  return workflow.jobs.flatMap(job =>
    job.steps.flatMap((step): BesideFacts[] => {
      if (step.action === BUILD && mayPush(step)) return [{build: step.with}]
      if (step.action !== METADATA) return []
      const {labels = '', annotations = '', tags = '', flavor = ''} = step.with
      const levels = variablesOf(workflow, job, step)['DOCKER_METADATA_ANNOTATIONS_LEVELS']
      const there = (levels ?? 'manifest').split(',').map(level => level.trim())
      return [
        {
          labels,
          annotations,
          levels: {there, here: levels === undefined ? ['manifest', 'index'] : there},
          templates: [tags, flavor, labels, annotations].join('\n'),
          run
        }
      ]
    })
  )
}
