import {execFileSync} from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {loadCommand} from '../../src/commands.js'
import {isSetting} from '../../src/planning/settings/config-file.js'
import type {Contexts, Value} from '../support/workflow-judge/expression.js'
import {
  type Tree,
  at,
  entriesOf,
  expressionsIn,
  holds,
  itemsOf,
  parseTree,
  plainText,
  textsOf,
  valueOf
} from '../support/workflow-judge/workflow-tree.js'

const ROOT = path.resolve(import.meta.dirname, '../..')
const FILE = '.github/workflows/release.yml'
const workflow = parseTree(FILE, readFileSync(path.join(ROOT, FILE), 'utf8'))
const call = at(workflow.root, 'on', 'workflow_call')

/** What inputs are if the caller gives none. */
const DEFAULTS = Object.fromEntries(
  entriesOf(at(call, 'inputs')).map(([name, input]) => [name, valueOf(at(input, 'default'), {})])
)

/** What expressions find in a run for a Git tag; all own actions gave nothing out. */
function contexts(inputs: Readonly<Record<string, Value>> = {}, more: Contexts = {}): Contexts {
  return {
    github: {
      event_name: 'push',
      ref: 'refs/tags/v1.2.3',
      actor: 'octo',
      token: 'ghs_token',
      workflow: 'Release'
    },
    inputs: {...DEFAULTS, ...inputs},
    needs: {plan: {result: 'success', outputs: {}}, publish: {outputs: {}}, build: {outputs: {}}},
    ...more
  }
}

interface UsedStep {
  readonly job: string
  readonly uses: string
  readonly step: Tree
}

const steps: UsedStep[] = entriesOf(at(workflow.root, 'jobs')).flatMap(([job, body]) =>
  itemsOf(at(body, 'steps')).map(step => ({job, step: step, uses: plainText(at(step, 'uses'))}))
)

it('is a workflow', () => {
  expect(workflow.errors).toEqual([])
})

describe('sparse-checkout', () => {
  const FILES = [
    'Containerfile',
    'services/api/a',
    'shared/b',
    'other/c',
    '.github/image-release.yml',
    'ci/set.yml'
  ]
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sparse-'))
    const origin = path.join(folder, 'origin')
    for (const file of FILES) {
      mkdirSync(path.dirname(path.join(origin, file)), {recursive: true})
      writeFileSync(path.join(origin, file), '')
    }
    git(origin, 'init', '--quiet')
    git(origin, 'add', '--all')
    git(
      origin,
      '-c',
      'user.name=Test',
      '-c',
      'user.email=test@example.org',
      'commit',
      '--quiet',
      '-m',
      'Test'
    )
  })
  afterAll(() => rmSync(folder, {recursive: true, force: true}))

  /** What a job has in its folder, after what actions/checkout does with its inputs: fetch, set, check out. */
  function checkedOut(job: string, inputs: Readonly<Record<string, Value>>): string[] {
    const checkout = steps.find(one => one.job === job && one.uses.startsWith('actions/checkout@'))
    const given = textsOf(at(checkout?.step, 'with'), contexts(inputs))
    const patterns = (given['sparse-checkout'] ?? '').split('\n').map(line => line.trim())
    const clone = mkdtempSync(path.join(folder, 'clone-'))
    git(clone, 'init', '--quiet')
    git(clone, 'fetch', '--quiet', '--depth=1', path.join(folder, 'origin'), 'HEAD')
    if (patterns.some(Boolean))
      setSparse(clone, patterns.filter(Boolean), given['sparse-checkout-cone-mode'] !== 'false')
    git(clone, 'checkout', '--quiet', 'FETCH_HEAD')
    const listed = readdirSync(clone, {recursive: true, withFileTypes: true})
    return listed
      .filter(entry => entry.isFile())
      .map(({parentPath, name}) => path.relative(clone, path.join(parentPath, name)))
      .filter(file => !file.startsWith('.git/'))
      .sort()
  }

  it('checks out each folder of its lines, the files of the root and the settings', () => {
    expect(checkedOut('build', {'sparse-checkout': 'services/api\nshared'})).toEqual(
      ['.github/image-release.yml', 'Containerfile', 'services/api/a', 'shared/b'].sort()
    )
  })

  it('checks out a settings file that is elsewhere, too', () => {
    expect(checkedOut('build', {'sparse-checkout': 'services/api', config: 'ci/set.yml'})).toEqual(
      ['.github/image-release.yml', 'Containerfile', 'ci/set.yml', 'services/api/a'].sort()
    )
  })

  it('checks out everything if nothing is asked for', () => {
    expect(checkedOut('build', {})).toEqual([...FILES].sort())
    expect(checkedOut('build', {config: 'ci/set.yml'})).toEqual([...FILES].sort())
  })

  it.each(['preflight', 'publish', 'cleanup'])('leaves the job %s its settings, wherever they are', job => {
    expect(checkedOut(job, {})).toContain('.github/image-release.yml')
    expect(checkedOut(job, {config: 'ci/set.yml'})).toContain('ci/set.yml')
  })
})

