import {readFileSync} from 'node:fs'
import path from 'node:path'
import {beforeAll, describe, expect, it} from '@jest/globals'
import {Ajv, type ValidateFunction} from 'ajv'
import {stringify} from 'yaml'
import {loadCommand} from '../../src/commands.js'
import {type Input, type InputTable, parseInputs} from '../../src/command/input.js'
import {InputError} from '../../src/errors.js'
import {isSetting} from '../../src/planning/settings/config-file.js'
import {SECTIONS, configure} from '../../src/planning/settings/settings.js'
import {fc} from '../support/random.js'

const FILE = path.resolve(import.meta.dirname, '../../schema/image-release.schema.json')

/** A setting with the section that it stands in. */
interface Setting {
  readonly section: string | undefined
  readonly name: string
  readonly input: Input<unknown>
}

/** Settings whose every text can be judged without a run, a template or another setting. */
function isJudgedBySchema({name, input}: Setting): boolean {
  const {shape} = input
  const withForm = [
    ...['platforms', 'digests', 'annotation-levels', 'rights', 'untagged-age', 'orphans-age'],
    ...['keep-newest-untagged', 'compression', 'compression-level', 'cache-size', 'github-repository'],
    'deployment-repository'
  ]
  return (
    ['flag', 'number', 'choice', 'duration'].includes(shape) ||
    withForm.includes(name) ||
    isTagList(name, shape) ||
    (shape === 'text' && ['tags', 'outputs', 'load', 'call', 'push'].includes(name)) ||
    takesAnyText(input)
  )
}

/** Settings that take whatever is written: the schema says no more than that it is a text. */
function takesAnyText(input: Input<unknown>): boolean {
  if (input.shape !== 'text' && input.shape !== 'list') return false
  return [...WORDS, ...ODD_TEXTS].every(word => {
    try {
      input.parse(word, {})
      return true
    } catch {
      return false
    }
  })
}

const ODD_TEXTS = [
  'a=b',
  '=b',
  '{{typo}}',
  '{{',
  '"a',
  'regex:(',
  'a/b',
  'https://x/y',
  'a:b',
  'x\ty',
  '[1',
  '../x',
  '-1'
]

/** Why no JSON schema can judge the texts of the other settings: it would have to be the parser. */
const BEYOND_A_SCHEMA: Readonly<Record<string, readonly string[]>> = {
  'templates, whose names are those of a vocabulary and of the axes that variants make': [
    ...[
      'images',
      'tags',
      'flavor',
      'labels',
      'annotations',
      'services',
      'build-args',
      'build-context',
      'file',
      'target'
    ],
    ...['message', 'pull-request-branch']
  ],
  'values that have to be those of another setting': [
    'default-variant',
    'exclude-variants',
    'include-variants'
  ],
  'fields with quotes and commas in lines with comments': [
    ...[
      'variants',
      'policy',
      'runners',
      'add-hosts',
      'allow',
      'attests',
      'build-contexts',
      'cache',
      'cache-from',
      'cache-to'
    ],
    ...[
      'no-cache-filters',
      'secret-envs',
      'secret-files',
      'ssh',
      'ulimit',
      'records',
      'manifests',
      'keep-newest'
    ],
    ...['cosign-args', 'scan-args', 'start-args', 'start-command', 'vex']
  ],
  'regular expressions, globs and patterns, some of which are refused for the time that they would take': [
    ...[
      'git-tag-pattern',
      'paths',
      'dependency-paths',
      'actions-caches',
      'cache-tags',
      'delete-tags',
      'development-tags'
    ],
    ...['keep-images', 'keep-tags', 'keep-deployed']
  ],
  'references, repositories, hosts and addresses, whose parsers know ports, IPv6 and lengths': [
    ...[
      'insecure',
      'deploy-image',
      'from',
      'to',
      'manifests-repository',
      'packages',
      'source',
      'builder',
      'author'
    ],
    ...['pull-request-reviewers', 'changed-since', 'record', 'section', 'gate-env']
  ],
  'documents and hashes of other runs': [
    'expected-plan',
    'pull-request-tags',
    'restore',
    'superseded',
    'times'
  ]
}

function isTagList(name: string, shape: string): boolean {
  return name === 'tags' && shape === 'list'
}

const WORDS = [
  ...[
    '',
    ' ',
    'true',
    'True',
    'yes',
    'no',
    'null',
    '~',
    '0',
    '7',
    '-1',
    '1.5',
    '101',
    '007',
    '30s',
    '2 d',
    '5min'
  ],
  ...[
    'linux/amd64',
    'Linux/ARM64',
    'linux/arm/v7',
    'linux/amd',
    'linux',
    'linux/amd64, linux/arm64',
    'linux/x86-64'
  ],
  ...['latest', '.dot', 'a b', 'v1,v2', 'v1,,v2', `sha256:${'a'.repeat(64)}`, `sha256:${'A'.repeat(64)}`],
  ...['pull', 'pull,push', 'delete', 'manifest,index', 'manifest;index', 'a\nb', '# no', '#no\nlatest'],
  ...[
    'gzip',
    'ZSTD',
    'lz4',
    '22',
    '100',
    '500MB',
    '1.5 GiB',
    '5 I',
    'owner/name',
    'a/b/c',
    'build',
    'False',
    'FALSE',
    'fAlse'
  ]
]

