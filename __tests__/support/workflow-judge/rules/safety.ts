import {parse} from 'yaml'
import {excess} from '../../hosted/job-token.js'
import {secretNameFault} from '../../hosted/workflow-faults.js'
import {usesParts, ownPath} from '../actions.js'
import {type Finding, distinct} from '../finding.js'
import {type Judged, type Rule, inRun, jobsOf, stepsOf} from '../judged.js'
import {givenInputs} from '../own-action.js'
import {shellCommands} from '../shell-commands.js'
import type {JobRun, StepRun} from '../simulation.js'
import {type Tree, at, entriesOf, expressionsIn, itemsOf, plainText} from '../workflow-tree.js'

/** What secrets, tokens and actions of others may do, and where they may go. */
export const SAFETY_RULES: readonly Rule[] = [
  {
    id: 'secret-name',
    says: 'The name of a secret has letters, digits and _ only, so no environment and no `inherit` fills another.',
    source: 'docs.github.com, «Secrets reference», «Naming your secrets»',
    judge: ({source, tree}) =>
      distinct(
        secretNames(tree.root, source.text).flatMap(name => {
          const fault = secretNameFault(name)
          return fault === undefined ? [] : [{place: source.name, message: fault}]
        })
      )
  },
  {
    id: 'secret-output',
    says: 'The runner drops an output of a job that holds the value of a secret which that job was given: «Skip output … since it may contain secret».',
    source: 'docs.github.com, «Defining outputs for jobs»; github.com/namidb/namidb/issues/114',
    judge: secretOutputs
  },
  {
    id: 'permissions',
    says: 'The token of a job may do what its permissions say and no more; a pull request of a fork only reads.',
    source: 'docs.github.com, «Workflow syntax», `permissions`; «Use GITHUB_TOKEN for authentication»',
    async judge(judged) {
      const found = await Promise.all(
        stepsOf(judged).map(async ({job, step}) => {
          if (job.event.isReadOnly) return []
          const needed = await neededBy(job, step)
          return needed.flatMap(({right, why}) => {
            const [name = '', access = ''] = right.split(': ')
            return excess({[name]: access as 'read' | 'write'}, job.permissions).map(() => ({
              place: step.place,
              message: `${why}, and the job has no permission ${right}`
            }))
          })
        })
      )
      return distinct(found.flat())
    }
  },
  {
    id: 'called-permissions',
    says: 'A workflow that is called has at most its caller’s permissions; a job that asks for more fails the run before it starts.',
    source: 'docs.github.com, «Reuse workflows»: «The nested job … is requesting …»',
    judge: calledPermissions
  },
  {
    id: 'identity',
    says: 'Clouds know a job by its OIDC token, which is there only with `id-token: write`, and in no run of a fork.',
    source: 'docs.github.com, «OpenID Connect reference»',
    judge: judged =>
      distinct(
        stepsOf(judged).flatMap(({job, step}) => {
          const asks = OIDC[usesParts(step.uses).name]
          const isAsking = asks?.some(name => step.given.includes(name)) === true
          return !isAsking || job.permissions['id-token'] === 'write'
            ? []
            : [
                {
                  place: step.place,
                  message: `${usesParts(step.uses).name} asks for an OIDC token, and the job has no permission id-token: write, ${inRun(job.event)}`
                }
              ]
        })
      )
  },
  {
    id: 'pinned',
    says: 'A tag of an action can be moved to other code; a commit cannot.',
    source: 'docs.github.com, «Secure use reference», «Using third-party actions»',
    judge: ({source, tree}) => (source.isDocument ? [] : pinFindings(source.name, tree.root, source.files))
  },
  {
    id: 'pull-request',
    says: 'A run for a pull request builds foreign code: nothing of it may be published.',
    source: 'docs.github.com, «Secure use reference»; src/ci/run-facts.ts, `push: auto`',
    judge: judged =>
      distinct(
        stepsOf(judged).flatMap(({job, step}) =>
          PUBLISHES.includes(step.facts?.command ?? '') && job.event.run.event === 'pull_request'
            ? [{place: step.place, message: `${step.uses} runs ${inRun(job.event)}`}]
            : []
        )
      )
  },
  {
    id: 'idle-login',
    says: 'What a pull request brings is built where nothing is published, too: the token of the job cannot push to ghcr.io there, for it is not given to the build.',
    source:
      'docs.github.com, «Secure use reference», «Principle of least privilege»; issue «Nothing of a stranger gets further than its own build»',
    async judge(judged) {
      const found = await Promise.all(
        stepsOf(judged).map(async ({job, step}) => {
          const isIdle = step.facts?.command === 'build-by-digest' && job.plan?.push === false
          if (!isIdle || job.event.isReadOnly || job.permissions['packages'] !== 'write') return []
          return hasTokenFor(job, await textsFor(job, step))
            ? [
                {
                  place: step.place,
                  message: `it is given the token of the job, which can push, and publishes nothing, ${inRun(job.event)}`
                }
              ]
            : []
        })
      )
      return distinct(found.flat())
    }
  },
  {
    id: 'cache-rules',
    says: 'Rules for caches choose by any name and age: in a repository of releases they delete versions.',
    source: 'docs/cleaning-up.md; issue «Data loss by a guide»',
    async judge(judged) {
      const found = await Promise.all(
        stepsOf(judged).map(async ({job, step}) => {
          if (step.facts?.command !== 'cleanup-latest') return []
          const texts = await textsFor(job, step)
          const rules = ['cache-tags', 'cache-age', 'cache-size'].filter(name => (texts[name] ?? '') !== '')
          if (rules.length === 0) return []
          const released = releasedImages(job)
          const shared = (texts['images'] ?? '')
            .split(/[\n,]/)
            .map(one => one.trim())
            .filter(one => released.includes(one))
          return [
            ...(step.given.includes('release')
              ? [
                  {
                    place: step.place,
                    message: `${rules.join(', ')} beside a release: give caches a job and a file of settings of their own`
                  }
                ]
              : []),
            ...shared.map(image => ({
              place: step.place,
              message: `${rules.join(', ')} choose from ${image}, which holds releases`
            }))
          ]
        })
      )
      return distinct(found.flat())
    }
  }
]

