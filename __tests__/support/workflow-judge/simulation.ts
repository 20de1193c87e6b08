import {parse} from 'yaml'
import {type Plan} from '../../../src/contracts/plan.js'
import {parsePlan} from '../../../src/contracts/plan-document.js'
import {type Permissions, RESTRICTED, jobToken, readOnly, readPermissions} from '../hosted/job-token.js'
import {type ActionFacts, actionFacts, ownPath} from './actions.js'
import type {EventCase} from './event-cases.js'
import {type Contexts, type Status, type Value, frozen, textOf} from './expression.js'
import {type Finding, findingAt} from './finding.js'
import {computedOutputs, placeholder} from './own-action.js'
import type {Files, Source} from './sources.js'
import {
  type Tree,
  type WorkflowTree,
  at,
  entriesOf,
  holds,
  isMap,
  itemsOf,
  parseTree,
  plainText,
  textsOf,
  valueOf
} from './workflow-tree.js'

/** A group that a job waits in: its own, or that of the workflow or of the caller around it. */
export interface Group {
  readonly place: string
  readonly group: string
  readonly cancels: boolean
  readonly queue: string
}

/** A step as it would run. */
export interface StepRun {
  readonly place: string
  readonly tree: Tree
  readonly uses: string
  readonly facts: ActionFacts | undefined
  /** What it is given, with the defaults of the action below. */
  readonly with: Readonly<Record<string, string>>
  /** The names of what the step itself gives. */
  readonly given: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly run: string
  /** Whether its condition holds. */
  readonly isRun: boolean
}

/** A job, one cell of its matrix, as it would run. */
export interface JobRun {
  readonly place: string
  readonly name: string
  readonly event: EventCase
  readonly label: Value
  readonly permissions: Permissions
  /** What a caller allows; undefined for a workflow that is not called. */
  readonly allowed: Permissions | undefined
  /** From the outermost to its own. */
  readonly groups: readonly Group[]
  readonly matrix: Value
  readonly steps: readonly StepRun[]
  /** The jobs whose artifacts are there: those that ended before. */
  readonly needs: readonly string[]
  readonly files: Files
  /** The last plan that was made before it. */
  readonly plan: Plan | undefined
}

/** What a run would do, as far as it can be known beforehand. */
export interface Simulation {
  readonly event: EventCase
  readonly jobs: readonly JobRun[]
  /** What could not be evaluated. */
  readonly faults: readonly Finding[]
  /** What an action refuses of its inputs. */
  readonly refused: readonly Finding[]
}

/** Reads a workflow that another calls; undefined where there is none. */
export type FindWorkflow = (uses: string) => Source | undefined

interface Around {
  readonly place: string
  readonly files: Files
  readonly inputs: Readonly<Record<string, Value>>
  readonly secrets: Readonly<Record<string, Value>>
  readonly permissions: Permissions | undefined
  readonly allowed: Permissions | undefined
  readonly groups: readonly Group[]
}

/** Runs a workflow for an event: every expression is evaluated by GitHub's own code, and nothing else is started. */
export async function simulate(
  source: Source,
  tree: WorkflowTree,
  event: EventCase,
  find: FindWorkflow
): Promise<Simulation> {
  const run = new Run(event, find)
  await run.workflow(tree, {
    place: source.name,
    files: source.files,
    inputs: event.inputs,
    secrets: secretsFor(source.text, event),
    // What is called may do what its caller grants, and that is for the caller's own workflow to be judged by.
    permissions:
      at(tree.root, 'on', 'workflow_call') === undefined ? undefined : readPermissions('write-all', {}),
    allowed: undefined,
    groups: []
  })
  return {event, jobs: run.jobs, faults: run.faults, refused: run.refused}
}

