import {readFileSync, readdirSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {
  findBreaches,
  findTableFaults,
  packagesLoadedWith,
  pureFilesOf,
  readSources
} from './support/import-rule.js'

const SRC = readSources(path.resolve(import.meta.dirname, '../src'))

describe('the import rule', () => {
  it('holds in src: rooms use what their table says, no circles, pure files stay pure, the process in few rooms', () => {
    expect(SRC.size).toBeGreaterThan(20)
    expect(findBreaches(SRC)).toEqual([])
  })

  it('has a table that says no more than what is so, and in which each room uses only rooms below it', () => {
    expect(findTableFaults(SRC)).toEqual([])
  })

  it('holds the greater half of the files to be pure', () => {
    const pure = pureFilesOf(SRC)
    expect(pure).toEqual(
      expect.arrayContaining(['publishing/decide/tag-decision.ts', 'cleanup/policy/cleanup-plan.ts'])
    )
    expect(pure).not.toEqual(expect.arrayContaining(['registry/client/tag-list.ts']))
  })

  it.each([
    [
      'of a room that the table does not name',
      'oci/digest.ts',
      "import {plan} from '../contracts/plan.js'",
      'oci/digest.ts imports contracts/plan.ts: oci may not use contracts'
    ],
    [
      'of a type alone',
      'registry/a.ts',
      "import type {Policy} from '../cleanup/policy/policy.js'",
      'registry/a.ts imports cleanup/policy/policy.ts: registry may not use cleanup'
    ],
    [
      'when it is needed',
      'registry/a.ts',
      "const c = await import('../commands.js')",
      'registry/a.ts imports commands.ts: registry may not use commands'
    ],
    [
      'by passing it on',
      'errors.ts',
      "export * from './oci/digest.js'",
      'errors.ts imports oci/digest.ts: errors may not use oci'
    ],
    [
      'between the hosts',
      'cli/a.ts',
      "import '../actions/b.js'",
      'cli/a.ts imports actions/b.ts: cli may not use actions'
    ],
    [
      'in a folder that is no room',
      'utils/a.ts',
      "import '../errors.js'",
      'utils/a.ts is in no room: give its folder one in scripts/rooms.ts'
    ],
    [
      'of what tells results, by what makes them',
      'publishing/move/a.ts',
      "import type {View} from '../report/merge-summary.js'",
      'publishing/move/a.ts imports publishing/report/merge-summary.ts, which tells results'
    ],
    [
      'of a package that its room does not list',
      'registry/a.ts',
      "import * as core from '@actions/core'",
      'registry/a.ts imports @actions/core: registry may not'
    ],
    [
      'of a program outside the rooms of the process',
      'building/a.ts',
      "import {spawn} from 'node:child_process'",
      'building/a.ts imports node:child_process: only cli, actions, host, machine may'
    ],
    [
      'of a terminal by a module below it',
      'building/a.ts',
      "import {createInterface} from 'node:readline/promises'",
      'building/a.ts imports node:readline/promises: only cli, actions, host, machine may'
    ],
    [
      'or use of variables',
      'registry/a.ts',
      'const home = process.env.HOME',
      'registry/a.ts uses process.env: only cli, actions, host, machine may'
    ],
    [
      'or use of arguments in main',
      'main.ts',
      "const first = process['argv'][2]",
      "main.ts uses process['argv']: only cli, actions, host, machine may"
    ]
  ])('catches an import %s', (_, file, text, breach) => {
    expect(findBreaches(new Map([[file, text]]))).toEqual([breach])
  })

  it('catches a file that is to be pure and is not, by whatever it imports', () => {
    const sources = new Map([
      ['publishing/decide/a.ts', "import type {Client} from '../../registry/client/b.js'"],
      ['registry/client/b.ts', "import type {Ports} from '../../ports.js'"],
      ['ports.ts', ''],
      ['cleanup/policy/c.ts', "import pLimit from 'p-limit'"],
      ['planning/rules/d.ts', "import {createHash} from 'node:crypto'"]
    ])
    expect(findBreaches(sources)).toEqual([
      'publishing/decide/a.ts is to be pure, and imports registry/client/b.ts',
      'cleanup/policy/c.ts is to be pure, and imports p-limit'
    ])
  })

  it('catches a circle, once', () => {
    const sources = new Map([
      ['oci/a.ts', "import './b.js'"],
      ['oci/b.ts', "import './c.js'"],
      ['oci/c.ts', "import './a.js'"]
    ])
    expect(findBreaches(sources)).toEqual(['a circle: oci/a.ts > oci/b.ts > oci/c.ts > oci/a.ts'])
  })

  it('catches what the table says and is not so', () => {
    const room = {holds: '', packages: [], pure: []}
    const rooms = {
      low: {...room, head: ['first'], uses: ['high']},
      high: {...room, head: ['second'], uses: ['low'], pure: ['rules/']}
    }
    const sources = new Map([
      ['low/first.ts', ''],
      ['high/other.ts', "import '../low/first.js'"]
    ])
    expect(findTableFaults(sources, rooms)).toEqual([
      'low need not use high',
      'high has no second.ts',
      'high uses low, which stands above it',
      'high has no rules/'
    ])
  })

  it('lets a file import its own room and the rooms that the table names', () => {
    const sources = new Map([
      ['main.ts', "import './commands.js'; import './host/host.js'"],
      ['cli/host.ts', "import '../host/host.js'; import '../oci/digest.js'"],
      ['machine/exec.ts', "import type {Exec} from '../ports.js'; import * as exec from '@actions/exec'"],
      ['versions/version.ts', "import parse from 'semver/functions/parse.js'; import './pep440.js'"],
      ['oci/digest.ts', "import {createHash} from 'node:crypto' // the process of hashing"]
    ])
    expect(findBreaches(sources)).toEqual([])
  })
})

describe('what is known', () => {
  it.each([
    ["GitHub's paths", /['"`]\/(?:repos|orgs|users?|graphql)\b/, 'github/rest-paths.ts'],
    ['text that may be no JSON', /\btry \{\s*(?:const \w+ = |return )JSON\.parse\(/, 'shared/json.ts'],
    ['statuses that pass', /\[408, 429\b/, 'shared/retry.ts'],
    ['how long is waited between tries', /\* 2 \*\* \(|from 'p-retry'/, 'shared/retry.ts'],
    ['how long an answer asks to wait', /headers\['x-retry-after'\]/, 'shared/retry-wait.ts'],
    ['a login as HTTP has it', /`Basic \$\{/, 'shared/basic-login.ts'],
    ['where docker keeps a login', /index\.docker\.io\/v1/, 'registry/auth/docker-config.ts'],
    ['the texts of a secret', /encodeURIComponent\(whole\)/, 'command/mask-forms.ts'],
    [
      'what a Sigstore bundle holds',
      /\['(?:dsseEnvelope|verificationMaterial)'\]/,
      'signing/sigstore-bundle.ts'
    ],
    ['whom a certificate is for', /new X509Certificate\(/, 'signing/sigstore-bundle.ts'],
    ['how people verify', /[`'](?:cosign verify|gh attestation verify)/, 'signing/verify-commands.ts'],
    ['words of pre-releases', /\bcanary\|/, 'versions/version-order.ts'],
    ['how sizes are written', /'KiB'/, 'shared/format.ts'],
    ['how times are written', /\} min \$\{/, 'shared/format.ts']
  ])('is in one file: %s', (_, pattern, home) => {
    const code = (text: string): string => text.replace(/\/\*\*[^]*?\*\//g, '')
    const files = [...SRC].filter(([, text]) => pattern.test(code(text))).map(([file]) => file)
    expect(files.filter(file => file !== 'reporting/page-assets.ts')).toEqual([home])
  })
})

describe('an exported name', () => {
  it('stands for one thing, but for words that two rooms far apart share', () => {
    const declared =
      /^export (?:declare )?(?:async )?(?:abstract )?(?:function|const|class|interface|type|enum) (\w+)/gm
    const names = [...SRC].flatMap(([file, text]) =>
      [...new Set([...text.matchAll(declared)].map(([, name = '']) => name))].map(name => ({name, file}))
    )
    const shared = names.filter(({name, file}) =>
      names.some(other => other.name === name && other.file !== file)
    )
    const counted = [...new Set(shared.map(({name}) => name))].sort()
    expect(counted).toEqual(['Scope', 'TaggedImage', 'parseTemplate', 'textOf'])
  })
})

describe('what tests leave to chance', () => {
  it('has its seed from one place', () => {
    const tests = path.resolve(import.meta.dirname)
    const own = ['support/random.ts', 'architecture.test.ts']
    const files = readdirSync(tests, {recursive: true, encoding: 'utf8'}).filter(file => file.endsWith('.ts'))
    const other = files.filter(
      file =>
        !own.includes(file) &&
        /from 'fast-check'|Math\.random|randomInt/.test(readFileSync(path.join(tests, file), 'utf8'))
    )
    expect(other).toEqual([])
  })
})

describe('what is loaded before a first request', () => {
  const sources = SRC
  const always = ['main.ts', 'host/runtime.ts']
  const small = ['fastest-levenshtein', 'p-limit', 'zod/mini', 'zod/v4/locales/en.js']

  it.each(['cli', 'actions'])(
    'is little for a merge, on the host %s: no parser, no client of a service',
    host => {
      const roots = [
        ...always,
        `${host}/host.ts`,
        'publishing/merge-manifest.ts',
        'registry/transport/http.ts'
      ]
      expect(roots.filter(root => !sources.has(root))).toEqual([])
      expect(packagesLoadedWith(roots, sources)).toEqual(small)
    }
  )

  it('is no package with types alone, or with what is imported when it is needed', () => {
    const files = new Map([
      [
        'a.ts',
        "import type {A} from 'one'; import {type B} from 'two'; import './b.js'; export * from './c.js'"
      ],
      ['b.ts', "const three = await import('three'); import four, {type F} from 'four'"],
      ['c.ts', "import 'five'; import fs from 'node:fs'"]
    ])
    expect(packagesLoadedWith(['a.ts'], files)).toEqual(['five', 'four'])
  })
})
