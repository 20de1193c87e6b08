import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {COMMANDS, loadCommand} from '../../src/commands.js'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {computeTags} from '../../src/planning/compute-tags.js'
import {configure, OF_ONE_COMMAND, SECTIONS} from '../../src/planning/settings/settings.js'
import {explain} from '../../src/planning/explain.js'
import {parseConfigFile} from '../../src/planning/settings/config-file.js'
import {InputError} from '../../src/errors.js'
import {choice, json, parseInputs, text} from '../../src/command/input.js'
import {on} from '../support/tag-plans.js'
import {planned, tagLines} from '../support/planned.js'
import {failureOf} from '../support/thrown.js'
import {fc} from '../support/random.js'

const FILE = '.github/image-release.yml'

function textsOf(yaml: string): Readonly<Record<string, string | undefined>> {
  return parseConfigFile(FILE, yaml, {table: computeTags.inputs, others: SECTIONS}).texts
}

async function faultsOf(yaml: string, texts: Readonly<Record<string, string>> = {}): Promise<string[]> {
  try {
    await planned(on('main'), texts, {[FILE]: yaml})
  } catch (error) {
    if (error instanceof InputError) return error.issues.map(({input, message}) => `${input}: ${message}`)
    throw error
  }
  return []
}

/** The commands whose settings are there, in the order of a release. */
async function commandsWith(settings: 'top' | 'section'): Promise<string[]> {
  const names: string[] = []
  for (const name of COMMANDS.keys()) if ((await loadCommand(name)).settings === settings) names.push(name)
  return names
}

describe('what is at the top of the file beside a section', () => {
  const read = (yaml: string) =>
    configure({table: buildByDigest.inputs, section: 'build-by-digest'}, {}, () => Promise.resolve(yaml))

  it.each([
    ['build-by-digets: {push: false}', 1, 'build-by-digets', 'build-by-digest'],
    ['images: a/b\nplatform: linux/amd64\nbuild-by-digest: {format: oci}', 2, 'platform', 'platforms'],
    ['cleanup_latest: {untagged: true}', 1, 'cleanup_latest', 'cleanup-latest']
  ])('is not passed over where it is misspelt: %j', async (yaml, line, name, guess) =>
    expect(await failureOf(() => read(yaml))).toMatchObject({
      issues: [
        {
          input: `${FILE}:${line}`,
          message: `${name}: there is no such setting; did you mean ${guess}?`
        }
      ]
    })
  )

  it.each([
    ['scan: trivy', 1, 'scan: is not read here, but in the section build-by-digest: move it there'],
    [
      'cosign-key: k',
      1,
      'cosign-key: is not read here, but in the section verify-release and in the section release-notes: move it there'
    ],
    [
      'build-by-digest: {strategy: release}',
      1,
      'strategy: is not read here, but at the top of the file: move it there'
    ],
    [
      'build-by-digest: {kep-versions: 3}',
      1,
      'kep-versions: there is no such setting; did you mean keep-versions, in the section cleanup-latest?'
    ],
    [
      'cleanup-latest:\n  untaged: true',
      2,
      'cleanup-latest: untaged: there is no such setting; did you mean untagged?'
    ]
  ])(
    'is an error where no command reads it, with the place or word that was meant: %j',
    async (yaml, line, message) => {
      const issues = [{input: `${FILE}:${line}`, message}]
      expect(await failureOf(() => read(yaml))).toMatchObject({issues})
      // The first command of a run says so, too, before anything is built.
      const first = await failureOf(() =>
        configure({table: computeTags.inputs}, {}, () => Promise.resolve(yaml))
      )
      const [place = ''] = /^build-by-digest/.exec(yaml) ?? []
      expect(first).toMatchObject({
        issues: [{input: `${FILE}:${line}`, message: place === '' ? message : `${place}: ${message}`}]
      })
    }
  )

  it('may be what other commands read', async () => {
    const {texts} = await read(
      'images: a/b\npaths: src/**\ntags: [next]\nverify-release: {}\nbuild-by-digest: {push: false}'
    )
    expect(texts).toEqual({push: 'false'})
  })
})