const PUBLISHES = [
  'merge-manifest',
  'update-manifests',
  'promote-release',
  'rollback-release',
  'cleanup-latest',
  'release-notes'
]

/** Inputs that make an action ask for a token of the job's identity. */
const OIDC: Readonly<Record<string, readonly string[]>> = {
  'aws-actions/configure-aws-credentials': ['role-to-assume'],
  'google-github-actions/auth': ['workload_identity_provider'],
  'azure/login': ['client-id']
}

function secretNames(root: Tree, text: string): string[] {
  const declared = entriesOf(at(root, 'on', 'workflow_call', 'secrets')).map(([name]) => name)
  const passed = entriesOf(at(root, 'jobs')).flatMap(([, job]) =>
    entriesOf(at(job, 'secrets')).map(([name]) => name)
  )
  const dotted = [...text.matchAll(/\bsecrets\.([\w-]+)/g)].map(([, name = '']) => name)
  const indexed = [...text.matchAll(/\bsecrets\['([^']*)'\]/g)].map(([, name = '']) => name)
  return [...new Set([...declared, ...passed, ...dotted, ...indexed])]
}

function secretOutputs({source, tree}: Judged): Finding[] {
  const jobs = entriesOf(at(tree.root, 'jobs'))
  const taintedEnv = (part: Tree): string[] =>
    entriesOf(at(part, 'env')).flatMap(([name, value]) => (holdsSecret(value) ? [name] : []))
  return jobs.flatMap(([name, job]) => {
    const place = `${source.name}: jobs.${name}.outputs`
    const ofJob = [...taintedEnv(tree.root), ...taintedEnv(job)]
    const tainted = itemsOf(at(job, 'steps')).flatMap(step =>
      taintedOutputs(step, [...ofJob, ...taintedEnv(step)])
    )
    const direct = entriesOf(at(job, 'outputs')).flatMap(([output, value]) => {
      const texts = [...expressionsIn(value)].map(([, {text}]) => text)
      const isSecret =
        holdsSecret(value) || texts.some(text => ofJob.some(env => text.includes(`env.${env}`)))
      const from = tainted.find(one => texts.some(text => text.includes(one)))
      if (isSecret) return [{place: `${place}.${output}`, message: 'it holds a secret'}]
      return from === undefined
        ? []
        : [{place: `${place}.${output}`, message: `it is ${from}, which is made of a secret`}]
    })
    return [...direct, ...userNames(source.name, name, jobs)]
  })
}

function holdsSecret(value: Tree): boolean {
  return [...expressionsIn(value)].some(
    ([, {text}]) => /\bsecrets\b/.test(text) && !/^\s*secrets\.GITHUB_TOKEN\s*$/.test(text)
  )
}

/** Outputs of a step that its lines write with a variable that holds a secret. */
function taintedOutputs(step: Tree, secret: readonly string[]): string[] {
  const run = plainText(at(step, 'run'))
  const id = plainText(at(step, 'id'))
  if (!run.includes('GITHUB_OUTPUT')) return []
  return run.split('\n').flatMap(line => {
    const output = /(?:echo|printf)\s+["']?([\w-]+)=/.exec(line)?.[1]
    const isTainted = secret.some(name => new RegExp(`\\$\\{?${name}\\b`).test(line))
    return output !== undefined && isTainted ? [`steps.${id}.outputs.${output}`] : []
  })
}

/** Outputs of the actions of this project in which names of images stand. */
const NAMES_IMAGES =
  /\bsteps\.[\w-]+\.outputs\.(release|plan|tags|images|json|report|journal|scan-matrix|merge-matrix)\b(?!-)/

/** A user name that is kept as a secret is often the namespace too: then every name of an image is dropped. */
function userNames(file: string, name: string, jobs: readonly [string, Tree][]): Finding[] {
  const job = jobs.find(([each]) => each === name)?.[1] ?? null
  const texts = [...expressionsIn(job)].map(([, {text}]) => text)
  const secret = texts
    .map(text => /\bsecrets\.(\w*DOCKERHUB_USER\w*)/.exec(text)?.[1])
    .find(each => each !== undefined)
  if (secret === undefined) return []
  return entriesOf(at(job, 'outputs')).flatMap(([output, value]) => {
    const isNaming = [...expressionsIn(value)].some(([, {text}]) => NAMES_IMAGES.test(text))
    const consumer = jobs.find(([, other]) =>
      [...expressionsIn(other)].some(([, {text}]) =>
        new RegExp(`\\bneeds\\.${name}\\.outputs\\.${output}\\b(?!-)`).test(text)
      )
    )
    if (!isNaming || consumer === undefined) return []
    return [
      {
        place: `${file}: jobs.${name}.outputs.${output}`,
        message: `${consumer[0]} takes it, and it names images: where ${secret} is the namespace as well it arrives empty; hand on the artifact, or keep the user name in vars`
      }
    ]
  })
}

interface Needed {
  readonly right: string
  readonly why: string
}

async function neededBy(job: JobRun, step: StepRun): Promise<Needed[]> {
  const {name} = usesParts(step.uses)
  if (name === 'actions/checkout')
    return [{right: 'contents: read', why: 'actions/checkout fetches the repository'}]
  if (['github/codeql-action/upload-sarif', 'github/codeql-action/analyze'].includes(name))
    return [{right: 'security-events: write', why: `${name} uploads findings`}]
  if (name === 'ossf/scorecard-action')
    return [{right: 'id-token: write', why: `${name} publishes its result under the repository's name`}]
  if (name === 'actions/download-artifact' && step.given.includes('run-id'))
    return [{right: 'actions: read', why: 'artifacts of another run are read'}]
  if (name === 'actions/attest-build-provenance')
    return ['id-token: write', 'attestations: write'].map(right => ({right, why: `${name} attests files`}))
  if (name === 'actions/deploy-pages')
    return ['pages: write', 'id-token: write'].map(right => ({right, why: `${name} deploys a site`}))
  const commands = shellCommands(step.run)
  if (commands.some(({program, args}) => program === 'git' && args.includes('push')))
    return [{right: 'contents: write', why: 'git pushes a branch'}]
  if (commands.some(({program}) => program === 'scripts/publish/moving-tags'))
    return [{right: 'contents: write', why: 'moving-tags pushes Git tags'}]
  const isReleased = commands.some(
    ({program, args}) => program === 'npx' && args.includes('semantic-release')
  )
  if (isReleased)
    return ['contents', 'issues', 'pull-requests'].map(each => ({
      right: `${each}: write`,
      why: 'semantic-release writes a tag, a release and comments'
    }))
  return step.facts?.command === undefined ? [] : await neededByOwn(job, step, step.facts.command)
}

async function neededByOwn(job: JobRun, step: StepRun, command: string): Promise<Needed[]> {
  const texts = await textsFor(job, step)
  const pushes =
    job.plan?.push === true && ['build-by-digest', 'merge-manifest', 'cleanup-latest'].includes(command)
  const images = job.plan?.targets.flatMap(target => target.images) ?? []
  const isPackage = pushes && images.some(image => image.startsWith('ghcr.io/')) && hasTokenFor(job, texts)
  const isSigned = !['', 'none'].includes(texts['sign'] ?? '') && (texts['sign-key'] ?? '') === ''
  const isAttested = texts['attest'] === 'true'
  const delivery = texts['deliver'] ?? 'commit'
  const isOwn = (texts['manifests-repository'] ?? '').endsWith('/octo/hello')
  const asked: [boolean, string, string][] = [
    [isPackage, 'packages: write', `${command} writes to ghcr.io with the token of the job`],
    [
      command === 'merge-manifest' && (isSigned || isAttested),
      'id-token: write',
      'signing without a key proves who the job is'
    ],
    [
      command === 'merge-manifest' && isAttested,
      'attestations: write',
      '`attest` keeps attestations on GitHub'
    ],
    [command === 'release-notes', 'contents: write', 'release-notes writes into a release'],
    [command === 'update-manifests' && isOwn, 'contents: write', 'update-manifests pushes a commit'],
    [
      command === 'update-manifests' && isOwn && delivery === 'pull-request',
      'pull-requests: write',
      'update-manifests opens a pull request'
    ],
    [
      command === 'cleanup-latest' && (texts['actions-caches'] ?? '') !== '',
      'actions: write',
      'caches of Actions are deleted'
    ]
  ]
  return asked.filter(([isAsked]) => isAsked).map(([, right, why]) => ({right, why}))
}

/** Whether the login for ghcr.io is the token of the job, by an input or by a step before. */
function hasTokenFor(job: JobRun, texts: Readonly<Record<string, string>>): boolean {
  const isGiven = /^ghcr\.io=[^\n]*:ghs_/m.test(texts['registry-credentials'] ?? '')
  return (
    isGiven ||
    job.steps.some(
      ({isRun, uses, with: login}) =>
        isRun &&
        usesParts(uses).name === 'docker/login-action' &&
        login['registry'] === 'ghcr.io' &&
        login['password']?.startsWith('ghs_') === true
    )
  )
}

function calledPermissions(judged: Judged): Finding[] {
  const outer = new Map(
    entriesOf(at(judged.tree.root, 'jobs'))
      .filter(([, job]) => ownPath(plainText(at(job, 'uses'))) !== undefined)
      .map(([name, job]) => [`${judged.source.name}: jobs.${name} (`, job])
  )
  return distinct(
    jobsOf(judged).flatMap(({place, permissions, allowed}) => {
      const isCalled = [...outer.keys()].some(prefix => place.startsWith(prefix))
      return isCalled && allowed !== undefined
        ? excess(permissions, allowed).map(fault => ({
            place,
            message: `the nested job is requesting ${fault}`
          }))
        : []
    })
  )
}

function pinFindings(name: string, root: Tree, files: Judged['source']['files']): Finding[] {
  const steps = entriesOf(at(root, 'jobs')).flatMap(([job, body]) =>
    itemsOf(at(body, 'steps')).map((step, index) => ({
      place: `${name}: jobs.${job}.steps[${index}]`,
      uses: plainText(at(step, 'uses'))
    }))
  )
  const composite = steps.flatMap(({place, uses}) => {
    const text = uses.startsWith('./') ? files(`${uses.slice(2)}/action.yml`) : undefined
    const inside =
      text === undefined ? [] : ((parse(text) as {runs?: {steps?: {uses?: string}[]}}).runs?.steps ?? [])
    return inside.map((step, index) => ({place: `${place} (${uses})[${index}]`, uses: step.uses ?? ''}))
  })
  return distinct(
    [...steps, ...composite].flatMap(({place, uses}) => {
      if (uses === '' || uses.startsWith('./') || ownPath(uses) !== undefined) return []
      return /^[0-9a-f]{40}$/.test(usesParts(uses).ref)
        ? []
        : [{place, message: `${uses} is not pinned by its commit`}]
    })
  )
}

/** The repositories that the settings of the release name. */
function releasedImages(job: JobRun): string[] {
  const settings = job.files('.github/image-release.yml')
  const named = settings === undefined ? undefined : (parse(settings) as {images?: unknown}).images
  return [...[named ?? []].flat().map(String), ...(job.plan?.targets.flatMap(target => target.images) ?? [])]
}

async function textsFor(job: JobRun, step: StepRun): Promise<Readonly<Record<string, string>>> {
  const own = Object.fromEntries(step.given.map(name => [name, step.with[name] ?? '']))
  return (await givenInputs(step.facts?.command ?? '', own, job.files)).texts
}
