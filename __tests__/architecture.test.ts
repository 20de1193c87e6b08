import {readFileSync, readdirSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {findBreaches, packagesLoadedWith, readSources} from './support/import-rule.js'

describe('the import rule', () => {
  it('holds in src: down only, never sideways, no circles, the outside world only in hosts', () => {
    const sources = readSources(path.resolve(import.meta.dirname, '../src'))
    expect(sources.size).toBeGreaterThan(20)
    expect(findBreaches(sources)).toEqual([])
  })

  it.each([
    [
      'up',
      'oci/digest.ts',
      "import {plan} from '../plan/plan.js'",
      'oci/digest.ts imports contracts/plan.ts: up'
    ],
    [
      'up, for a type alone',
      'publishing/decide/index-plan.ts',
      "import type {Ports} from '../ports.js'",
      'publishing/decide/index-plan.ts imports ports.ts: up'
    ],
    [
      'up, when it is needed',
      'registry/a.ts',
      "const c = await import('../commands/all.js')",
      'registry/a.ts imports commands.ts: up'
    ],
    [
      'up, by passing it on',
      'errors.ts',
      "export * from './oci/digest.js'",
      'errors.ts imports oci/digest.ts: up'
    ],
    [
      'sideways to another folder of its floor',
      'builders/a.ts',
      "import '../registry/b.js'",
      'builders/a.ts imports registry/b.ts: sideways'
    ],
    [
      'sideways between the hosts',
      'hosts/cli/a.ts',
      "import '../github/b.js'",
      'hosts/cli/a.ts imports hosts/github/b.ts: sideways'
    ],
    [
      'a folder without a floor',
      'hosts/a.ts',
      "import '../utils/b.js'",
      'hosts/a.ts imports utils/b.ts, which stands on no floor'
    ],
    [
      'the toolkit outside hosts',
      'registry/a.ts',
      "import * as core from '@actions/core'",
      'registry/a.ts imports @actions/core: registry may not'
    ],
    [
      'a file system in a pure floor',
      'tags/a.ts',
      "import fs from 'node:fs'",
      'tags/a.ts imports node:fs: tags may not'
    ],
    [
      'a program outside hosts',
      'builders/a.ts',
      "import {spawn} from 'node:child_process'",
      'builders/a.ts imports node:child_process: only hosts may'
    ],
    [
      'a package that its folder does not list',
      'oci/a.ts',
      "import semver from 'semver'",
      'oci/a.ts imports semver: oci may not'
    ],
    [
      'variables outside hosts',
      'registry/a.ts',
      'const home = process.env.HOME',
      'registry/a.ts uses process.env: only hosts may'
    ],
    [
      'arguments in main',
      'main.ts',
      "const first = process['argv'][2]",
      "main.ts uses process['argv']: only hosts may"
    ]
  ])('catches an import or use: %s', (_, file, text, breach) => {
    expect(findBreaches(new Map([[file, text]]))).toEqual([breach])
  })

  it('catches a circle, once', () => {
    const sources = new Map([
      ['oci/a.ts', "import './b.js'"],
      ['oci/b.ts', "import './c.js'"],
      ['oci/c.ts', "import './a.js'"]
    ])
    expect(findBreaches(sources)).toEqual(['a circle: oci/a.ts > oci/b.ts > oci/c.ts > oci/a.ts'])
  })

  it('lets a file import its own folder and what stands below', () => {
    const sources = new Map([
      ['main.ts', "import './commands/all.js'; import './hosts/host.js'"],
      ['cli/host.ts', "import '../host.js'; import '../../oci/digest.js'"],
      ['host/host.ts', "import type {Exec} from '../ports.js'; import * as core from '@actions/core'"],
      ['planning/rules/rule.ts', "import parse from 'semver/functions/parse.js'; import './version.js'"],
      ['oci/digest.ts', "import {createHash} from 'node:crypto' // the process of hashing"]
    ])
    expect(findBreaches(sources)).toEqual([])
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
  const sources = readSources(path.resolve(import.meta.dirname, '../src'))
  const always = ['main.ts', 'host/runtime.ts']
  const small = ['fastest-levenshtein', 'p-limit', 'p-retry', 'zod/mini', 'zod/v4/locales/en.js']

  it.each(['cli', 'github'])(
    'is little for a merge, on the host %s: no parser, no client of a service',
    host => {
      const roots = [
        ...always,
        `hosts/${host}/host.ts`,
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