describe('entries of several lines in a section', () => {
  it('stand in quotes, as the input takes them', () => {
    const yaml = 'build-by-digest:\n  labels:\n    a: "one\\n \\"two\\""\n    b: plain\n'
    const {texts} = parseConfigFile(FILE, yaml, {
      table: buildByDigest.inputs,
      section: 'build-by-digest',
      others: SECTIONS
    })
    expect(parseInputs({labels: buildByDigest.inputs.labels}, texts).labels).toEqual([
      ['a', 'one\n "two"'],
      ['b', 'plain']
    ])
  })
})

describe('a file of settings', () => {
  it.each([
    ['a text', 'images: ghcr.io/o/app', {images: 'ghcr.io/o/app'}],
    ['a list', 'images: [a/b, c/d]', {images: 'a/b\nc/d'}],
    ['a block of lines', 'tags: |\n  type=edge\n  next\n', {tags: 'type=edge\nnext\n'}],
    [
      'a list of platforms',
      'platforms:\n  - linux/amd64\n  - linux/arm64',
      {platforms: 'linux/amd64\nlinux/arm64'}
    ],
    ['a map of labels', 'labels:\n  a: 1\n  b: "x=y, z"', {labels: 'a=1\nb=x=y, z'}],
    [
      'rules as maps',
      'tags:\n  - {type: semver, pattern: "{{version}}"}\n  - next',
      {tags: 'type=semver,pattern={{version}}\nnext'}
    ],
    ['a field with a comma', 'tags:\n  - {type: raw, value: "a,b"}', {tags: 'type=raw,"value=a,b"'}],
    [
      'numbers as they are written',
      'variants:\n  python: [3.9, 3.10, 3.1]',
      {variants: 'python=["3.9","3.10","3.1"]'}
    ],
    ['words that look like values', 'push: true\nversion: 1.10', {push: 'true', version: '1.10'}],
    [
      'runners',
      'runners:\n  linux/arm64: [self-hosted, arm]',
      {runners: 'linux/arm64=["self-hosted","arm"]'}
    ],
    [
      'services',
      'services:\n  api: {context: a, build-args: {A: 1, B: "x,y"}}\n  web:',
      {services: 'name=api,context=a,build-arg=A=1,"build-arg=B=x,y"\nname=web'}
    ],
    ['an alias', 'labels: &x {a: b}\nannotations: *x', {labels: 'a=b', annotations: 'a=b'}],
    ['nothing', '# only a remark\n', {}]
  ])('says an input as %s', (_, yaml, texts) => {
    expect(textsOf(yaml)).toEqual(texts)
  })

  it('counts less than an input', async () => {
    const {plan} = await planned(
      on('v1.2.3'),
      {strategy: 'release'},
      {[FILE]: 'images: a/b\nstrategy: environments'}
    )
    expect(tagLines(plan)).toEqual(['b: 1.2.3 1.2 1 latest'])
  })

  it('may stand elsewhere', async () => {
    const files = {'release.yml': 'images: a/b\nstrategy: release'}
    const {plan} = await planned(on('v1.2.3'), {config: 'release.yml'}, files)
    expect(tagLines(plan)).toEqual(['b: 1.2.3 1.2 1 latest'])
    await expect(planned(on('main'), {config: 'missing.yml'})).rejects.toMatchObject({
      issues: [{input: 'config', message: 'there is no file missing.yml'}]
    })
  })
})

