import {existsSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {Script, createContext} from 'node:vm'
import ts from 'typescript'
import {readGithubRun} from '../../src/ci/github-run.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import type {PeerInputs} from '../../src/planning/metadata-action/peer-tags.js'

/** A row of docker/metadata-action's own tests: inputs, the run of a fixture, and the tags that it is to give. */
export interface MetadataRow {
  readonly name: string
  readonly inputs: PeerInputs
  readonly run: WorkflowRun
  readonly tags: readonly string[]
}

/** The moment that its tests take for now. */
const NOW = '2020-01-10T00:30:00.000Z'

/**
 * The tables of its `__tests__/meta.test.ts`, from a copy that is given by path.
 * @param bundle the path of its `dist/index.cjs`; the tests are looked for beside that folder
 * @returns none where the copy has no tests
 */
export async function metadataRows(bundle: string): Promise<readonly MetadataRow[]> {
  const folder = path.resolve(path.dirname(bundle), '../__tests__')
  const file = path.join(folder, 'meta.test.ts')
  if (!existsSync(file)) return []
  const rows = tablesIn(readFileSync(file, 'utf8'))
  const repository = JSON.parse(readFileSync(path.join(folder, 'fixtures/repo.json'), 'utf8')) as {
    default_branch: string
  }
  const read = rows.flatMap(row => {
    const [name, fixture, inputs, , tags] = row
    // No runner leaves out what these two do.
    const isRun = !['event_null.env', 'event_empty.env'].includes(String(fixture))
    const isRow = typeof fixture === 'string' && fixture.endsWith('.env') && Array.isArray(tags) && isRun
    return isRow ? [{name: String(name), fixture, inputs: inputsOf(inputs), tags: tags.map(String)}] : []
  })
  return await Promise.all(
    read.map(async ({fixture, ...row}) => {
      const run = await runOf(folder, fixture)
      return {...row, run: {...run, commitDate: NOW, defaultBranch: repository.default_branch}}
    })
  )
}

/** The rows of all calls of test.each; what the file imports is not there, and nothing of it is run. */
function tablesIn(text: string): readonly (readonly unknown[])[] {
  const {outputText} = ts.transpileModule(text, {compilerOptions: {module: ts.ModuleKind.CommonJS}})
  const rows: unknown[][] = []
  const nothing: unknown = new Proxy(() => nothing, {get: () => nothing, apply: () => nothing})
  const each = (table: readonly unknown[]): unknown => {
    rows.push(...table.filter(row => Array.isArray(row)))
    return nothing
  }
  const vitest = {
    vi: nothing,
    beforeEach: nothing,
    expect: nothing,
    describe: (_: string, body: () => void) => {
      body()
    },
    test: Object.assign(() => undefined, {each})
  }
  const load = (name: string): unknown => (name === 'vitest' ? vitest : nothing)
  new Script(outputText).runInContext(createContext({require: load, exports: {}, global: {Date}}))
  return rows
}

function inputsOf(value: unknown): PeerInputs {
  const given = value as Readonly<Record<string, readonly string[] | undefined>>
  // A row has lines as they are after the first of the two readings of an input as CSV.
  const written = (line: string): string => (line.includes('"') ? `"${line.replaceAll('"', '""')}"` : line)
  const lines = (name: string): string => (given[name] ?? []).map(written).join('\n')
  return {images: lines('images'), tags: lines('tags'), flavor: lines('flavor'), shortShaLength: 7}
}

async function runOf(folder: string, fixture: string): Promise<WorkflowRun> {
  const lines = readFileSync(path.join(folder, 'fixtures', fixture), 'utf8').split('\n')
  const variables = Object.fromEntries(
    lines.flatMap(line => {
      const at = line.indexOf('=')
      return at === -1 ? [] : [[line.slice(0, at), line.slice(at + 1).trim()]]
    })
  ) as Readonly<Record<string, string>>
  const event = path.join(folder, 'fixtures', fixture.replace(/\.env$/, '.json'))
  return await readGithubRun(
    {
      GITHUB_EVENT_NAME: 'push',
      GITHUB_REF: 'none',
      GITHUB_SHA: '0'.repeat(40),
      GITHUB_REPOSITORY: 'docker/repo',
      ...variables,
      GITHUB_EVENT_PATH: existsSync(event) ? event : undefined
    },
    {
      exec: () => Promise.reject(new Error('no Git')),
      clock: {now: () => Date.parse(NOW)}
    } as unknown as Parameters<typeof readGithubRun>[1]
  )
}
