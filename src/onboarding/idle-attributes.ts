import {attributesOf} from '../planning/rules/rule-grammar.js'
import {METADATA} from './build-actions.js'
import type {Step, Workflow} from './workflow-model.js'

/** A workflow whose rules compute-tags can read, and what was taken out of them: sentences. */
interface ReadableRules {
  readonly workflow: Workflow
  readonly notes: readonly string[]
}

/**
 * Takes out of the rules of docker/metadata-action what it passes over and compute-tags refuses: an attribute of another
 * type, such as `event` of `type=semver`. What is spelled as no type has it stays, and is refused with what is near.
 */
export function withoutIdleAttributes(workflow: Workflow): ReadableRules {
  const notes: string[] = []
  const readable = (step: Step): Step => {
    const {tags} = step.with
    if (step.action !== METADATA || tags === undefined) return step
    const idle = new Set<string>()
    const lines = tags.split('\n').map(line => readableLine(line, idle))
    if (idle.size === 0) return step
    notes.push(
      `${workflow.file}: ${[...idle].join(', ')} ${idle.size === 1 ? 'is' : 'are'} taken out of the tags of the job ${step.job}: docker/metadata-action passes over that there, and compute-tags refuses it.`
    )
    return {...step, with: {...step.with, tags: lines.join('\n')}}
  }
  const jobs = workflow.jobs.map(job => ({...job, steps: job.steps.map(readable)}))
  return {workflow: {...workflow, jobs}, notes}
}

const FIELD = /(?:\$\{\{.*?\}\}|\{\{.*?\}\}|"[^"]*"|[^,])+/g

function readableLine(line: string, idle: Set<string>): string {
  const type = /(?:^|,)\s*type=(\w+)/.exec(line)?.[1] ?? ''
  const own = attributesOf(type)
  if (own === undefined) return line
  const kept = (line.match(FIELD) ?? []).filter(field => {
    const [, name = ''] = /^\s*([\w-]+)=/.exec(field) ?? []
    const isIdle = ATTRIBUTES.includes(name.toLowerCase()) && !own.includes(name.toLowerCase())
    if (isIdle) idle.add(`${field.trim()} of type=${type}`)
    return !isIdle
  })
  return kept.length === (line.match(FIELD) ?? []).length ? line : kept.join(',')
}

/** Attributes that docker/metadata-action knows of some type. */
const ATTRIBUTES = ['pattern', 'value', 'match', 'group', 'branch', 'event', 'format']