describe('a file of settings that is wrong', () => {
  it('names every fault with its line', async () => {
    const yaml = `images:
  - ghcr.io/o/app
  - Org//App_:x
tags: |
  type=semvr

  type=sha,enbale=false
flavor:
  latest: yes
policy: {versoin: moving}
platforms: linux/foo
push: maybe`
    expect((await faultsOf(yaml)).map(fault => fault.split(/[;.] /)[0])).toEqual([
      `${FILE}:3: images: "org//app_:x" is not a reference: "org//app_" is not the name of a repository`,
      `${FILE}:5: tags: "semvr" is not a type of tag`,
      `${FILE}:7: tags: "enbale" is not an attribute of type=sha`,
      `${FILE}:9: flavor: latest="yes" is not one of auto, true, false`,
      `${FILE}:10: policy: "versoin" is not a kind of tag`,
      `${FILE}:11: platforms: "linux/foo": unknown architecture foo`,
      `${FILE}:12: push: "maybe" is not one of auto, true, false`
    ])
  })

  it.each([
    [
      'an unknown setting',
      'images: a/b\nplatfroms: linux/amd64',
      `${FILE}:2: platfroms: there is no such setting; did you mean platforms?`
    ],
    [
      'the name of a prototype',
      'constructor: x',
      new RegExp(`^${FILE}:1: constructor: there is no such setting`)
    ],
    [
      'a secret',
      'registry-credentials: ghcr.io=a:b',
      `${FILE}:1: registry-credentials: is a secret, which does not belong in a file`
    ],
    [
      'a list for one value',
      'images: a/b\nversion:\n  - 1',
      `${FILE}:3: version: is one value, not a list or a map`
    ],
    [
      'a list of settings',
      '- images',
      `${FILE}:1: is not a map of settings, such as images: ghcr.io/owner/image`
    ],
    ['a setting that is given twice', 'images: a/b\nimages: c/d', `${FILE}:2: Map keys must be unique`],
    ['what is no YAML', 'images: [a/b', /^\.github\/image-release\.yml:1: .*\]/],
    ['a list in a list', 'images:\n  - [a]', `${FILE}:2: images: a list cannot be in this list`],
    ['a service without settings', 'services:\n  api: x', `${FILE}:2: services: api is a map of settings`],
    [
      'a file that is not there',
      'images: a/b\nvariants:\n  python: file:NONE',
      `${FILE}:3: variants: python: there is no file NONE`
    ],
    [
      'a variant that is not there',
      'images: a/b\nvariants: {python: [3.12]}\ndefault-variant: {python: 3.13}',
      `${FILE}:3: default-variant: "3.13" is not a value of python; did you mean 3.12?`
    ]
  ])('%s', async (_, yaml, fault) => {
    const [first = ''] = await faultsOf(yaml)
    if (typeof fault === 'string') expect(first).toBe(fault)
    else expect(first).toMatch(fault)
  })

  it('is not blamed for inputs', async () => {
    expect(await faultsOf('images: a/b\ntags: type=edge', {tags: '\ntype=egde'})).toEqual([
      'tags: line 2: "egde" is not a type of tag; did you mean edge?'
    ])
  })
})

describe('the schema of the file', () => {
  const schema = JSON.parse(
    readFileSync(path.resolve(import.meta.dirname, '../../schema/image-release.schema.json'), 'utf8')
  ) as {properties: Record<string, {description: string}>; additionalProperties: boolean}

  it('knows and describes every setting but secrets', () => {
    const inputs = Object.entries(computeTags.inputs).filter(
      ([name, {secret}]) => !secret && name !== 'config'
    )
    expect(Object.keys(schema.properties).filter(name => !SECTIONS.includes(name))).toEqual(
      inputs.map(([name]) => name)
    )
    for (const [name, {summary}] of inputs) expect(schema.properties[name]?.description).toBe(summary)
    expect(schema.additionalProperties).toBe(false)
  })
})

