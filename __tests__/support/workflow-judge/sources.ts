import {existsSync, readFileSync, readdirSync} from 'node:fs'
import path from 'node:path'
import {parse, parseDocument} from 'yaml'
import {placeholder} from './own-action.js'

export const ROOT = path.resolve(import.meta.dirname, '../../..')

/** A workflow, or a composite action, as it is judged. */
export interface Source {
  /** Where it stands: a path of the project, or a document with the line of its block. */
  readonly name: string
  readonly text: string
  /** The repository that it is for: files by their path. A part of a document is for none. */
  readonly files: Files
  /** A part of a document that was made whole: what is around it is not known. */
  readonly isPart: boolean
  /** What a document shows is pinned by whoever copies it. */
  readonly isDocument: boolean
}

/** The text of a file of a repository; undefined where there is none. */
export type Files = (file: string) => string | undefined

/** The files below a folder, with these in place of their own. */
export function filesBelow(folder: string, changed: Readonly<Record<string, string>> = {}): Files {
  return file => {
    const whole = path.join(folder, file)
    return changed[file] ?? (existsSync(whole) ? readFileSync(whole, 'utf8') : undefined)
  }
}

/** The repositories whose workflows are judged: the project itself, and every example that has some. */
export function repositories(): string[] {
  const examples = readdirSync(path.join(ROOT, 'examples')).map(name => `examples/${name}`)
  return ['.', ...examples].filter(folder => existsSync(path.join(ROOT, folder, '.github/workflows')))
}

/**
 * The workflows of a repository of the project.
 * @param changed texts in place of those of the files, by their path in the project
 */
export function workflowsOf(folder: string, changed: Readonly<Record<string, string>> = {}): Source[] {
  const own = Object.entries(changed).map(([file, text]) => [path.relative(folder, file), text])
  const files = filesBelow(path.join(ROOT, folder), Object.fromEntries(own) as Record<string, string>)
  const names = readdirSync(path.join(ROOT, folder, '.github/workflows'))
  return names.map(name => {
    const file = `.github/workflows/${name}`
    return {
      name: path.join(folder, file),
      text: files(file) ?? '',
      files,
      isPart: false,
      isDocument: false
    }
  })
}

/** Every document of the project that shows workflows. */
export function documents(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(path.join(ROOT, folder), {recursive: true, encoding: 'utf8'}).map(file =>
      path.join(folder, file)
    )
  return ['README.md', ...below('docs'), ...below('examples')].filter(file => file.endsWith('.md')).sort()
}

/** What a block of YAML shows: a whole workflow, a part that was made whole, or nothing that GitHub runs. */
export interface Block {
  readonly name: string
  readonly text: string
  readonly source: Source | undefined
}

