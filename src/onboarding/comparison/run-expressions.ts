import {Evaluator, Lexer, Parser, data} from '@actions/expressions'
import type {WorkflowRun} from '../../contracts/workflow-run.js'
import {contextsOf, onlyExpression} from '../expression-text.js'
import {textOf} from '../github-workflow.js'
import {matrixJobs} from '../matrix-values.js'
import type {Job} from '../workflow-model.js'

/** Values of contexts, as JSON. */
type Contexts = Readonly<Record<string, unknown>>

/** What can be told of a run before it runs; all else has a text that stands in for it. */
const TOLD = ['github', 'env', 'inputs']
const NAMES = 'github inputs vars secrets env needs jobs matrix strategy steps job runner'.split(' ')

/** Jobs of a matrix that are compared each; GitHub makes 256 at most. */
const MAX_JOBS = 64

/** Evaluates the expressions of a workflow in a run, by GitHub's own code. */
export class RunExpressions {
  readonly #run: WorkflowRun
  readonly #standIns: Map<string, string>
  readonly #matrix: Contexts | undefined

  /**
   * @param standIns texts for expressions that only a run knows; shared by all that are to be compared
   * @param matrix the values of a job of a matrix; undefined where only a run knows them
   */
  constructor(run: WorkflowRun, standIns: Map<string, string>, matrix?: Contexts) {
    this.#run = run
    this.#standIns = standIns
    this.#matrix = matrix
  }

  /** One for each job that a matrix makes; this one alone where only a run knows the jobs, or there are very many. */
  ofJobs(job: Job): readonly RunExpressions[] {
    const jobs = matrixJobs(job) ?? []
    return jobs.length === 0 || jobs.length > MAX_JOBS
      ? [this]
      : jobs.map(values => new RunExpressions(this.#run, this.#standIns, values))
  }

  /** A text with its expressions evaluated. What only a run knows becomes a version, which any rule can take. */
  text(text: string, env: Contexts): string {
    return text.replaceAll(/(enable=)?\$\{\{(.*?)\}\}/gs, (_, flag = '', inner: string) => {
      const value = this.#evaluate(inner, env)
      if (value !== undefined) return `${String(flag)}${textOf(value)}`
      return flag === '' ? this.#standInFor(inner.trim()) : `${String(flag)}true`
    })
  }

  /** Whether a condition or flag holds; one that only a run knows is taken to hold. */
  holds(text: string | undefined, env: Contexts): boolean {
    const bare = text === undefined ? '' : (onlyExpression(text) ?? text.trim())
    if (bare === '' || /^(?:true|false)$/i.test(bare)) return bare.toLowerCase() !== 'false'
    const value = this.#evaluate(bare, env)
    return value === undefined || !['', 'false', '0'].includes(textOf(value))
  }

  /** Variables with their own expressions evaluated, as a runner has them before a step asks for one. */
  #variables(env: Contexts, expression: string): Contexts {
    const asked = Object.entries(env).filter(
      ([name]) => expression.includes(name) || /\benv\s*[[)]/.test(expression)
    )
    return Object.fromEntries(asked.map(([name, text]) => [name, this.text(textOf(text), {})]))
  }

  /** Whether it asks for a variable that steps set, or for an input that a person has to write. */
  #asksUnset(expression: string, env: Contexts): boolean {
    const named = (pattern: RegExp): string[] =>
      [...expression.matchAll(pattern)].map(([, name = '']) => name.toLowerCase())
    const isSet = (known: object, name: string): boolean =>
      Object.keys(known).some(key => key.toLowerCase() === name)
    const {event, inputs = {}} = this.#run
    const isWritten = ['workflow_dispatch', 'workflow_call'].includes(event)
    return (
      named(/\benv\.([\w-]+)/gi).some(name => !isSet(env, name)) ||
      (isWritten && named(/\binputs\.([\w-]+)/gi).some(name => !isSet(inputs, name)))
    )
  }

  #standInFor(expression: string): string {
    const known = this.#standIns.get(expression)
    if (known !== undefined) return known
    const text = `7.0.${this.#standIns.size + 1}`
    this.#standIns.set(expression, text)
    return text
  }

  /** Undefined for what only a run knows, and for what GitHub refuses. */
  #evaluate(expression: string, env: Contexts): unknown {
    const asked = contextsOf(`\${{${expression}}}`)
    const told = this.#matrix === undefined ? TOLD : [...TOLD, 'matrix']
    if ([...asked].some(name => NAMES.includes(name) && !told.includes(name))) return undefined
    if (
      /\bgithub\.event\.(?!repository\b|pull_request\.number|inputs\b|release\.|action\b)|hashFiles/i.test(
        expression
      )
    )
      return undefined
    if (this.#asksUnset(expression, env)) return undefined
    const contexts = {
      github: githubOf(this.#run),
      env: this.#variables(env, expression),
      matrix: {...this.#matrix},
      inputs: {...this.#run.inputs}
    }
    try {
      const functions = STATUS.map(([name, answer]) => ({
        name,
        minArgs: 0,
        maxArgs: 0,
        call: () => new data.BooleanData(answer)
      }))
      const tree = new Parser(new Lexer(expression).lex().tokens, NAMES, functions).parse()
      const known = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary
      const result = new Evaluator(tree, known, new Map(functions.map(one => [one.name, one]))).evaluate()
      return JSON.parse(JSON.stringify(result, data.replacer)) as unknown
    } catch {
      return undefined
    }
  }
}

const STATUS: readonly (readonly [string, boolean])[] = [
  ['success', true],
  ['always', true],
  ['failure', false],
  ['cancelled', false]
]

/** The context `github` of a run (docs.github.com, "Contexts"). */
function githubOf(run: WorkflowRun): Contexts {
  const {event, ref, sha, source, defaultBranch, pullRequest, baseRef, prerelease} = run
  const [owner = '', name = ''] = source.fullName.split('/')
  const isTag = ref.startsWith('refs/tags/')
  const short = ref.replace(/^refs\/(?:heads|tags|pull)\//, '')
  return {
    event_name: event,
    ref,
    ref_name: short,
    ref_type: isTag ? 'tag' : 'branch',
    sha,
    repository: source.fullName,
    repository_owner: owner,
    actor: 'octocat',
    base_ref: baseRef ?? '',
    head_ref: pullRequest === undefined ? '' : 'feature/x',
    run_id: '1000',
    run_number: '1',
    run_attempt: '1',
    server_url: 'https://github.com',
    event: {
      repository: {default_branch: defaultBranch, name, full_name: source.fullName},
      inputs: {...run.inputs},
      ...(event === 'release'
        ? {action: 'published', release: {tag_name: short, prerelease: prerelease === true}}
        : {}),
      ...(pullRequest === undefined ? {} : {pull_request: {number: pullRequest}})
    }
  }
}
