import {type ImageWorkflow, type UsedStep, imageJobs} from './workflow-steps.js'

/** What a workflow of Docker's actions comes to. */
export interface Translation {
  /** Settings that hold for every run, for the file of settings. */
  readonly settings: Readonly<Record<string, string>>
  /** Settings that need a run to be known, for `with` of the workflow. */
  readonly inputs: Readonly<Record<string, string>>
  /** Logins, `registry=username:password`, one a line; ghcr.io needs none. */
  readonly logins: readonly string[]
  /** What image-release does otherwise, or cannot take over: sentences. */
  readonly notes: readonly string[]
}

/** Inputs of docker/metadata-action, which compute-tags takes by name and grammar. */
const METADATA = ['images', 'tags', 'flavor', 'labels', 'annotations']
/** Inputs of docker/build-push-action, by the names of the reusable workflow. */
const BUILD: Readonly<Record<string, string>> = {
  context: 'context',
  file: 'file',
  target: 'target',
  'build-args': 'build-args',
  platforms: 'platforms'
}
/** What comes from the steps before, or is done by image-release itself. */
const DONE = [
  ...Object.keys(BUILD),
  'push',
  'tags',
  'labels',
  'annotations',
  'outputs',
  'cache-from',
  'cache-to'
]
const GITHUB = 'ghcr.io'

/** Says in image-release's words what a workflow of Docker's actions says. */
export function translateWorkflow(workflow: ImageWorkflow): Translation {
  const jobs = imageJobs(workflow)
  const steps = workflow.steps.filter(({job}) => jobs.includes(job)).map(step => filledIn(step, workflow.env))
  const [metadata, ...moreMetadata] = steps.filter(({action}) => action === 'docker/metadata-action')
  const [build, ...moreBuilds] = steps.filter(({action}) => action === 'docker/build-push-action')
  const found = {...pick(metadata, METADATA), ...renamed(build), ...imagesOf(metadata, build)}
  const entries = Object.entries(found).filter(([, text]) => !isOfMatrix(text))
  return {
    settings: Object.fromEntries(entries.filter(([, text]) => !text.includes('${{'))),
    inputs: Object.fromEntries(entries.filter(([, text]) => text.includes('${{'))),
    logins: steps.flatMap(loginOf),
    notes: [
      ...[moreMetadata, moreBuilds].flatMap(more => more.map(severalNote)),
      ...Object.entries(found).flatMap(([name, text]) => (isOfMatrix(text) ? [matrixNote(name, text)] : [])),
      ...Object.keys(build?.with ?? {}).flatMap(name => (DONE.includes(name) ? [] : [leftNote(name)])),
      ...cacheNote(build)
    ]
  }
}

/** A called workflow cannot see variables of the one that calls. */
function filledIn(step: UsedStep, env: Readonly<Record<string, string>>): UsedStep {
  const fill = (text: string): string =>
    text.replace(/\$\{\{\s*env\.(\w+)\s*\}\}/g, (whole, name: string) => env[name] ?? whole)
  return {
    ...step,
    with: Object.fromEntries(Object.entries(step.with).map(([name, text]) => [name, fill(text).trim()]))
  }
}

function pick(step: UsedStep | undefined, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap(name => {
      const text = step?.with[name]
      return text ? [[name, text]] : []
    })
  )
}

/** A context of `.` is the default, and a list with commas is one with lines. */
function renamed(step: UsedStep | undefined): Record<string, string> {
  const found = pick(step, Object.keys(BUILD))
  const entries = Object.entries(found).map(([name, text]) => [BUILD[name] ?? name, text] as const)
  return Object.fromEntries(entries.filter(([name, text]) => !(name === 'context' && /^\.?\/?$/.test(text))))
}

/** Without metadata-action the tags of the build name the images. */
function imagesOf(metadata: UsedStep | undefined, build: UsedStep | undefined): {images?: string} {
  if (metadata !== undefined || build === undefined) return {}
  const names = (build.with['tags'] ?? '').split(/[\n,]/).map(tag => tag.trim().replace(/:[^:/]*$/, ''))
  const images = [...new Set(names.filter(name => name !== '' && !name.startsWith('${{ steps.')))]
  return images.length === 0 ? {} : {images: images.join('\n')}
}

function loginOf({action, with: given}: UsedStep): string[] {
  if (action !== 'docker/login-action' && action !== 'redhat-actions/podman-login') return []
  const {registry = 'docker.io', username = '', password = ''} = given
  return registry === GITHUB || username === '' || password === ''
    ? []
    : [`${registry}=${username}:${password}`]
}

function isOfMatrix(text: string): boolean {
  return /\$\{\{[^}]*\b(matrix|steps|needs|env)\./.test(text)
}

function severalNote({job, action}: UsedStep): string {
  return `${job} uses ${action} more than once; one image is taken over. Name several with services or variants.`
}

function matrixNote(name: string, text: string): string {
  return `${name} is ${JSON.stringify(text)}: say it with variants, services or platforms in the file of settings.`
}

function leftNote(name: string): string {
  return `${name} of docker/build-push-action is for the section build-by-digest of the file of settings, where it has the same name.`
}

function cacheNote(build: UsedStep | undefined): string[] {
  if (build?.with['cache-from'] === undefined && build?.with['cache-to'] === undefined) return []
  return [
    'Caches are named by what they are: see cache in the file of settings, for example cache: [gha, registry].'
  ]
}
