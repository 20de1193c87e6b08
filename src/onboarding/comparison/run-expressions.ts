import {Evaluator, Lexer, Parser, data} from '@actions/expressions'
import type {WorkflowRun} from '../../contracts/workflow-run.js'
import {contextsOf, onlyExpression} from '../expression-text.js'
import {textOf} from '../github-workflow.js'

/** Values of contexts, as JSON. */
type Contexts = Readonly<Record<string, unknown>>

/** What can be told of a run before it runs; all else has a text that stands in for it. */
const TOLD = ['github', 'env', 'inputs']
const NAMES = 'github inputs vars secrets env needs jobs matrix strategy steps job runner'.split(' ')

/** Evaluates the expressions of a workflow in a run, by GitHub's own code. */
export class RunExpressions {
  readonly #run: WorkflowRun
  readonly #standIns: Map<string, string>

  /** @param standIns texts for expressions that only a run knows; shared by all that are to be compared */
  constructor(run: WorkflowRun, standIns: Map<string, string>) {
    this.#run = run
    this.#standIns = standIns
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
    if ([...asked].some(name => NAMES.includes(name) && !TOLD.includes(name))) return undefined
    if (
      /\bgithub\.event\.(?!repository\b|pull_request\.number|inputs\b|release\.|action\b)|hashFiles/i.test(
        expression
      )
    )
      return undefined
    const contexts = {github: githubOf(this.#run), env, inputs: {...this.#run.inputs}}
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