let validate: ValidateFunction
const settings: Setting[] = []
const tables = new Map<string | undefined, InputTable>()

beforeAll(async () => {
  validate = new Ajv({strict: false, allErrors: false}).compile(
    JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, unknown>
  )
  for (const section of [undefined, ...SECTIONS]) {
    const {inputs} = await loadCommand(section ?? 'compute-tags')
    tables.set(section, inputs)
    for (const [name, input] of Object.entries(inputs))
      if (isSetting(name, input)) settings.push({section, name, input})
  }
})

const near = (input: Input<unknown>): fc.Arbitrary<string> => {
  const own = [...(input.choices ?? []), ...(input.default === undefined ? [] : [input.default])]
  const words = [...WORDS, ...own, ...own.map(word => word.slice(1)), ...own.map(word => `${word}s`)]
  return fc.constantFrom(...words)
}
const leaf = (input: Input<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    {arbitrary: near(input), weight: 6},
    fc.boolean(),
    fc.integer({min: -2, max: 120}),
    fc.constant(1.5),
    fc.constant(null)
  )
const valueFor = (input: Input<unknown>): fc.Arbitrary<unknown> => {
  const one = leaf(input)
  return fc.oneof(
    {arbitrary: one, weight: 4},
    {arbitrary: fc.array(one, {maxLength: 3}), weight: 2},
    fc.array(fc.array(one, {minLength: 1, maxLength: 2}), {minLength: 1, maxLength: 2}),
    fc.dictionary(fc.constantFrom('a', 'b'), one, {minKeys: 1}),
    fc.array(fc.dictionary(fc.constantFrom('a', 'b'), one, {minKeys: 1}), {minLength: 1, maxLength: 2})
  )
}

/** Whether the commands take a file: those that read the section, and two that only pass by. */
async function isTaken(document: object): Promise<boolean> {
  const text = stringify(document)
  const concerned = [undefined, 'preflight', ...Object.keys(document)]
  for (const [section, table] of tables) {
    if (!concerned.includes(section)) continue
    try {
      const file = await configure({table, section}, {}, () => Promise.resolve(text))
      await file.within(() => {
        const needless = Object.entries(table).map(([name, input]) => [name, {...input, required: false}])
        parseInputs(Object.fromEntries(needless) as InputTable, file.texts)
        return Promise.resolve()
      })
    } catch (error) {
      if (error instanceof InputError) return false
      throw error
    }
  }
  return true
}

function documentOf({section, name}: Setting, value: unknown): object {
  return section === undefined ? {[name]: value} : {[section]: {[name]: value}}
}

describe('the schema of the file of settings and the commands', () => {
  it('agree on whatever stands for a setting that the schema can judge', async () => {
    const seen = {taken: 0, refused: 0}
    const judged = settings.filter(isJudgedBySchema)
    expect(new Set(judged.map(({section}) => section)).size).toBe(tables.size)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...judged).chain(setting => fc.tuple(fc.constant(setting), valueFor(setting.input))),
        async ([setting, value]) => {
          const document = documentOf(setting, value)
          const taken = await isTaken(document)
          seen[taken ? 'taken' : 'refused'] += 1
          expect([document, validate(document)]).toEqual([document, taken])
        }
      ),
      {numRuns: 1000}
    )
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(100)
  })

  it('agree on the form of every other setting: the schema refuses nothing that its command takes', async () => {
    const others = settings.filter(setting => !isJudgedBySchema(setting))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...others).chain(setting => fc.tuple(fc.constant(setting), valueFor(setting.input))),
        async ([setting, value]) => {
          const document = documentOf(setting, value)
          if (validate(document)) return
          expect([document, await isTaken(document)]).toEqual([document, false])
        }
      ),
      {numRuns: 500}
    )
  })

  it('agree in one direction only where a reason is known: these texts no schema can hold', () => {
    const others = settings.filter(setting => !isJudgedBySchema(setting)).map(({name}) => name)
    expect([...new Set(others)].sort()).toEqual(Object.values(BEYOND_A_SCHEMA).flat().sort())
  })

  it('agree on types: what is no text, list or map of its kind is refused by both', async () => {
    for (const setting of settings) {
      const {shape} = setting.input
      for (const value of [[['a']], {a: {b: 1}}, {a: 'b'}, ['a']]) {
        const isFree = shape === 'lines' || (shape === 'list' && Array.isArray(value) && value[0] === 'a')
        if (isFree) continue
        const document = documentOf(setting, value)
        expect([document, validate(document), await isTaken(document)]).toEqual([document, false, false])
      }
    }
  })

  it('agree on names: every setting that is near one, or stands in another place, is refused by both', async () => {
    const names = [...new Set(settings.map(({name}) => name)), ...SECTIONS]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(undefined, ...SECTIONS),
        fc.oneof(
          fc.constantFrom(...names),
          fc.constantFrom(...names).map(name => name.slice(1)),
          fc.constantFrom(...names).map(name => `${name}s`),
          fc.constantFrom(...names).map(name => name.replaceAll('-', '_')),
          fc.constantFrom('config', 'plan', 'registry-credentials', 'github-token', 'constructor', '__proto')
        ),
        async (section, name) => {
          const document = section === undefined ? {[name]: null} : {[section]: {[name]: null}}
          expect([document, validate(document)]).toEqual([document, await isTaken(document)])
        }
      ),
      {numRuns: 300}
    )
  })
})
