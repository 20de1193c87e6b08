import {HOSTED_IMAGES, hostedImage, programsOf} from '../../hosted/hosted-image.js'
import {usesParts} from '../actions.js'
import {textOf} from '../expression.js'
import {type Finding, distinct} from '../finding.js'
import {type Judged, type Rule, inRun, jobsOf, stepsOf} from '../judged.js'
import {givenInputs} from '../own-action.js'
import {type ShellCommand, shellCommands} from '../shell-commands.js'
import type {JobRun, StepRun} from '../simulation.js'

/** What a runner has, and what has to be there before a step can work. */
export const RUNNER_RULES: readonly Rule[] = [
  {
    id: 'runner',
    says: 'A job for a label that no runner has waits for a day, and fails then.',
    source: 'docs.github.com, «GitHub-hosted runners reference»; «Usage limits»',
    judge: judged =>
      distinct(
        jobsOf(judged).flatMap(({place, label}) =>
          typeof label === 'object' || isHosted(textOf(label))
            ? []
            : [
                {
                  place,
                  message: `there is no list of a runner's image for ${JSON.stringify(label)}; known are ${HOSTED_IMAGES.join(' and ')}`
                }
              ]
        )
      )
  },
  {
    id: 'programs',
    says: 'A hosted image has docker, podman, buildah and jq, and no scanner, cosign, crane or oras: what it lacks a step installs before.',
    source: 'github.com/actions/runner-images, __tests__/fixtures/hosted/ubuntu-24.04.json and -arm.json',
    async judge(judged) {
      const found = await Promise.all(
        stepsOf(judged).map(async ({job, step, before}) => {
          const label = textOf(job.label)
          if (!isHosted(label)) return []
          const there = new Set([...(PROGRAMS.get(label) ?? []), ...installedBy(before)])
          const missing = (await programsCalled(job, step)).filter(program => !there.has(program))
          return missing.map(program => ({
            place: step.place,
            message: `${program} is not on the image ${label} and no step before installs it`
          }))
        })
      )
      return distinct(found.flat())
    }
  },
  {
    id: 'cloud-login',
    says: 'The command lines of the clouds know nobody until a step logged the job in.',
    source: 'docs.github.com, «Security hardening with OpenID Connect»',
    judge: judged =>
      distinct(
        stepsOf(judged).flatMap(({step, before}) =>
          shellCommands(step.run).flatMap(({program}) => {
            const login = CLOUD_LOGINS[program]
            if (login === undefined || before.some(({uses}) => usesParts(uses).name === login)) return []
            return [{place: step.place, message: `${program} is called, and no step before uses ${login}`}]
          })
        )
      )
  },
  {
    id: 'registry-login',
    says: 'docker/login-action fails without a user and a password, and runs of forks have no secrets.',
    source: 'github.com/docker/login-action, README; docs.github.com, «Using secrets»',
    judge: judged =>
      distinct(
        stepsOf(judged).flatMap(({job, step}) => {
          if (usesParts(step.uses).name !== 'docker/login-action') return []
          const empty = ['username', 'password'].filter(name => (step.with[name] ?? '') === '')
          return empty.length === 0 || !job.event.hasVariables
            ? []
            : [
                {
                  place: step.place,
                  message: `${empty.join(' and ')} of docker/login-action is empty, ${inRun(job.event)}`
                }
              ]
        })
      )
  },
  {
    id: 'image-engine',
    says: 'docker and podman are both on a hosted image, and neither finds an image that the other loaded.',
    source:
      'github.com/actions/runner-images; src/checks/image-engine.ts: with `auto`, what the lines of the test call comes first',
    async judge(judged) {
      const found = await Promise.all(
        stepsOf(judged).map(async ({job, step}) => await engineFindings(job, step))
      )
      return distinct(found.flat())
    }
  },
  {
    id: 'checkout',
    says: 'The folder of a job is empty until a step checks the repository out: settings that are not there are not missed.',
    source: 'docs.github.com, «Workflow syntax», `steps`; github.com/actions/checkout',
    async judge(judged) {
      if (judged.source.isPart) return []
      const found = await Promise.all(
        stepsOf(judged).map(async ({job, step, before}) => {
          const reads = await readOf(job, step)
          if (reads === undefined) return []
          const checkout = before.find(({uses}) => usesParts(uses).name === 'actions/checkout')
          if (checkout === undefined)
            return [
              {place: step.place, message: `it reads ${reads}, and no step before checks the repository out`}
            ]
          return isCheckedOut(reads, checkout)
            ? []
            : [
                {
                  place: step.place,
                  message: `it reads ${reads}, and the checkout is limited to ${JSON.stringify(patternsOf(checkout))}`
                }
              ]
        })
      )
      return distinct(found.flat())
    }
  },
  {
    id: 'history',
    says: 'actions/checkout fetches one commit and no tags: what compares commits or counts versions needs more of them.',
    source: 'github.com/actions/checkout, action.yml, `fetch-depth`',
    async judge(judged) {
      const found = await Promise.all(
        stepsOf(judged).map(async ({job, step, before}) => {
          const needed = await historyFor(job, step)
          const checkout = before.find(({uses}) => usesParts(uses).name === 'actions/checkout')
          const depth = Number(checkout?.with['fetch-depth'] ?? 1)
          if (needed === undefined || checkout === undefined || depth === 0 || depth >= needed.commits)
            return []
          return [
            {
              place: step.place,
              message: `${needed.why}, and the checkout before fetches ${depth}; set fetch-depth to ${needed.commits === Infinity ? 0 : needed.commits}`
            }
          ]
        })
      )
      return distinct(found.flat())
    }
  },
  {
    id: 'order',
    says: 'An action that makes a folder of its own in the workspace and deletes it takes files of the same name along.',
    source: 'github.com/aquasecurity/setup-trivy, action.yaml, «Checkout install script», path',
    judge: judged =>
      distinct(
        stepsOf(judged).flatMap(({step, before}) =>
          step.facts?.known?.deletes !== undefined &&
          before.some(({uses}) => usesParts(uses).name === 'actions/checkout')
            ? [
                {
                  place: step.place,
                  message: `${step.uses} deletes the folder ${step.facts.known.deletes} of the checkout before; put it first`
                }
              ]
            : []
        )
      )
  },
  {
    id: 'artifact',
    says: 'The name of an artifact is there once in a run, and only after the job that uploads it.',
    source:
      'github.com/actions/upload-artifact, README, «Breaking changes»; github.com/actions/download-artifact',
    judge: artifactFindings
  }
]