describe('a section of the file', () => {
  const table = {
    builder: text({summary: 'One.'}),
    format: choice(['oci', 'docker'], {summary: 'Two.', default: 'oci'}),
    token: text({summary: 'Three.', secret: true}),
    plan: json({summary: 'Four.'}, value => ({value}))
  }
  const read = async (yaml: string, given = {}): Promise<unknown> => {
    const file = await configure({table, section: 'build-by-digest'}, given, () => Promise.resolve(yaml))
    return await file.within(() => Promise.resolve(file.texts))
  }

  it('holds the inputs of its command, and an input counts more', async () => {
    const yaml = 'images: a/b\nbuild-by-digest:\n  builder: buildah\n  format: docker\n'
    expect(await read(yaml, {format: 'oci'})).toEqual({builder: 'buildah', format: 'oci'})
  })

  it.each(['images: a/b', 'build-by-digest:', ''])('may be left out: %j', async yaml => {
    expect(await read(yaml)).toEqual({})
  })

  it('has its faults said with their lines, all at once', async () => {
    const yaml = 'build-by-digest:\n  bulder: buildah\n  token: abc\n  plan: {}\n'
    await expect(read(yaml)).rejects.toThrow(
      [
        '.github/image-release.yml:2: bulder: there is no such setting; did you mean builder?',
        '.github/image-release.yml:3: token: is a secret, which does not belong in a file',
        '.github/image-release.yml:4: plan: is of one run, which does not belong in a file'
      ].join('\n')
    )
    for (const text of ['yes', '"null"'])
      await expect(read(`build-by-digest: ${text}`)).rejects.toThrow(
        'build-by-digest: is not a map of settings'
      )
  })

  it('is no concern of compute-tags, which knows its name', async () => {
    expect(await faultsOf('images: a/b\nmerge-manifest: {sign: none}')).toEqual([])
    expect((await faultsOf('images: a/b\nmerge-manifst: {}'))[0]).toContain('did you mean merge-manifest?')
  })

  it('is there for every command that says so', async () => {
    const names = await commandsWith('section')
    expect(names.filter(name => !SECTIONS.includes(name))).toEqual([])
  })

  it.each(SECTIONS)('is there for no other command, and %s is one that says so', async name => {
    expect(COMMANDS.has(name)).toBe(true)
    expect(await loadCommand(name)).toMatchObject({name, settings: 'section'})
  })
})

describe('a setting at the top of the file that not every command there reads', () => {
  it('is one of compute-tags that explain does not have, and no secret', async () => {
    expect(await commandsWith('top')).toEqual(['release', 'compute-tags', 'explain'])
    const missing = Object.entries(computeTags.inputs).filter(
      ([name, {secret}]) => !secret && !Object.hasOwn(explain.inputs, name)
    )
    expect([...OF_ONE_COMMAND].sort()).toEqual(missing.map(([name]) => name).sort())
  })

  it('and what explain alone has is about one call of it', async () => {
    const own = Object.keys(explain.inputs).filter(name => !Object.hasOwn(computeTags.inputs, name))
    expect(own.sort()).toEqual(['against-metadata', 'all', 'json', 'markdown'])
    for (const name of own) {
      const file = () => Promise.resolve(`images: a/b\n${name}: true`)
      const failure = await failureOf(async () => await configure({table: explain.inputs}, {}, file))
      expect(failure.message).toContain(`${name}: is asked of one call`)
    }
  })

  it.each(OF_ONE_COMMAND)('is no fault where it is not read: %s', async name => {
    const file = () => Promise.resolve(`images: a/b\n${name}: src`)
    expect((await configure({table: explain.inputs}, {}, file)).texts).toEqual({images: 'a/b'})
    expect((await configure({table: computeTags.inputs}, {}, file)).texts).toEqual({
      images: 'a/b',
      [name]: 'src'
    })
  })
})

const bomb = (levels: number): string =>
  [
    'labels:',
    '  a0: &a0 [x, x, x, x, x, x, x, x, x]',
    ...Array.from({length: levels}, (_, level) => {
      const aliases = Array.from({length: 9}, () => `*a${level}`).join(', ')
      return `  a${level + 1}: &a${level + 1} [${aliases}]`
    })
  ].join('\n')

/** What is said of a file; `read` where nothing is. */
function read(text: string): string {
  try {
    parseConfigFile('s.yml', text, {table: computeTags.inputs, others: []})
    return 'read'
  } catch (error) {
    if (error instanceof InputError)
      return error.issues.map(({input, message}) => `${input}: ${message}`).join('\n')
    throw error
  }
}