/** Every secret that a text names has a value of its kind, or is empty. */
function secretsFor(text: string, {hasSecrets}: EventCase): Record<string, Value> {
  const names = [...text.matchAll(/\bsecrets\.([\w-]+)/g)].map(([, name = '']) => name)
  const valueFor = (name: string): string => {
    if (!hasSecrets) return ''
    if (name.endsWith('CREDENTIALS')) return 'docker.io=octo:secret-password'
    return name === 'BUILD_SECRETS' ? 'npm=secret-token' : `secret-${name.toLowerCase()}`
  }
  return Object.fromEntries(names.map(name => [name, valueFor(name)]))
}

interface Ended {
  readonly result: 'success' | 'skipped'
  readonly outputs: Readonly<Record<string, Value>>
}

class Run {
  readonly jobs: JobRun[] = []
  readonly faults: Finding[] = []
  readonly refused: Finding[] = []
  plan: Plan | undefined

  constructor(
    readonly event: EventCase,
    readonly find: FindWorkflow
  ) {}

  /** Runs all jobs in the order of their needs. Returns the outputs of a workflow that is called. */
  async workflow(tree: WorkflowTree, around: Around): Promise<Record<string, Value>> {
    const {root} = tree
    const permissions = readPermissions(permissionsIn(root), around.permissions ?? RESTRICTED)
    const contexts = this.contexts(tree.text, around, permissions)
    const outer = [...around.groups, ...this.group(root, contexts, around.place)]
    const ended: Record<string, Ended> = {}
    const waiting = new Map(entriesOf(at(root, 'jobs')))
    while (waiting.size > 0) {
      const next = [...waiting].find(([, job]) => needsOf(job).every(need => ended[need] !== undefined))
      if (next === undefined) break
      const [name, job] = next
      waiting.delete(name)
      ended[name] = await this.job(name, job, {
        tree,
        around: {...around, groups: outer, permissions},
        contexts: {...contexts, env: this.texts(at(root, 'env'), contexts, `${around.place}: env`)},
        ended
      })
    }
    const jobs = Object.fromEntries(
      Object.entries(ended).map(([name, {outputs, result}]) => [name, {outputs, result}])
    )
    return Object.fromEntries(
      entriesOf(at(root, 'on', 'workflow_call', 'outputs')).map(([name, output]) => [
        name,
        this.value(
          at(output, 'value'),
          {...contexts, jobs},
          `${around.place}: on.workflow_call.outputs.${name}`
        )
      ])
    )
  }

  private contexts(text: string, around: Around, permissions: Permissions): Contexts {
    const names = [...text.matchAll(/\bvars\.([\w-]+)/g)].map(([, name = '']) => name)
    const vars = names.map(name => [
      name,
      this.event.hasVariables && !name.endsWith('IMAGES') ? `octo-${name.toLowerCase()}` : ''
    ])
    const token = jobToken(this.event.isReadOnly ? readOnly(permissions) : permissions)
    return {
      github: frozen({...this.event.github, token, workflow: 'Workflow'}),
      inputs: around.inputs,
      secrets: {...around.secrets, GITHUB_TOKEN: token},
      vars: Object.fromEntries(vars) as Record<string, Value>,
      runner: {
        os: 'Linux',
        arch: 'X64',
        temp: '/home/runner/work/_temp',
        name: 'runner',
        environment: 'github-hosted'
      },
      job: {status: 'success'},
      strategy: {'fail-fast': false, 'job-index': 0, 'job-total': 1}
    }
  }