const PROGRAMS = new Map(
  HOSTED_IMAGES.map((label): [string, ReadonlySet<string>] => [label, programsOf(hostedImage(label))])
)

function isHosted(label: string): boolean {
  return HOSTED_IMAGES.some(one => one === label)
}

const CLOUD_LOGINS: Readonly<Record<string, string>> = {
  aws: 'aws-actions/configure-aws-credentials',
  az: 'azure/login',
  gcloud: 'google-github-actions/auth'
}

/** Programs that steps put on the search path. */
function installedBy(before: readonly StepRun[]): string[] {
  return before.flatMap(step => {
    const {known} = step.facts ?? {}
    const own =
      known?.installs === undefined || (known.isOffPath === true && !isPathSet(before))
        ? []
        : [known.installs]
    const setUp = SET_UP[usesParts(step.uses).name] ?? []
    const packages = shellCommands(step.run).flatMap(installedPackage)
    return [...own, ...setUp, ...packages]
  })
}

function isPathSet(steps: readonly StepRun[]): boolean {
  return steps.some(({run}) => run.includes('GITHUB_PATH'))
}

const SET_UP: Readonly<Record<string, readonly string[]>> = {
  'actions/setup-node': ['node', 'npm', 'npx'],
  'actions/setup-python': ['python', 'python3', 'pip', 'pip3'],
  'actions/setup-go': ['go', 'gofmt']
}

/** A package of one version is as good as a pinned step; any other is whatever is newest today. */
function installedPackage({program, args}: ShellCommand): string[] {
  if (
    !['npm', 'pip', 'pip3', 'pipx'].includes(program) ||
    !args.some(word => word === 'install' || word === 'i')
  )
    return []
  return args.flatMap(word => /^(?:@[\w-]+\/)?([\w-]+)(?:@|==)\d+\.\d+/.exec(word)?.[1] ?? [])
}

/** What a step calls: its own lines, and what an action of this project is asked to call. */
async function programsCalled(job: JobRun, step: StepRun): Promise<string[]> {
  const lines = [step.run]
  const {command} = step.facts ?? {}
  const called: string[] = []
  if (command !== undefined) {
    const texts = await textsFor(job, step)
    if (command === 'build-by-digest') {
      lines.push(texts['test'] ?? '')
      const [scanner = ''] = (texts['scan'] ?? '').split(/\s/)
      if (SCANNERS.includes(scanner)) called.push(scanner)
      const builder = texts['builder'] ?? ''
      if (['podman', 'buildah'].includes(builder)) called.push(builder)
      const [generator = ''] = (texts['sbom-command'] ?? '').split(/\s/)
      if (generator !== '') called.push(generator)
    }
    if (command === 'merge-manifest' && !['', 'none'].includes(texts['sign'] ?? '')) called.push('cosign')
  }
  const commands = lines.flatMap(shellCommands).map(({program}) => program)
  return [...called, ...commands].filter(program => !/[/$]/.test(program))
}

const SCANNERS = ['trivy', 'grype', 'snyk']

async function textsFor(job: JobRun, step: StepRun): Promise<Readonly<Record<string, string>>> {
  const own = Object.fromEntries(step.given.map(name => [name, step.with[name] ?? '']))
  const {texts} = await givenInputs(step.facts?.command ?? '', own, job.files)
  return texts
}

