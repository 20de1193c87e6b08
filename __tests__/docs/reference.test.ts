import {describe, expect, it} from '@jest/globals'
import {COMMANDS} from '../../src/commands.js'
import {fillWorkflowSections} from '../../scripts/workflow-sections.js'
import {headingsOf, readDocument} from './documents.js'
import {readdirSync} from 'node:fs'
import path from 'node:path'
import {Ajv} from 'ajv'
import {parse} from 'yaml'

describe('the reference', () => {
  it('has a page for every command, and leads to each', () => {
    const overview = readDocument('docs/reference.md') ?? ''
    const pages = [...overview.matchAll(/\]\(reference\/([\w-]+)\.md\)/g)].map(([, name = '']) => name)
    expect(pages).toEqual([...COMMANDS.keys()])
    const titles = pages.map(name => headingsOf(readDocument(`docs/reference/${name}.md`) ?? '')[0])
    expect(titles).toEqual(pages)
  })
})

describe('fillWorkflowSections', () => {
  const WORKFLOW = `
on:
  workflow_call:
    inputs:
      push: {description: Whether | it pushes., type: boolean, default: true}
      tags: {description: Rules., type: string, default: ''}
    secrets:
      key: {description: The key., required: false}
    outputs:
      digest: {description: The digest., value: x}
`
  const fill = (document: string): string => fillWorkflowSections(document, () => WORKFLOW)

  it('writes inputs with their defaults, secrets and outputs, and again without a change', () => {
    const filled = fill('# A\n<!-- workflow:a.yml -->\nstale\n<!-- /workflow -->\nend\n')
    expect(filled).toContain('| `push` | Whether \\| it pushes. | `true` |')
    expect(filled).toContain('| `tags` | Rules. |  |')
    expect(filled).toContain('| `key` | The key. |')
    expect(filled).toContain('| `digest` | The digest. |')
    expect(filled).not.toContain('stale')
    expect(fill(filled)).toBe(filled)
  })
})

const DOCS = path.resolve(import.meta.dirname, '../../docs')
const FILES = [
  'README.md',
  ...readdirSync(DOCS, {recursive: true, encoding: 'utf8'}).map(file => `docs/${file}`)
]

/** Blocks of YAML that say by their first line that they are the file of settings. */
function settingsIn(file: string): string[] {
  const text = readDocument(file) ?? ''
  return [...text.matchAll(/^```yaml\n(# \.github\/image-release\.yml\n[^]*?)^```/gm)].map(
    ([, yaml = '']) => yaml
  )
}

describe('settings that the documents show', () => {
  const shown = FILES.filter(file => file.endsWith('.md')).flatMap(file =>
    settingsIn(file).map((yaml): [string, string] => [file, yaml])
  )

  it('are in every guide', () => {
    const files = new Set(shown.map(([file]) => file))
    const guides = readdirSync(path.join(DOCS, 'guides')).map(file => `docs/guides/${file}`)
    expect(guides.filter(guide => !files.has(guide))).toEqual([])
  })

  it.each(shown)('are by the schema: %s', (_, yaml) => {
    const ajv = new Ajv({strict: false, allErrors: true})
    const validate = ajv.compile(JSON.parse(readDocument('schema/image-release.schema.json') ?? '') as object)
    validate(parse(yaml))
    expect(
      (validate.errors ?? []).map(({instancePath, message}) => `${instancePath} ${message ?? ''}`)
    ).toEqual([])
  })
})

/** The names of the type ErrorCode, which is gone when the program runs. */
function errorCodes(): string[] {
  const [, union = ''] =
    /export type ErrorCode =\n((?:  \| '\w+'\n)+)/.exec(readDocument('src/errors.ts') ?? '') ?? []
  return [...new Set([...union.matchAll(/'(\w+)'/g)].map(([, code = '']) => code))].sort()
}

describe('the page of error codes', () => {
  const page = readDocument('docs/troubleshooting.md') ?? ''

  it('has an entry for every code, by name, and none for what is no code', () => {
    expect(errorCodes().length).toBeGreaterThan(30)
    expect(headingsOf(page).filter(heading => /^[A-Z_]+$/.test(heading))).toEqual(errorCodes())
  })

  it('says of each what it means, shows a line, and says what to do', () => {
    const entries = page.split(/^### (?=[A-Z_]+$)/m).slice(1)
    const lacking = entries.filter(entry => !/^```text\n[^]+^```$/m.test(entry) || !/^- /m.test(entry))
    expect(lacking.map(entry => entry.split('\n')[0])).toEqual([])
  })
})