  private async job(name: string, job: Tree, {tree, around, contexts, ended}: JobCall): Promise<Ended> {
    const place = `${around.place}: jobs.${name}`
    const needs = needsOf(job)
    const known = Object.fromEntries(
      needs.map((need): [string, Value] => [need, {...(ended[need] ?? {result: 'skipped', outputs: {}})}])
    )
    const inJob: Contexts = {...contexts, needs: frozen(known)}
    const status: Status = ancestors(name, tree.root).every(need => ended[need]?.result === 'success')
      ? 'success'
      : 'skipped'
    if (!this.condition(at(job, 'if'), inJob, `${place}.if`, status)) return {result: 'skipped', outputs: {}}
    const cells = this.cells(at(job, 'strategy', 'matrix'), inJob, `${place}.strategy.matrix`)
    let outputs: Record<string, Value> = {}
    for (const matrix of cells) {
      const inCell: Contexts = {...inJob, matrix}
      const permissions = readPermissions(permissionsIn(job), around.permissions ?? RESTRICTED)
      const call: CellCall = {
        name,
        job,
        place,
        matrix,
        tree,
        needs: ancestors(name, tree.root),
        around: {...around, permissions, groups: [...around.groups, ...this.group(job, inCell, place)]},
        contexts: inCell
      }
      this.value(at(job, 'name'), inCell, `${place}.name`)
      this.value(at(job, 'timeout-minutes'), inCell, `${place}.timeout-minutes`)
      this.value(at(job, 'environment'), inCell, `${place}.environment`)
      outputs = at(job, 'uses') === undefined ? await this.cell(call) : await this.called(call)
    }
    return {result: 'success', outputs}
  }

  private async cell({
    name,
    job,
    place,
    matrix,
    tree,
    needs,
    around,
    contexts
  }: CellCall): Promise<Record<string, Value>> {
    const permissions = this.event.isReadOnly
      ? readOnly(around.permissions ?? {})
      : (around.permissions ?? {})
    const token = jobToken(permissions)
    const inJob: Contexts = {
      ...contexts,
      github: frozen({...(contexts['github'] as Record<string, Value>), token}),
      secrets: {...(contexts['secrets'] as object), GITHUB_TOKEN: token}
    }
    const env = {...(contexts['env'] as object), ...this.texts(at(job, 'env'), inJob, `${place}.env`)}
    const plan = this.plan
    const {steps, context} = await this.steps(itemsOf(at(job, 'steps')), {
      place: `${place}.steps`,
      contexts: {...inJob, env},
      text: tree.text,
      files: around.files
    })
    const label = this.value(at(job, 'runs-on'), inJob, `${place}.runs-on`)
    this.jobs.push({
      place,
      name,
      matrix,
      label,
      permissions,
      steps,
      needs,
      allowed: around.allowed,
      event: this.event,
      groups: around.groups,
      files: around.files,
      plan: this.plan ?? plan
    })
    return this.values(at(job, 'outputs'), {...inJob, env, steps: context}, `${place}.outputs`)
  }

  private async steps(
    items: readonly Tree[],
    call: StepsCall
  ): Promise<{steps: StepRun[]; context: Record<string, Value>}> {
    const steps: StepRun[] = []
    const context: Record<string, Value> = {}
    for (const [index, tree] of items.entries()) {
      const place = `${call.place}[${index}]`
      const before: Contexts = {...call.contexts, steps: context}
      const env = {
        ...(call.contexts['env'] as object),
        ...this.texts(at(tree, 'env'), before, `${place}.env`)
      } as Record<string, string>
      const inStep: Contexts = {...before, env}
      const uses = plainText(at(tree, 'uses'))
      const facts = uses === '' ? undefined : actionFacts(uses, call.files)
      const isRun = this.condition(at(tree, 'if'), inStep, `${place}.if`)
      const given = this.texts(at(tree, 'with'), inStep, `${place}.with`)
      const defaults = Object.fromEntries(
        Object.entries(facts?.inputs ?? {}).flatMap(([name, {default: value}]) =>
          value === undefined || value.includes('${{') ? [] : [[name, value]]
        )
      )
      const step: StepRun = {
        place,
        tree,
        uses,
        facts,
        env,
        isRun,
        with: {...defaults, ...given},
        given: Object.keys(given),
        run: textOf(this.value(at(tree, 'run'), inStep, `${place}.run`))
      }
      this.value(at(tree, 'name'), inStep, `${place}.name`)
      steps.push(step)
      const id = plainText(at(tree, 'id'))
      const outputs = isRun ? await this.outputs(step, given, {...call, place}, steps) : {}
      if (id !== '')
        context[id] = {
          outputs,
          outcome: isRun ? 'success' : 'skipped',
          conclusion: isRun ? 'success' : 'skipped'
        }
    }
    return {steps, context}
  }

