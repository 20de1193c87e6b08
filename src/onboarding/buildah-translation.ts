import {type YAMLMap, isMap} from 'yaml'
import {type Draft, nameOf} from './draft.js'
import {bothConditions, isOpen, onlyExpression, withVariables} from './expression-text.js'
import {type HandmadeTags, readHandmadeTags} from './handmade-tags.js'
import {pushWish} from './plan-step.js'
import {BUILDAH, METADATA, REDHAT_PUSH, variablesOf} from './build-actions.js'
import {mapBelow, newStep, sayBefore, setText, setUses, stepsNode, writeSteps} from './step-nodes.js'
import type {Job, Step, TextMap} from './workflow-model.js'

/** An image that redhat-actions build and push. */
interface BuildahImage {
  readonly job: Job
  readonly build: Step
  readonly push: Step
  readonly tags: HandmadeTags
  /** The host that it is pushed to. */
  readonly host: string
}

/** Inputs of buildah-build that make an image without a Containerfile. */
const SCRATCH = ['base-image', 'content', 'entrypoint', 'port', 'workingdir', 'envs', 'user']

/**
 * Puts compute-tags and build-by-digest in the place of redhat-actions/buildah-build, and merge-manifest in that of
 * redhat-actions/push-to-registry.
 * @returns how many images were translated
 */
export function translateBuildah(draft: Draft, job: Job): number {
  const pushes = job.steps.filter(({action}) => action === REDHAT_PUSH)
  const builds = job.steps.filter(({action}) => action === BUILDAH)
  const [push, ...more] = pushes
  const [build, ...others] = builds
  if (push === undefined) return 0
  const image =
    build === undefined || more.length > 0 || others.length > 0
      ? {fault: 'it does not push what one step of redhat-actions/buildah-build before it built'}
      : imageOf(draft, job, {build, push})
  if ('fault' in image) {
    const {file} = draft.workflow
    draft.notes.push(`${file}: ${nameOf(push)} in the job ${job.name} stays as it is: ${image.fault}.`)
    return 0
  }
  writeImage(draft, image)
  return 1
}

function imageOf(
  {workflow}: Draft,
  job: Job,
  {build, push}: {readonly build: Step; readonly push: Step}
): BuildahImage | {readonly fault: string} {
  const odd = SCRATCH.find(name => build.with[name] !== undefined)
  if (odd !== undefined)
    return {
      fault: `its image is built without a Containerfile (${odd}): hand it over by source of build-by-digest`
    }
  if (job.steps.some(({action}) => action === METADATA))
    return {
      fault: 'its tags come from docker/metadata-action, with registries in front: see docs/migration.md'
    }
  const file = (build.with['containerfiles'] ?? build.with['dockerfiles'] ?? '').trim()
  if (file.includes('\n')) return {fault: 'it builds from several Containerfiles'}
  const rest = JSON.stringify({
    ...job.value,
    steps: job.steps.filter(step => step !== build && step !== push)
  })
  const read = [build.id, push.id].find(id => id !== undefined && rest.includes(`steps.${id}.outputs`))
  if (read !== undefined && /outputs\.(?!digest\b)/.test(rest))
    return {fault: `other steps read steps.${read}.outputs, which have other forms here`}
  const env = variablesOf(workflow, job, push)
  const fill = (text = ''): string => withVariables(text, env).trim()
  const image = /outputs\.image\b/.test(push.with['image'] ?? '') ? build.with['image'] : push.with['image']
  const tags = /outputs\.tags\b/.test(push.with['tags'] ?? '') ? build.with['tags'] : push.with['tags']
  const registry = fill(push.with['registry']).replace(/\/$/, '')
  const names = (fill(tags) || 'latest').match(/(?:\$\{\{.*?\}\}|\S)+/g) ?? []
  const base = [registry, fill(image ?? build.with['image'])].filter(part => part !== '').join('/')
  const references = readHandmadeTags(names.map(tag => `${base}:${tag}`).join('\n'))
  return 'fault' in references
    ? references
    : {job, build, push, tags: references, host: registry.split('/')[0] ?? ''}
}

function writeImage(draft: Draft, image: BuildahImage): void {
  const {job, build, push} = image
  const nodes = stepsNode(draft.document, job.name)?.items ?? []
  const own = nodes[build.at]
  if (!isMap(own)) return
  own.commentBefore = null
  const credentials = credentialsOf(image)
  const plan = newStep(draft.document, {
    name: 'Plan tags',
    id: 'plan',
    if: build.condition,
    uses: draft.uses('compute-tags'),
    with: planInputs(draft, image, credentials)
  })
  writeBuild(draft, {...image, own, credentials})
  writeSteps(draft, {job: job.name, at: build.at}, [plan, own])
  const merged = newStep(draft.document, {
    name: push.name ?? 'Publish',
    id: push.id,
    if: bothConditions(push.condition, "steps.plan.outputs.push == 'true'"),
    uses: draft.uses('merge-manifest'),
    with: {
      plan: '${{ steps.plan.outputs.plan }}',
      records: `\${{ steps.${build.id ?? 'image'}.outputs.records }}`,
      ...credentials
    }
  })
  writeSteps(draft, {job: job.name, at: push.at}, [merged])
  claimPush(draft, image)
  for (const {at} of job.steps)
    draft.claims.moved(
      ['jobs', job.name, 'steps', at],
      ['jobs', job.name, 'steps', at < build.at ? at : at + 1]
    )
}

