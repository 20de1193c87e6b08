import {contextsOf, isOpen, onlyExpression, withVariables} from './expression-text.js'
import type {Draft} from './draft.js'
import {readHandmadeTags} from './handmade-tags.js'
import {pushWish} from './plan-step.js'
import {BUILD, METADATA, isByDigest, mayPush, metadataOf, variablesOf} from './build-actions.js'
import {SAME_INPUTS} from './build-step.js'
import type {Job, Step} from './workflow-model.js'

/** A job that calls the reusable workflow, and the settings that it needs. */
export interface Call {
  /** Settings of compute-tags that hold for every run. */
  readonly settings: Readonly<Record<string, string>>
  /** Settings of build-by-digest. */
  readonly build: Readonly<Record<string, string>>
  /** What needs a run to be known, for `with` of the job. */
  readonly inputs: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
  /** Whether it logs in to ghcr.io, or names it. */
  readonly isGhcr: boolean
}

/** What a caller can ask in `with` and `secrets`: GitHub's table of contexts. */
const CALLER = ['github', 'inputs', 'vars', 'needs', 'strategy', 'matrix']
const METADATA_INPUTS = ['images', 'tags', 'flavor', 'labels', 'annotations']
const CALL_INPUTS = [...METADATA_INPUTS, 'context', 'file', 'target', 'build-args', 'platforms', 'push']
const JOB_KEYS = ['name', 'needs', 'if', 'concurrency', 'permissions', 'steps', 'runs-on', 'env']
const METADATA_VARIABLES: Readonly<Record<string, string>> = {
  DOCKER_METADATA_PR_HEAD_SHA: 'pr-head-sha',
  DOCKER_METADATA_SHORT_SHA_LENGTH: 'short-sha-length',
  DOCKER_METADATA_ANNOTATIONS_LEVELS: 'annotation-levels'
}

/** Reads a job that does what the reusable workflow does, and finds what it does beside that. */
export class CallReader {
  /** Why the reusable workflow cannot hold the job: sentences. */
  readonly reasons: string[] = []
  readonly settings: Record<string, string> = {}
  readonly build: Record<string, string> = {}
  readonly inputs: Record<string, string> = {}
  readonly secrets: Record<string, string> = {}
  isGhcr = false
  readonly #draft: Draft
  readonly #job: Job
  readonly #logins: string[] = []

  constructor(draft: Draft, job: Job) {
    this.#draft = draft
    this.#job = job
    this.#readJob()
    for (const step of job.steps) this.#readStep(step)
    if (this.#logins.length > 0) this.secrets['REGISTRY_CREDENTIALS'] = this.#logins.join('\n')
    for (const [name, setting] of Object.entries(METADATA_VARIABLES)) {
      const value = variablesOf(draft.workflow, job)[name]
      if (value !== undefined) this.#set(setting, value)
    }
  }

  #no(reason: string): void {
    if (!this.reasons.includes(reason)) this.reasons.push(reason)
  }