  /** What a step gives out; the steps of a composite action run with it. */
  private async outputs(
    step: StepRun,
    given: Record<string, string>,
    call: StepsCall,
    steps: StepRun[]
  ): Promise<Record<string, Value>> {
    const {facts, place, tree} = step
    if (facts?.command === 'compute-tags') return await this.computed(given, place, call.files)
    if (facts?.composite !== undefined) {
      const action = parse(facts.composite) as {
        runs?: {steps?: unknown}
        outputs?: Record<string, {value?: string}>
      }
      const whole = compositeTree(step.uses, action.runs?.steps)
      const inside = await this.steps(itemsOf(at(whole, 'jobs', 'part', 'steps')), {
        ...call,
        place: `${place} (${step.uses})`,
        contexts: {
          ...call.contexts,
          inputs: step.with,
          steps: {},
          env: step.env,
          needs: {},
          secrets: {},
          vars: {}
        },
        text: facts.composite
      })
      steps.push(...inside.steps)
      return Object.fromEntries(Object.keys(action.outputs ?? {}).map(name => [name, placeholder(name)]))
    }
    if (step.uses !== '')
      return Object.fromEntries((facts?.outputs ?? []).map(name => [name, placeholder(name)]))
    const id = plainText(at(tree, 'id'))
    const asked = [...call.text.matchAll(new RegExp(`\\bsteps\\.${id || '-'}\\.outputs\\.([\\w-]+)`, 'g'))]
    return Object.fromEntries(asked.map(([, name = '']) => [name, placeholder(name)]))
  }

  private async computed(
    given: Record<string, string>,
    place: string,
    files: Files
  ): Promise<Record<string, Value>> {
    try {
      const outputs = await computedOutputs(given, this.event.run, files)
      this.plan = parsePlan(outputs['plan'] ?? '')
      return outputs
    } catch (error) {
      this.refused.push({
        place,
        message: `${findingAt(place, error).message}, in a run for a ${this.event.name}`
      })
      return {}
    }
  }

  /** A job that calls a workflow. */
  private async called({job, place, around, contexts}: CellCall): Promise<Record<string, Value>> {
    const uses = plainText(at(job, 'uses'))
    const source = this.find(uses)
    if (source === undefined) {
      this.faults.push({place, message: `no workflow is known as ${uses}`})
      return {}
    }
    const tree = parseTree(source.name, source.text)
    const declared = entriesOf(at(tree.root, 'on', 'workflow_call', 'inputs'))
    const given = this.values(at(job, 'with'), contexts, `${place}.with`)
    for (const [input, value] of Object.entries(given))
      this.typed(
        value,
        at(tree.root, 'on', 'workflow_call', 'inputs', input, 'type'),
        `${place}.with.${input}`
      )
    const inputs = declared.map(([input, body]) => {
      const value = given[input] ?? valueOf(at(body, 'default'), {}) ?? ''
      return [input, at(body, 'type') === 'string' ? textOf(value) : value]
    })
    return await this.workflow(tree, {
      ...around,
      place: `${place} (${ownPath(uses) ?? uses})`,
      allowed: around.permissions,
      inputs: Object.fromEntries(inputs) as Record<string, Value>,
      secrets:
        plainText(at(job, 'secrets')) === 'inherit'
          ? secretsFor(source.text, this.event)
          : {
              ...secretsFor(source.text, {...this.event, hasSecrets: false}),
              ...this.values(at(job, 'secrets'), contexts, `${place}.secrets`)
            }
    })
  }

