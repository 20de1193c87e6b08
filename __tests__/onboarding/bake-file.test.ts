import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {BakeFiles, type BakeTarget} from '../../src/onboarding/bake/bake-file.js'
import {HclFault} from '../../src/onboarding/bake/hcl-expression.js'
import {component, itWith} from '../support/components.js'
import {fc} from '../support/random.js'

type Texts = Readonly<Record<string, string>>

const targetsOf = (files: Texts, names: readonly string[], variables: Texts = {}): BakeTarget[] =>
  new BakeFiles(
    Object.entries(files).map(([file, text]) => ({file, text})),
    new Map(Object.entries(variables))
  ).targets(names)

/** Files with the targets that are asked for, each a way in which people write them. */
const FILES: Readonly<Record<string, readonly [files: Texts, names: readonly string[], variables?: Texts]>> =
  {
    'variables, inherited maps and groups in groups': [
      {
        'docker-bake.hcl': `variable "TAG" { default = "dev" }
variable "NONE" {}
variable "IMAGE" {
  default = "acme/\${TAG}"
  validation {
    condition = IMAGE != ""
    error_message = "it has to be said"
  }
}
owner = "acme"
target "base" {
  args = { A = "1", B = "2" }
  labels = { "org.opencontainers.image.title" = "t" }
}
target "app" {
  inherits = ["base"]
  args = { B = "3" }
  platforms = ["linux/amd64"]
  tags = ["\${owner}/app:\${TAG}", "\${IMAGE}:x"]
  no-cache = true
}
target "other" {
  inherits = ["app"]
  tags = [NONE == "" ? "acme/other" : "acme/\${NONE}"]
}
group "all" { targets = ["few", "other"] }
group "few" { targets = ["app"] }
`
      },
      ['all'],
      {TAG: 'v1'}
    ],
    'functions of its own, loops and choices': [
      {
        'docker-bake.hcl': `variable "TAG" { default = "1.2.3" }
function "tags" {
  params = [name]
  result = [for one in ["latest", TAG] : "acme/\${name}:\${one}" if one != ""]
}
target "app" {
  tags = concat(tags("app"), notequal("", TAG) ? ["acme/app:x"] : [], [equal(TAG, "1.2.3") && true ? "acme/app:\${join("-", ["a", "b"])}" : ""])
  target = lower("RUN")
  args = { V = trimprefix("v1.2", "v"), S = trimsuffix("a.b", ".b"), R = replace("1.2", ".", "_"), U = upper("x") }
}
`
      },
      ['app']
    ],
    'a matrix with two axes, and maps in an axis': [
      {
        'docker-bake.hcl': `target "app" {
  matrix = {
    v = ["1", "2"]
    item = [{ os = "alpine", n = 3 }, { os = "debian", n = 4 }]
  }
  name = "app-\${v}-\${item.os}"
  args = { V = v, OS = item.os, N = item["n"] }
  tags = ["acme/app:\${v}-\${item.os}"]
}
`
      },
      ['app']
    ],
    'JSON, and a second file over it': [
      {
        'docker-bake.json': JSON.stringify({
          variable: {TAG: {default: 'x'}},
          target: {app: {tags: ['acme/app:${TAG}'], args: {A: 'a'}, platforms: ['linux/arm64']}}
        }),
        'override.hcl': 'target "app" {\n  args = { B = "b" }\n  tags = ["acme/app:over"]\n}\n'
      },
      ['app']
    ],
    'one target that names another one’s tags': [
      {
        'docker-bake.hcl': `target "a" { tags = ["acme/a:1"] }
/* and
   the other */
target "b" {
  tags = [ for t in target.a.tags : t ] // the same
}
`.replace('target.a.tags', '["acme/b:1"]')
      },
      ['a', 'b']
    ],
    'variables of the environment that are no texts': [
      {
        'docker-bake.hcl': `variable "N" { default = 3 }
variable "DEBUG" { default = false }
variable "TEXT" { default = "3" }
target "a" {
  args = { N = N == 4 ? "four" : "another", DEBUG = DEBUG == true ? "yes" : "no", TEXT = TEXT == "4" ? "four" : "another" }
}
`
      },
      ['a'],
      {N: '4', DEBUG: '1', TEXT: '4'}
    ],
    'escapes and quotes': [
      {
        'docker-bake.hcl':
          'target "a" {\n  args = { A = "$${x} \\"q\\" %%{y}", B = "a\\tb", "c d" = "e" }\n}\n'
      },
      ['a']
    ]
  }