/** The blocks of YAML of a document; one that begins with the name of a file is that file for the others. */
export function blocksOf(document: string, text = readFileSync(path.join(ROOT, document), 'utf8')): Block[] {
  const blocks = [...text.matchAll(/^( *)```ya?ml\n([^]*?)^ *```$/gm)].map(
    ({index, 1: indent = '', 2: body = ''}) => ({
      name: `${document}:${text.slice(0, index).split('\n').length}`,
      // What somebody comes from is for others to judge.
      body: body.replaceAll(new RegExp(`^${indent}`, 'gm'), '').replace(/^# before\n[^]*?^# after\n/m, '')
    })
  )
  const files = new Map(blocks.map(({body}) => [/^# ([\w./-]+\.yml)/.exec(body)?.[1], body]))
  return blocks.map(({name, body}) => ({
    name,
    text: body,
    source: workflowOf(name, body, file => files.get(file))
  }))
}

function workflowOf(name: string, text: string, files: Files): Source | undefined {
  const whole = wholeWorkflow(parse(text), text)
  if (whole === undefined) return undefined
  const isPart = whole !== text
  return {name, text: isPart ? withJobsAround(whole) : text, files, isPart, isDocument: true}
}

/** A workflow around what is written; the text as it is where it is one already. */
function wholeWorkflow(written: unknown, text: string): string | undefined {
  const job = `runs-on: ubuntu-24.04\npermissions: write-all\n`
  const steps = (lines: string): string =>
    `on: push\njobs:\n  part:\n${indented(job, 4)}    steps:\n${indented(lines, 6)}`
  if (Array.isArray(written)) return written.some(isStep) ? steps(text) : undefined
  if (!isObject(written)) return undefined
  if ('on' in written && 'jobs' in written) return text
  if ('jobs' in written) return `on: push\n${text}`
  if ('steps' in written) return `on: push\njobs:\n  part:\n    runs-on: ubuntu-24.04\n${indented(text, 4)}`
  if ('with' in written)
    return steps(
      `- uses: sigstore/cosign-installer@v4\n- uses: org/image-release/merge-manifest@v1\n${indented(text, 2)}`
    )
  if (Object.values(written).every(each => isObject(each) && ('uses' in each || 'steps' in each)))
    return `on: push\njobs:\n${indented(text, 2)}`
  return undefined
}

/** Adds what a part leaves out: jobs that others need, with the outputs that are asked for, and a runner. */
function withJobsAround(text: string): string {
  const document = parseDocument(text)
  const jobs = (document.toJS() as {jobs: Record<string, Record<string, unknown>>}).jobs
  for (const [name, job] of Object.entries(jobs)) {
    if (job['uses'] === undefined && job['runs-on'] === undefined)
      document.setIn(['jobs', name, 'runs-on'], 'ubuntu-24.04')
    if (job['uses'] === undefined && job['steps'] === undefined)
      document.setIn(['jobs', name, 'steps'], stepIds(job, 'build').map(builtBefore))
    const own = JSON.stringify(job)
    const ids = new Set([...own.matchAll(/\bsteps\.([\w-]+)\./g)].map(([, id = '']) => id))
    const missing = [...ids].filter(id => !own.includes(`"id":"${id}"`))
    if (job['steps'] !== undefined && missing.length > 0)
      document.setIn(['jobs', name, 'steps'], [...missing.map(builtBefore), ...(job['steps'] as object[])])
    const matrix = new Set([...own.matchAll(/\bmatrix\.([\w-]+)/g)].map(([, key = '']) => key))
    if (matrix.size > 0 && job['strategy'] === undefined)
      document.setIn(['jobs', name, 'strategy'], {
        matrix: {include: [Object.fromEntries([...matrix].map(key => [key, placeholder(key)]))]}
      })
    const needs = [...new Set([...own.matchAll(/\bneeds\.([\w-]+)\./g)].map(([, need = '']) => need))]
    const needed = [...new Set([...needs, ...[job['needs'] ?? []].flat().map(String)])]
    if (needed.length > 0) document.setIn(['jobs', name, 'needs'], needed)
    for (const need of needed.filter(each => jobs[each] === undefined))
      document.setIn(['jobs', need], neededJob(need, text))
  }
  return document.toString({lineWidth: 0})
}

/** What a part is behind, where it says nothing else. */
function builtBefore(id: string): object {
  const action = {tags: 'compute-tags', merge: 'merge-manifest', verify: 'verify-release'}[id]
  return {id, uses: `org/image-release/${action ?? 'build-by-digest'}@v1`}
}

function stepIds(job: object, otherwise: string): string[] {
  const ids = [...JSON.stringify(job).matchAll(/\bsteps\.([\w-]+)\./g)].map(([, id = '']) => id)
  return ids.length === 0 ? [otherwise] : [...new Set(ids)]
}

function neededJob(name: string, text: string): object {
  const outputs = [...text.matchAll(new RegExp(`\\bneeds\\.${name}\\.outputs\\.([\\w-]+)`, 'g'))]
  return {
    'runs-on': 'ubuntu-24.04',
    outputs: Object.fromEntries(outputs.map(([, output = '']) => [output, placeholder(output)])),
    steps: [{run: 'true'}]
  }
}

function isStep(each: unknown): boolean {
  return isObject(each) && ('uses' in each || 'run' in each)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function indented(text: string, by: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(by))
}