async function engineFindings(job: JobRun, step: StepRun): Promise<Finding[]> {
  if (step.facts?.command !== 'build-by-digest') return []
  const texts = await textsFor(job, step)
  const test = texts['test'] ?? ''
  const called = ['docker', 'podman', 'buildah'].filter(engine =>
    shellCommands(test).some(({program}) => program === engine)
  )
  const wish = texts['load-into'] ?? 'auto'
  const loaded = wish === '' || wish === 'auto' ? called[0] : wish
  return called
    .filter(engine => engine !== loaded)
    .map(engine => ({
      place: step.place,
      message: `its test calls ${engine}, and the image is loaded into ${loaded ?? 'nothing'}; call $ENGINE, or set load-into`
    }))
}

/** What of the repository a step reads: `settings`, `sources`, or nothing. */
async function readOf(job: JobRun, step: StepRun): Promise<'settings' | 'sources' | undefined> {
  if (step.uses.startsWith('./')) return 'settings'
  const {command} = step.facts ?? {}
  if (command === 'build-by-digest') {
    const {context = ''} = await textsFor(job, step)
    return /^https?:/.test(context) ? undefined : 'sources'
  }
  if (command !== undefined) return isConfigured(job, step, command) ? 'settings' : undefined
  const isOfRepository = ({program, args}: ShellCommand): boolean =>
    program === 'make' ||
    /^\.?[\w.-]*\/(?!dev\/)/.test(program) ||
    ((program.startsWith('python') || program === 'node') && /^[\w.-]+(\/|\.\w+$)/.test(args[0] ?? '')) ||
    (program === 'trivy' && args[0] === 'config') ||
    (program === 'npx' && args.includes('semantic-release'))
  return shellCommands(step.run).some(isOfRepository) ? 'sources' : undefined
}

/** Whether the file of settings has something for an action: all read the top, or a section of their own. */
function isConfigured(job: JobRun, step: StepRun, command: string): boolean {
  const settings = job.files(step.with['config'] || '.github/image-release.yml')
  if (command === 'compute-tags') return settings !== undefined || (step.with['version-file'] ?? '') !== ''
  if ((step.with['config'] ?? '') !== '') return true
  return settings !== undefined && new RegExp(`^${command}:`, 'm').test(settings)
}

function patternsOf(checkout: StepRun): string[] {
  return (checkout.with['sparse-checkout'] ?? '')
    .split('\n')
    .map(line => line.trim())
    .filter(Boolean)
}

function isCheckedOut(reads: 'settings' | 'sources', checkout: StepRun): boolean {
  const patterns = patternsOf(checkout)
  if (patterns.length === 0) return true
  if (reads === 'settings') return patterns.some(pattern => pattern.startsWith('.github'))
  return patterns.some(pattern => !pattern.startsWith('.github'))
}

async function historyFor(job: JobRun, step: StepRun): Promise<{commits: number; why: string} | undefined> {
  if (step.facts?.command === 'compute-tags') {
    const texts = await textsFor(job, step)
    const asked = ['paths', 'dependency-paths'].filter(name => (texts[name] ?? '') !== '')
    return asked.length === 0
      ? undefined
      : {commits: 2, why: `${asked.join(' and ')} compare the commit with the one before`}
  }
  const isReleased = shellCommands(step.run).some(
    ({program, args}) => program === 'npx' && args.includes('semantic-release')
  )
  return isReleased ? {commits: Infinity, why: 'semantic-release reads all commits and tags'} : undefined
}

function artifactFindings({simulations}: Judged): Finding[] {
  return distinct(
    simulations.flatMap(({jobs}) => {
      const uploads = jobs.flatMap(job =>
        job.steps
          .filter(step => step.isRun && usesParts(step.uses).name === 'actions/upload-artifact')
          .map(step => ({job, step, name: step.with['name'] ?? 'artifact'}))
      )
      const twice = uploads.filter(
        ({name, step}, index) =>
          step.with['overwrite'] !== 'true' && uploads.findIndex(one => one.name === name) !== index
      )
      const lost = jobs.flatMap(job =>
        job.steps
          .filter(step => step.isRun && usesParts(step.uses).name === 'actions/download-artifact')
          .filter(step => {
            const {name = '', 'run-id': other = ''} = step.with
            const before = uploads.filter(upload => job.needs.includes(upload.job.name) || upload.job === job)
            return name !== '' && other === '' && !before.some(upload => upload.name === name)
          })
          .map(step => ({
            place: step.place,
            message: `no job that this one needs uploads the artifact ${step.with['name'] ?? ''}`
          }))
      )
      return [
        ...twice.map(({step, name}) => ({
          place: step.place,
          message: `the artifact ${name} is uploaded by several jobs of a run`
        })),
        ...lost
      ]
    })
  )
}