describe('a file of settings that is made to take time or memory', () => {
  it.each([
    [
      'aliases of lists of aliases',
      bomb(9),
      /^s\.yml:\d+: stands for more than 20000 entries by its aliases$/
    ],
    [
      'the same in a map that is merged',
      `${bomb(7)}\nannotations: {<<: *a7}`,
      /stands for more than 20000 entries/
    ],
    ['a map that holds itself', 'labels: &a\n  x: *a', /^s\.yml:\d: leads back to itself by an alias$/],
    ['a list that holds itself', 'images: &a [*a]', /leads back to itself/],
    ['a circle of two', 'labels: &a {x: &b {y: *a}}', /leads back to itself/],
    ['a key that holds itself', 'labels: &a {? *a : x}', /leads back to itself|implicit|map/i],
    ['brackets', `images: ${'['.repeat(100_000)}`, /^s\.yml:1: is nested more than 32 deep$/],
    ['closed brackets', `images: ${'['.repeat(5000)}${']'.repeat(5000)}`, /is nested more than 32 deep/],
    ['braces', `labels: ${'{a: '.repeat(5000)}`, /is nested more than 32 deep/],
    ['dashes', `images:\n  ${'- '.repeat(20_000)}`, /is nested more than 32 deep/],
    ['question marks', '? '.repeat(20_000), /is nested more than 32 deep/],
    [
      'indentation',
      Array.from({length: 600}, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      /nested more than 32 deep/
    ],
    [
      'keys',
      Array.from({length: 20_000}, (_, key) => `a${key}: 1`).join('\n'),
      /has more than 20000 words and signs/
    ],
    ['keys of one name', 'a: 1\n'.repeat(30_000), /has more than 20000 words and signs/],
    [
      'anchors',
      Array.from({length: 3000}, (_, key) => `a${key}: &b${key} 1`).join('\n'),
      /^s\.yml:\d+: has more than 100 anchors$/
    ],
    ['bytes', `images: ${'a'.repeat(300_000)}`, /^s\.yml:1: is larger than 262144 bytes$/],
    ['comments', '# a\n'.repeat(60_000), /has more than 20000 words and signs/],
    ['commas', `images: [${'a,'.repeat(20_000)}]`, /has more than 20000 words and signs/],
    ['documents', '---\n'.repeat(30_000), /has more than 20000 words and signs/]
  ])('is refused in one line: %s', (_, text, expected) => {
    expect(read(text)).toMatch(expected)
  })

  it.each([
    ['aliases', 'labels: &x {a: b}\nannotations: *x'],
    ['lists in maps', 'variants:\n  debug: {tags: [a, b]}'],
    [
      'two hundred images',
      `images:\n${Array.from({length: 200}, (_, one) => `  - ghcr.io/o/i${one}`).join('\n')}`
    ],
    ['long comments', `${'# a comment that explains it all\n'.repeat(500)}images: a/b`]
  ])('is not one that has %s', (_, text) => {
    expect(read(text)).not.toMatch(/more than|leads back/)
  })

  it('is refused or read, never more, whatever bytes it has', () => {
    const pieces = fc.constantFrom(
      ...[
        'a: ',
        '&a ',
        '*a',
        '[',
        ']',
        '{',
        '}',
        '- ',
        '? ',
        ': ',
        ', ',
        '\n',
        '  ',
        '|\n',
        '>\n',
        '"',
        "'",
        '#',
        '!!x ',
        '<<: '
      ],
      ...['---\n', '...\n', '%YAML 1.2\n', '\t', '\u0000', '\u0085', '\ufeff', 'images: ', 'labels: ', 'x']
    )
    fc.assert(
      fc.property(fc.array(pieces, {maxLength: 60}), texts => {
        expect(typeof read(texts.join(''))).toBe('string')
      }),
      {numRuns: 2000}
    )
  })
})
