import {variablesOf} from './build-actions.js'
import {contextsOf, isOpen, withVariables} from './expression-text.js'
import {withLiterals, withMatrix} from './matrix-values.js'
import type {MatrixBuild, MergedImage} from './recipe-images.js'
import type {Job, Step, TextMap, Workflow} from './workflow-model.js'

/** One image of a recipe, as its plan is asked for it. */
export interface RecipeImage {
  /** What tells it from the others; empty where there is one image. */
  readonly key: string
  /** Inputs of compute-tags. */
  readonly inputs: TextMap
  /** Variables of the step that plans. */
  readonly env: TextMap
}

interface RecipeSteps {
  readonly merge: Job
  readonly create: Step
  readonly metadata: Step | undefined
  readonly inputs: TextMap
}

type Fault = {readonly fault: string}

/** What compute-tags is asked for one image, with the values of its matrices in their places: the job that plans has none. */
export function recipeInputs(
  workflow: Workflow,
  {key, values, builds}: MergedImage,
  {merge, create, metadata, inputs}: RecipeSteps
): RecipeImage | Fault {
  const platforms = platformsOf(workflow, builds)
  if (typeof platforms === 'object') return platforms
  const variables = variablesOf(workflow, merge, metadata ?? create)
  const ofMatrix = Object.fromEntries(Object.entries(variables).filter(([, text]) => asksMatrix(text)))
  const labels = Object.entries(labelsOf(builds))
  const told = Object.entries({...inputs, ...metadata?.env}).map(
    ([name, text]) => [name, withLiterals(withVariables(text, ofMatrix), values)] as const
  )
  const open = [...labels, ...told].find(
    ([, text]) => asksMatrix(text) || Object.keys(ofMatrix).some(name => asksVariable(text, name))
  )
  if (open !== undefined)
    return {fault: `the job that plans has no matrix, and ${open[0]} needs a value of one: ${open[1].trim()}`}
  const isInput = ([name]: readonly [string, string]): boolean => name in inputs
  return {
    key,
    inputs: {...Object.fromEntries(labels), ...Object.fromEntries(told.filter(isInput)), platforms},
    env: Object.fromEntries(told.filter(one => !isInput(one)))
  }
}

function asksMatrix(text: string): boolean {
  return contextsOf(text).has('matrix')
}

function asksVariable(text: string, name: string): boolean {
  return [...text.matchAll(/\benv\.([\w-]+)/g)].some(([, asked]) => asked === name)
}

/** The platform of a runner of GitHub; empty for others, which only a run can tell. */
function platformOfRunner(runner: string): string {
  if (!/^"ubuntu-[\w.-]+"$/.test(runner)) return ''
  return /-arm"$/.test(runner) ? 'linux/arm64' : 'linux/amd64'
}

/** The platforms of all builds of an image, in their order. */
function platformsOf(workflow: Workflow, builds: readonly MatrixBuild[]): string | Fault {
  const all: string[] = []
  for (const {
    digest: {job, build},
    values
  } of builds) {
    const text = withVariables(build.with['platforms'] ?? '', variablesOf(workflow, job, build))
    const one =
      text === ''
        ? platformOfRunner(withMatrix(JSON.stringify(job.value['runs-on']), values))
        : withMatrix(text, values)
    if (one === '' || isOpen(one))
      return {
        fault: `only a run can tell which platforms the job ${job.name} builds: ${text || 'it names none'}`
      }
    all.push(...one.split(/[\n,]/).map(platform => platform.trim()))
  }
  const twice = all.find((one, at) => all.indexOf(one) !== at)
  return twice === undefined
    ? all.join(',')
    : {fault: `${twice} is built more than once, for several images: see variants in docs/planning.md`}
}

/** Labels and annotations that the builds add and the merge does not know; as they stand where the builds differ in them. */
function labelsOf(builds: readonly MatrixBuild[]): TextMap {
  const [first] = builds
  const given = first?.digest.metadata?.with ?? {}
  return Object.fromEntries(
    Object.entries(given)
      .filter(([name]) => ['labels', 'annotations'].includes(name))
      .map(([name, text]) => {
        const [filled = text, ...others] = new Set(builds.map(({values}) => withLiterals(text, values)))
        return [name, others.length === 0 ? filled : text]
      })
  )
}