function credentialsOf({push, host}: BuildahImage): TextMap {
  const {username = '', password = ''} = push.with
  return username === '' || password === '' ? {} : {'registry-credentials': `${host}=${username}:${password}`}
}

function planInputs({workflow}: Draft, {build, push, tags}: BuildahImage, credentials: TextMap): TextMap {
  const condition =
    push.condition === undefined ? 'true' : `\${{ ${onlyExpression(push.condition) ?? push.condition} }}`
  const wish = pushWish(condition, workflow.events, tags.rules.join('\n'))
  return {
    images: tags.images.join('\n'),
    tags: tags.rules.join('\n'),
    flavor: 'latest=false',
    platforms: platformsOf(build),
    ...(wish === '' ? {} : {push: wish}),
    ...credentials
  }
}

/** Architectures have names of Go's there, and are for Linux. */
function platformsOf({with: given}: Step): string {
  const platforms = given['platforms'] ?? given['platform'] ?? ''
  if (platforms.trim() !== '') return platforms.trim()
  const archs = (given['archs'] ?? given['arch'] ?? '').split(/[,\s]+/).filter(arch => arch !== '')
  return archs.length === 0 ? 'linux/amd64' : archs.map(arch => `linux/${arch}`).join(',')
}

interface OwnBuild extends BuildahImage {
  readonly own: YAMLMap
  readonly credentials: TextMap
}

/** What each input of buildah-build is called here; those that the plan has are not in it. */
const RENAMED: Readonly<Record<string, string>> = {containerfiles: 'file', dockerfiles: 'file'}
const OF_PLAN = ['image', 'tags', 'arch', 'archs', 'platform', 'platforms']
const SAME = ['context', 'build-args', 'labels']

function writeBuild(draft: Draft, {job, build, push, own, credentials, tags}: OwnBuild): void {
  const {document, claims} = draft
  const path = ['jobs', job.name, 'steps', build.at]
  setUses(own, draft.uses('build-by-digest'))
  claims.taken([...path, 'uses'], 'build-by-digest with builder: buildah')
  if (build.id === undefined) own.set('id', 'image')
  const given = mapBelow(document, own, 'with')
  const comments: string[] = []
  for (const [name, text] of Object.entries(build.with)) {
    if (SAME.includes(name)) continue
    given.delete(name)
    const renamed = RENAMED[name]
    if (renamed !== undefined) setText(document, given, renamed, text.trim())
    const to = renamed ?? (OF_PLAN.includes(name) ? 'the step plan' : name === 'oci' ? 'format' : undefined)
    const isOff = ['layers', 'tls-verify'].includes(name) && text === (name === 'layers' ? 'false' : 'true')
    if (to !== undefined || isOff) {
      claims.taken([...path, 'with', name], to ?? 'what build-by-digest does by itself')
      continue
    }
    const advice = ADVICE[name] ?? 'See docs/reference/build-by-digest.md.'
    claims.left([...path, 'with', name], 'build-by-digest has no such input', advice)
    comments.push(`init: ${name} is not taken over. ${advice}`)
  }
  const platforms = platformsOf(build)
  const isTested = job.steps.some(({at, run}) => at > build.at && at < push.at && run !== '')
  const [image = ''] = tags.images
  const local = `localhost/${image.split('/').at(-1) ?? ''}:tested`
  const inputs: TextMap = {
    platforms,
    builder: 'buildah',
    format: build.with['oci'] === 'true' ? 'oci' : 'docker',
    plan: '${{ steps.plan.outputs.plan }}',
    'hand-over': 'output',
    ...(isTested && !isOpen(local) && !platforms.includes(',') ? {'load-as': local} : {}),
    ...credentials
  }
  for (const [name, text] of Object.entries(inputs)) setText(document, given, name, text)
  sayBefore(own, comments)
}

const ADVICE: Readonly<Record<string, string>> = {
  layers: 'Hosted runners keep no layers: cache: registry does.',
  'extra-args': 'Say what they ask for in inputs of build-by-digest.',
  'tls-verify': 'For plain HTTP give insecure: HOST; for an authority of your own see docs/registries.md.'
}

function claimPush({claims}: Draft, {job, push}: BuildahImage): void {
  const path = ['jobs', job.name, 'steps', push.at]
  for (const key of push.keys)
    if (!['name', 'id'].includes(key) && key !== 'with') claims.taken([...path, key], 'merge-manifest')
  for (const name of Object.keys(push.with)) {
    if (['extra-args', 'digestfile', 'tls-verify'].includes(name))
      claims.left(
        [...path, 'with', name],
        'merge-manifest has no such input',
        ADVICE[name] ?? 'Its output digest holds it.'
      )
    else
      claims.taken(
        [...path, 'with', name],
        ['username', 'password'].includes(name) ? 'registry-credentials of the three steps' : 'the step plan'
      )
  }
}