describe('the settings file', () => {
  /** Settings that say what the jobs of this workflow do: a file cannot know it. */
  const OF_THE_WORKFLOW = ['rights', 'keep-metrics', 'metrics-artifacts']

  it.each(['refs/tags/v1.2.3', 'refs/heads/main', 'refs/pull/7/merge'])(
    'is beaten by no default, on %s',
    async ref => {
      const beaten: string[] = []
      for (const {job, uses, step} of steps.filter(one => one.uses.startsWith('$/'))) {
        const command = await loadCommand(uses.slice(2))
        const github = {event_name: 'push', ref, actor: 'octo', token: 'ghs_token', workflow: 'Release'}
        const given = textsOf(at(step, 'with'), contexts({}, {github}))
        for (const [name, text] of Object.entries(given)) {
          const input = command.inputs[name]
          if (
            input !== undefined &&
            isSetting(name, input) &&
            text.trim() !== '' &&
            !OF_THE_WORKFLOW.includes(name)
          )
            beaten.push(`${job}: ${name}: ${text.trim()}`)
        }
      }
      expect(beaten).toEqual([])
    }
  )
})

describe('secrets', () => {
  it('have names that an environment and `secrets: inherit` can fill', () => {
    const names = entriesOf(at(call, 'secrets')).map(([name]) => name)
    expect(names).toEqual(
      expect.arrayContaining([
        'REGISTRY_CREDENTIALS',
        'READ_CREDENTIALS',
        'BUILD_SECRETS',
        'COSIGN_PRIVATE_KEY',
        'COSIGN_PASSWORD'
      ])
    )
    expect(names.filter(name => !/^[A-Z_][A-Z0-9_]*$/.test(name))).toEqual([])
  })

  it('that can push are in no job of a run that publishes nothing, but in the plan, where nothing of the repository runs', () => {
    const secrets = {REGISTRY_CREDENTIALS: 'ghcr.io=pusher:x', READ_CREDENTIALS: 'ghcr.io=reader:x'}
    const given = (push: string, own = secrets): Record<string, string> => {
      const found = steps.flatMap(({job, step}) => {
        const outputs = {push}
        const around = contexts({}, {secrets: own, needs: {plan: {outputs}}, steps: {tags: {outputs}}})
        const condition = at(step, 'if')
        if (condition !== undefined && !holds(condition, around)) return []
        const text = textsOf(at(step, 'with'), around)['registry-credentials'] ?? ''
        const logins = ['pusher', 'reader', 'ghs_token'].filter(login => text.includes(login))
        return logins.length === 0 ? [] : [[job, logins.join(' ')]]
      })
      return Object.fromEntries(found) as Record<string, string>
    }
    const publishing = entriesOf(at(workflow.root, 'jobs')).flatMap(([name, job]) => {
      const needs = [plainText(at(job, 'needs')), ...itemsOf(at(job, 'needs')).map(plainText)]
      const condition = at(job, 'if') ?? null
      const texts = [plainText(condition), ...[...expressionsIn(condition)].map(([, {text}]) => text)]
      const isHeld = texts.some(text => text.includes("needs.plan.outputs.push == 'true'"))
      return isHeld || needs.includes('publish') ? [name] : []
    })
    expect(publishing).toEqual(['preflight', 'publish', 'notes', 'cleanup', 'page'])
    const inBuilds = (push: string, own?: typeof secrets) => {
      const {plan, build} = given(push, own)
      return {plan, build}
    }
    expect(inBuilds('false')).toEqual({plan: 'reader', build: 'reader'})
    // Before the builds it is asked whether each login is good.
    expect(inBuilds('true')).toEqual({plan: 'pusher ghs_token', build: 'pusher ghs_token'})
    expect(inBuilds('false', {...secrets, READ_CREDENTIALS: ''})).toEqual({plan: 'pusher'})
  })

  it('are all declared', () => {
    const used = new Set([...workflow.text.matchAll(/\bsecrets\.([\w-]+)/g)].map(([, name]) => name))
    const declared = entriesOf(at(call, 'secrets')).map(([name]) => name)
    expect([...used].sort()).toEqual([...declared].sort())
  })
})

function git(folder: string, ...args: readonly string[]): void {
  execFileSync('git', args, {cwd: folder, stdio: ['ignore', 'ignore', 'inherit']})
}

/** As actions/checkout does it: by git's own command for folders, in the file of patterns otherwise. */
function setSparse(folder: string, patterns: readonly string[], isCone: boolean): void {
  if (isCone) {
    git(folder, 'sparse-checkout', 'set', ...patterns)
    return
  }
  git(folder, 'config', 'core.sparseCheckout', 'true')
  mkdirSync(path.join(folder, '.git/info'), {recursive: true})
  appendFileSync(path.join(folder, '.git/info/sparse-checkout'), `\n${patterns.join('\n')}\n`)
}