  #set(name: string, text: string): void {
    if (name === 'images') this.isGhcr ||= text.includes('ghcr.io')
    if (!isOpen(text)) this.settings[name] = text
    else if (!CALL_INPUTS.includes(name)) this.#no(`${name} is known in a run only`)
    else if ([...contextsOf(text)].every(context => CALLER.includes(context))) this.inputs[name] = text
    else this.#no(`${name} asks ${[...contextsOf(text)].join(', ')}, which a caller cannot`)
  }

  #readJob(): void {
    const {value} = this.#job
    for (const key of Object.keys(value)) {
      if (key === 'timeout-minutes' && typeof value[key] === 'number')
        this.inputs['timeout-minutes'] = String(value[key])
      else if (!JOB_KEYS.includes(key)) this.#no(`the job has ${key}`)
    }
    if (typeof value['runs-on'] !== 'string' || !/^ubuntu-(?:latest|\d\d\.04)$/.test(value['runs-on']))
      this.#no(`the job runs on ${JSON.stringify(value['runs-on'])}`)
    if (Object.values(this.#job.env).some(isOpen)) this.#no('variables of the job are known in a run only')
  }

  #readStep(step: Step): void {
    const known = ['name', 'id', 'uses', 'with', 'if', 'env']
    const {action, keys, condition} = step
    for (const key of keys) if (!known.includes(key)) this.#no(`a step has ${key}`)
    const isOfPush = condition !== undefined && onlyPush(condition) && action.endsWith('-login')
    const isLogin = action === 'docker/login-action'
    if (condition !== undefined && !isOfPush && !(isLogin && onlyPush(condition)))
      this.#no(`a step has a condition, ${condition}`)
    if (action === 'actions/checkout') this.#readCheckout(step)
    else if (action === 'docker/setup-qemu-action') this.#only(step, ['platforms'])
    else if (action === 'docker/setup-buildx-action') this.#only(step, [])
    else if (isLogin) this.#readLogin(step)
    else if (action === METADATA) this.#readMetadata(step)
    else if (action === BUILD && mayPush(step) && !isByDigest(step)) this.#readBuild(step)
    else this.#no(`it has a step ${step.name ?? (action || step.run.split('\n')[0] || '')}`)
  }

  #only({action, with: given}: Step, names: readonly string[]): void {
    for (const name of Object.keys(given)) if (!names.includes(name)) this.#no(`${action} has ${name}`)
  }

  #readCheckout(step: Step): void {
    this.#only(step, ['persist-credentials', 'fetch-depth'])
    const depth = step.with['fetch-depth'] ?? '1'
    if (depth !== '1') this.#no(`the build gets ${depth === '0' ? 'the whole history' : `${depth} commits`}`)
  }

  #readLogin(step: Step): void {
    this.#only(step, ['registry', 'username', 'password'])
    const fill = (text = ''): string =>
      withVariables(text, variablesOf(this.#draft.workflow, this.#job, step))
    const [registry, username, password] = [
      fill(step.with['registry']) || 'docker.io',
      fill(step.with['username']),
      fill(step.with['password'])
    ]
    const isOfRun = /^\$\{\{\s*(?:github\.token|secrets\.GITHUB_TOKEN)\s*\}\}$/i.test(password)
    this.isGhcr ||= registry === 'ghcr.io'
    if (isOpen(registry)) this.#no('a registry is known in a run only')
    if (registry === 'ghcr.io' && isOfRun) return
    if (registry === 'ghcr.io') this.#no('it logs in to ghcr.io with a token of its own')
    const contexts = [...contextsOf(username), ...contextsOf(password)]
    if (contexts.some(context => ![...CALLER, 'secrets'].includes(context)))
      this.#no('a login asks what a caller cannot')
    this.#logins.push(`${registry}=${username}:${password}`)
  }

  #readMetadata(step: Step): void {
    const env = variablesOf(this.#draft.workflow, this.#job, step)
    this.#only(step, [...METADATA_INPUTS, 'github-token', 'sep-tags', 'sep-labels', 'sep-annotations'])
    for (const name of METADATA_INPUTS) {
      const text = withVariables(step.with[name] ?? '', env).trim()
      if (text !== '') this.#set(name, text)
    }
    for (const [name, text] of Object.entries(step.env)) {
      const setting = METADATA_VARIABLES[name]
      if (setting === undefined) this.#no(`${METADATA} has the variable ${name}`)
      else this.#set(setting, text)
    }
  }

  #readBuild(step: Step): void {
    const env = variablesOf(this.#draft.workflow, this.#job, step)
    this.#readTags(step)
    for (const [name, raw] of Object.entries(step.with)) {
      const text = withVariables(raw, env).trim()
      if (name === 'tags' || text === '') continue
      if (name === 'push')
        this.#set('push', pushWish(text, this.#draft.workflow.events, this.settings['tags'] ?? ''))
      else if (['file', 'target', 'build-args', 'platforms'].includes(name)) this.#set(name, text)
      else if (name === 'context') this.#readContext(text)
      else if (name === 'labels' || name === 'annotations') this.#readOfMetadata(step, name, text)
      else if (name === 'secrets') this.secrets['BUILD_SECRETS'] = this.#secretsOf(text)
      else if (name === 'outputs' || name === 'ssh' || name === 'github-token' || name === 'load')
        this.#no(`the build has ${name}`)
      else if (!SAME_INPUTS.includes(name)) this.#no(`the build has ${name}`)
      else if (/^cache-(?:from|to)$/.test(name) && /^(?:type=gha(?:,mode=\w+)?(?:\n|$))+$/.test(text))
        this.build['cache'] = 'gha'
      else if (isOpen(text)) this.#no(`${name} is known in a run only`)
      else this.build[name] = text
    }
    if ((step.with['platforms'] ?? '').trim() === '') this.settings['platforms'] = 'linux/amd64'
    if (Object.keys(step.env).length > 0) this.#no('the build has variables of its own')
    if (this.settings['push'] === '') delete this.settings['push']
  }

  #readContext(text: string): void {
    if (!/^\.?\/?$/.test(text)) this.#set('context', text)
  }

  #readOfMetadata(step: Step, name: string, text: string): void {
    const metadata = metadataOf(this.#job, step)
    const isOf =
      metadata !== undefined && onlyExpression(text) === `steps.${metadata.id ?? ''}.outputs.${name}`
    if (isOf) return
    if (metadata === undefined) this.#set(name, text)
    else this.#no(`the build has ${name} beside those of ${METADATA}`)
  }

  #secretsOf(text: string): string {
    const isAskable = [...contextsOf(text)].every(context => [...CALLER, 'secrets'].includes(context))
    if (!isAskable) this.#no('secrets of the build ask what a caller cannot')
    return text
  }

  #readTags(step: Step): void {
    const text = withVariables(
      step.with['tags'] ?? '',
      variablesOf(this.#draft.workflow, this.#job, step)
    ).trim()
    const metadata = metadataOf(this.#job, step)
    if (metadata !== undefined && onlyExpression(text) === `steps.${metadata.id ?? ''}.outputs.tags`) return
    const read = readHandmadeTags(text)
    if (metadata !== undefined || 'fault' in read) {
      this.#no('its tags come from several places')
      return
    }
    this.#set('images', read.images.join('\n'))
    this.#set('tags', read.rules.join('\n'))
    this.#set('flavor', 'latest=false')
  }
}

/** The condition by which people spare pull requests a login. */
function onlyPush(condition: string): boolean {
  return (
    (onlyExpression(condition) ?? condition).replaceAll(/\s+/g, '') === "github.event_name!='pull_request'"
  )
}
