import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {parse} from 'yaml'
import {ROOT, generatedFiles, readBrandings} from '../scripts/generated-files.js'
import {fillSections} from '../scripts/document-sections.js'
import {commandMetadata, rootMetadata} from '../scripts/action-metadata.js'
import {ACTION_COMMANDS} from '../src/commands.js'
import {command} from '../src/command/command.js'
import {choice, flag, lines, required, text} from '../src/command/input.js'
import {PROGRAM_VERSION} from '../src/version.js'

const bake = command({
  name: 'bake',
  summary: 'Bakes bread.',
  description: 'It bakes bread.',
  inputs: {
    flour: required(text({summary: 'Which flour.'})),
    seeds: lines({summary: 'Seeds | grains.'}, seed => seed),
    crust: choice(['thin', 'thick'] as const, {summary: 'The crust.', default: 'thin'})
  },
  outputs: {loaf: 'The loaf.'},
  examples: [{line: 'image-release bake --flour rye', remark: 'A rye loaf'}],
  run: () => Promise.resolve({loaf: ''})
})
const eat = command({
  ...bake,
  name: 'eat',
  inputs: {
    ...bake.inputs,
    crust: choice(['thin', 'thick'] as const, {summary: 'The crust.', default: 'thick'})
  },
  outputs: {taste: 'The taste.', loaf: 'What is left.'},
  run: () => Promise.resolve({taste: '', loaf: ''})
})
const wash = command({
  ...bake,
  name: 'wash',
  inputs: {hot: flag({summary: 'Hot water.'})},
  run: () => Promise.resolve({loaf: ''})
})

describe('generated files', () => {
  it('are what the command tables say', async () => {
    const stale = (await generatedFiles()).filter(({isFresh}) => !isFresh)
    expect(stale.map(file => file.path)).toEqual([])
  })

  it('give each action in a folder of its own to a command that the root action has, too, in the same order', () => {
    const folders = [...readBrandings().keys()]
    expect(folders).toEqual(ACTION_COMMANDS.filter(name => folders.includes(name)))
  })

  it('carry the version of the package', () => {
    const {version} = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {version: string}
    expect(PROGRAM_VERSION).toBe(version)
  })
})

describe('commandMetadata', () => {
  it('says of each input what it is for, how it is written, whether it must be given, and its default', () => {
    expect(parse(commandMetadata(bake, {icon: 'sun', color: 'red'}))).toEqual({
      name: 'Image Release: bake',
      description: 'Bakes bread.',
      branding: {icon: 'sun', color: 'red'},
      inputs: {
        flour: {description: 'Which flour.', required: true},
        seeds: {description: 'Seeds | grains. One a line.'},
        crust: {description: 'The crust. One of thin, thick.', default: 'thin'}
      },
      outputs: {loaf: {description: 'The loaf.'}},
      runs: {using: 'node24', main: '../dist/bake.js'}
    })
  })
})

describe('rootMetadata', () => {
  const root = parse(rootMetadata([bake, eat, wash], {icon: 'sun', color: 'red'}, 'bake')) as {
    inputs: Record<string, unknown>
    outputs: Record<string, unknown>
  }

  it('unites the inputs; none is required, and a default stands only where all share it', () => {
    expect(root.inputs).toEqual({
      command: {
        description: expect.stringMatching(
          /^Left out: bake, everything in this one job\.[^]* Else what to do: bake \(bakes bread\); eat \(bakes bread\); wash \(bakes bread\)$/
        )
      },
      flour: {description: 'bake, eat: Which flour.'},
      seeds: {description: 'bake, eat: Seeds | grains. One a line.'},
      crust: {description: 'bake, eat: The crust. One of thin, thick.'},
      hot: {description: 'wash: Hot water.', default: 'false'}
    })
  })

  it('unites the outputs and says which command gives which', () => {
    expect(root.outputs).toEqual({
      loaf: {description: 'bake, wash: The loaf.\neat: What is left.'},
      taste: {description: 'eat: The taste.'}
    })
  })
})

describe('fillSections', () => {
  it('fills a marked table, and again without a change', () => {
    const filled = fillSections('# B\n<!-- inputs:bake -->\nold\n<!-- /inputs -->\nend\n', [bake])
    expect(filled).toContain('| `seeds` | Seeds \\| grains. One a line. |  |')
    expect(filled).toContain('| `flour` | Which flour. | **required** |')
    expect(filled).not.toContain('old')
    expect(filled.endsWith('<!-- /inputs -->\nend\n')).toBe(true)
    expect(fillSections(filled, [bake])).toBe(filled)
  })

  it.each([
    ['help:bake', 'help', 'image-release bake: Bakes bread.'],
    ['outputs:bake', 'outputs', '| `loaf` | The loaf. |'],
    ['commands', 'commands', '| [bake](docs/reference/bake.md) | Bakes bread. |']
  ])('fills %s', (head, kind, expected) => {
    expect(fillSections(`<!-- ${head} -->\n<!-- /${kind} -->\n`, [bake])).toContain(expected)
  })

  it('refuses a section of no command, and one that is not closed', () => {
    expect(() => fillSections('<!-- inputs:bread -->\n<!-- /inputs -->', [bake])).toThrow(
      'bread, which is no command'
    )
    expect(() => fillSections('<!-- inputs:bake -->\nlost', [bake])).toThrow('1 marked sections are opened')
  })
})