  private typed(value: Value, type: Tree | undefined, place: string): void {
    if ((type === 'boolean' || type === 'number') && typeof value !== type)
      this.refused.push({
        place,
        message: `it is ${JSON.stringify(value)}, and the workflow that is called takes a ${type}`
      })
  }

  private cells(matrix: Tree | undefined, contexts: Contexts, place: string): Value[] {
    if (matrix === undefined) return [{}]
    const value = this.value(matrix, contexts, place)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
    const {include = [], ...axes} = value as Record<string, Value>
    const products = Object.entries(axes).reduce<Record<string, Value>[]>(
      (cells, [axis, values]) =>
        cells.flatMap(cell => [values ?? []].flat().map(each => ({...cell, [axis]: each}))),
      [{}]
    )
    const whole = Object.keys(axes).length === 0 ? [] : products
    return [...whole, ...(include as Value[])]
  }

  private group(part: Tree, contexts: Contexts, place: string): Group[] {
    const written = at(part, 'concurrency')
    if (written === undefined) return []
    const at_ = `${place}${place.includes(': jobs.') ? '.' : ': '}concurrency`
    const value = this.value(written, contexts, at_)
    if (typeof value === 'string') return [{place: at_, group: value, cancels: false, queue: ''}]
    const {group, 'cancel-in-progress': cancels, queue} = (value ?? {}) as Record<string, Value>
    return [
      {
        place: at_,
        group: textOf(group),
        cancels: cancels === true || cancels === 'true',
        queue: textOf(queue)
      }
    ]
  }

  private value(tree: Tree | undefined, contexts: Contexts, place: string): Value {
    try {
      return valueOf(tree, contexts)
    } catch (error) {
      this.faults.push(findingAt(place, error))
      return null
    }
  }

  private values(tree: Tree | undefined, contexts: Contexts, place: string): Record<string, Value> {
    return Object.fromEntries(
      entriesOf(tree).map(([key, item]) => [key, this.value(item, contexts, `${place}.${key}`)])
    )
  }

  private texts(tree: Tree | undefined, contexts: Contexts, place: string): Record<string, string> {
    if (!isMap(tree)) return {}
    try {
      return textsOf(tree, contexts)
    } catch {
      const values = this.values(tree, contexts, place)
      return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, textOf(value)]))
    }
  }

  private condition(
    tree: Tree | undefined,
    contexts: Contexts,
    place: string,
    status: Status = 'success'
  ): boolean {
    try {
      return holds(tree, contexts, status)
    } catch (error) {
      this.faults.push(findingAt(place, error))
      return false
    }
  }
}

interface JobCall {
  readonly tree: WorkflowTree
  readonly around: Around
  readonly contexts: Contexts
  readonly ended: Readonly<Record<string, Ended>>
}

interface CellCall {
  readonly name: string
  readonly job: Tree
  readonly place: string
  readonly matrix: Value
  readonly tree: WorkflowTree
  readonly needs: readonly string[]
  readonly around: Around
  readonly contexts: Contexts
}

interface StepsCall {
  readonly place: string
  readonly contexts: Contexts
  readonly text: string
  readonly files: Files
}

function needsOf(job: Tree): string[] {
  return itemsOf(at(job, 'needs')).map(plainText)
}

/** All jobs that end before this one. */
function ancestors(name: string, root: Tree, seen: readonly string[] = []): string[] {
  const direct = needsOf(at(root, 'jobs', name) ?? null).filter(need => !seen.includes(need))
  return [...new Set([...direct, ...direct.flatMap(need => ancestors(need, root, [...seen, name]))])]
}

function permissionsIn(part: Tree): unknown {
  const written = at(part, 'permissions')
  return written === undefined ? undefined : valueOf(written, {})
}

/** The steps of a composite action, read by the parser of workflows. */
function compositeTree(uses: string, steps: unknown): Tree {
  const text = JSON.stringify({on: 'push', jobs: {part: {'runs-on': 'ubuntu-24.04', steps}}})
  return parseTree(uses, text).root
}
