import {readdirSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {Ajv} from 'ajv'
import {parse} from 'yaml'
import {readDocument} from './documents.js'

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