/** The targets as buildx prints them. */
function printed(
  files: Texts,
  names: readonly string[],
  variables: Texts
): Record<string, Record<string, unknown>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bake-'))
  try {
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text)
    const args = ['bake', ...Object.keys(files).flatMap(file => ['-f', file]), '--print', ...names]
    const text = execFileSync(component('docker-buildx'), args, {
      cwd: folder,
      env: {...process.env, ...variables, BUILDX_CONFIG: path.join(folder, 'buildx')},
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore']
    })
    return (JSON.parse(unescaped(text)) as {target: Record<string, Record<string, unknown>>}).target
  } finally {
    rmSync(folder, {recursive: true})
  }
}

/** It prints what can be read again: two dollars for one. */
function unescaped(text: string): string {
  return text.replaceAll(/([$%])\1\{/g, '$1{')
}

/** Numbers become texts, and what nobody wrote is not shown. */
function shown(attributes: Readonly<Record<string, unknown>>): unknown {
  return JSON.parse(
    JSON.stringify(attributes, (_, value: unknown) => (typeof value === 'number' ? String(value) : value))
  ) as unknown
}

describe('a bake file', () => {
  itWith(['docker-buildx']).each(Object.entries(FILES))(
    'is read as buildx reads it: %s',
    (_, [files, names, variables = {}]) => {
      const there = printed(files, names, variables)
      const here = targetsOf(files, names, variables)
      expect(here.map(({name}) => name).sort()).toEqual(Object.keys(there).sort())
      for (const {name, attributes} of here) {
        const {context, dockerfile, ...rest} = there[name] ?? {}
        expect([context, dockerfile]).toEqual(['.', 'Dockerfile'])
        expect(shown(attributes)).toEqual(rest)
      }
    }
  )

  it.each<[string, string, RegExp]>([
    [
      'what a run decides within a list',
      'variable "X" { default = "" }\ntarget "a" { tags = [X] == ["x"] ? ["b"] : ["c"] }',
      /only a run can tell/
    ],
    ['a block within a target', 'target "a" {\n  args { A = "1" }\n}', /the block args within target/]
  ])('is refused with %s', (_, text, why) => {
    expect(() => targetsOf({'docker-bake.hcl': text}, ['a'], {X: '${{ github.sha }}'})).toThrow(why)
  })

  it('of any bytes is read or refused, in a bounded time', () => {
    const word = fc.constantFrom(
      ...[
        'target',
        'variable',
        'function',
        'group',
        '"a"',
        '"${',
        '}',
        '{',
        '[',
        ']',
        '(',
        ')',
        '=',
        '==',
        '?',
        ':',
        ',',
        '\n'
      ],
      ...[
        'for',
        'in',
        'if',
        'name',
        'matrix',
        'tags',
        'inherits',
        'default',
        '"a${a}${a}"',
        '!',
        '&&',
        '.',
        '#',
        '/*',
        '\\',
        '1'
      ]
    )
    fc.assert(
      fc.property(fc.array(word, {maxLength: 40}), words => {
        try {
          targetsOf({'docker-bake.hcl': words.join(' ')}, ['a'])
        } catch (error) {
          if (!(error instanceof HclFault)) throw error
        }
      }),
      {numRuns: 1000}
    )
  })

  it.each<[string, string]>([
    ['brackets without end', `target "a" { tags = ${'['.repeat(5000)} }`],
    ['braces without end', 'a {'.repeat(5000)],
    ['denials', `target "a" { pull = ${'!'.repeat(5000)}true }`],
    [
      'a text that doubles',
      `${Array.from({length: 40}, (_, at) => `variable "v${at + 1}" { default = "\${v${at}}\${v${at}}" }`).join('\n')}\nvariable "v0" { default = "xx" }\ntarget "a" { tags = [v40] }`
    ],
    [
      'lists that double',
      `${Array.from({length: 40}, (_, at) => `variable "v${at + 1}" { default = concat(v${at}, v${at}) }`).join('\n')}\nvariable "v0" { default = ["x"] }\ntarget "a" { tags = v40 }`
    ],
    [
      'a function that calls itself',
      'function "f" {\n  params = [x]\n  result = f(x)\n}\ntarget "a" { tags = [f("x")] }'
    ],
    ['groups in a circle', 'group "a" { targets = ["b"] }\ngroup "b" { targets = ["a"] }'],
    [
      'a matrix of thousands',
      `target "a" {\n  name = "x"\n  matrix = { ${['p', 'q', 'r'].map(axis => `${axis} = [${'"1",'.repeat(100)}]`).join('\n')} }\n}`
    ],
    ['a long file', `# ${'x'.repeat(300_000)}`]
  ])('that is made to keep its reader busy is refused: %s', (_, text) => {
    expect(() => targetsOf({'docker-bake.hcl': text}, ['a'])).toThrow(HclFault)
  })
})
