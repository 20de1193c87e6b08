import {describe, expect, it} from '@jest/globals'
import {translateCleanup} from '../../src/onboarding/cleanup-translation.js'
import type {Node} from '../cleanup/named-worlds.js'
import {digest} from '../cleanup/worlds.js'
import {readDocument} from '../docs/documents.js'
import {deleteVersions} from '../support/cleanup-actions/delete-versions-model.js'
import {ghcrCleanup} from '../support/cleanup-actions/ghcr-cleanup-model.js'
import {KNOWN_INPUTS} from '../support/cleanup-actions/known-inputs.js'
import {retentionPolicy} from '../support/cleanup-actions/retention-policy-model.js'
import {type Left, type Nodes, brokenIn, imagesAmong} from '../support/cleanup-actions/stored-world.js'
import {fc} from '../support/random.js'
import {
  GUARDED,
  USUAL,
  deleteVersionsSteps,
  ghcrCleanupSteps,
  guardedPackages,
  leftHere,
  multi,
  retentionPolicySteps,
  usualPackages
} from './policy-worlds.js'

type Step = Readonly<Record<string, string>>

const FACTS = {owner: 'Acme', repository: 'App'}
const DATAAXIOM = 'dataaxiom/ghcr-cleanup-action'
const SNOK = 'snok/container-retention-policy'
const GITHUB = 'actions/delete-package-versions'
const RUNS = 400

const translated = (action: string, step: Step): Readonly<Record<string, string>> => {
  const made = translateCleanup({action, with: step}, FACTS)
  if (made === undefined || 'faults' in made) throw new Error(`not translated: ${JSON.stringify(made)}`)
  return made.inputs
}
const faultsOf = (action: string, step: Step): string => {
  const made = translateCleanup({action, with: step}, FACTS)
  return made !== undefined && 'faults' in made ? made.faults.join('\n') : ''
}
const there: Readonly<Record<string, (nodes: Nodes, step: Step) => Left>> = {
  [DATAAXIOM]: ghcrCleanup,
  [SNOK]: (nodes, step) => retentionPolicy(nodes, {'cut-off': '1d', ...step}),
  [GITHUB]: deleteVersions
}
/** Images by their names, with the tags that they have left. */
const imagesOf = (left: Left, nodes: Nodes): Record<string, readonly string[]> =>
  Object.fromEntries(imagesAmong(nodes).flatMap(name => (left.has(name) ? [[name, left.get(name)!]] : [])))

const SINGLE: Nodes = {
  new: {tags: ['main'], age: 0.5},
  old: {tags: ['r1'], age: 50.5},
  'untagged new': {age: 1.5},
  'untagged old': {age: 60.5},
  'untagged older': {age: 61.5}
}
const SIGNED: Nodes = {
  ...USUAL,
  signature: {subject: 'release', age: 40.4},
  'signature alone': {subject: 'gone e', age: 15.5},
  'signature by tag': {tags: [`sha256-${digest('gone f').slice(7)}.sig`], age: 16.5}
}
const PLACE = {account: 'acme', token: '${{ secrets.PAT }}', 'image-names': 'app'}
const CONTAINER = {'package-name': 'app', 'package-type': 'container'}

/** Policies that people have, from the issues and the READMEs of the actions. */
const POLICIES: readonly (readonly [string, Step, Nodes?])[] = [
  [DATAAXIOM, {}],
  [DATAAXIOM, {token: '${{ secrets.PAT }}', owner: 'acme', repository: 'app', package: 'app'}],
  [DATAAXIOM, {packages: 'app,tools/cli', 'delete-untagged': 'true', 'log-level': 'debug'}],
  [DATAAXIOM, {packages: 'app*,!x', 'expand-packages': 'true', 'older-than': '30 days'}],
  [DATAAXIOM, {'delete-tags': 'pr-1'}],
  [DATAAXIOM, {tags: 'pr-*,dev'}],
  [DATAAXIOM, {'delete-tags': '*-rc*', 'keep-n-tagged': '2'}],
  [DATAAXIOM, {'delete-tags': 'pr-*,sha-*', 'keep-n-tagged': '2'}],
  [DATAAXIOM, {'delete-tags': 'sha-*', 'keep-n-tagged': '0'}],
  [DATAAXIOM, {'keep-n-tagged': '3'}],
  [DATAAXIOM, {'keep-n-tagged': '0'}],
  [DATAAXIOM, {'keep-n-tagged': '3', 'exclude-tags': 'dev,stable'}],
  [
    DATAAXIOM,
    {'keep-n-tagged': '4', 'exclude-tags': 'dev', 'delete-untagged': 'true', 'delete-partial-images': 'true'}
  ],
  [DATAAXIOM, {'older-than': '60 days', 'keep-n-tagged': '1'}],
  [DATAAXIOM, {'older-than': '1 month', 'delete-tags': '*'}],
  [DATAAXIOM, {'older-than': '1 week', 'delete-untagged': 'true', 'exclude-tags': 'stable'}],
  [DATAAXIOM, {'keep-n-untagged': '1'}],
  [DATAAXIOM, {'keep-n-untagged': '0'}],
  [DATAAXIOM, {'keep-n-untagged': '2', 'keep-n-tagged': '5', 'older-than': '2 days'}],
  [DATAAXIOM, {'delete-ghost-images': 'true'}],
  [DATAAXIOM, {'delete-ghost-images': 'true', 'keep-n-tagged': '6', 'keep-n-untagged': '2'}],
  [DATAAXIOM, {'delete-partial-images': 'true', 'delete-ghost-images': 'true'}],
  [DATAAXIOM, {'delete-orphaned-images': 'true'}, SIGNED],
  [DATAAXIOM, {'delete-orphaned-images': 'true', 'keep-n-untagged': '2', 'older-than': '30 days'}, SIGNED],
  [DATAAXIOM, {'delete-tags': '^sha-[abc]+$', 'use-regex': 'true'}],
  [DATAAXIOM, {'delete-tags': 'rc[12]|^pr-', 'exclude-tags': 'candidate', 'use-regex': 'true'}],
  [DATAAXIOM, {'delete-tags': `${digest('dev')},pr-1`, 'exclude-tags': digest('pr 1')}],
  [DATAAXIOM, {'delete-tags': '*', 'exclude-tags': 'stable,r?,keep-me'}],
  [DATAAXIOM, {'delete-untagged': 'true', validate: 'true', 'dry-run': 'true'}],
  [DATAAXIOM, {'registry-url': 'https://ghcr.io/', 'github-api-url': 'https://api.github.com'}],
  [SNOK, {...PLACE, 'cut-off': '30d'}],
  [SNOK, {...PLACE, 'cut-off': '2w', 'image-tags': '!stable !main', 'rust-log': 'info'}],
  [SNOK, {...PLACE, 'cut-off': '7d', 'image-tags': 'pr-* sha-*'}],
  [SNOK, {...PLACE, 'cut-off': '7d', 'image-tags': 'pr-*,!pr-2', 'tag-selection': 'tagged'}],
  [SNOK, {...PLACE, account: 'user', 'cut-off': '1d', 'tag-selection': 'untagged', 'dry-run': 'true'}],
  [
    SNOK,
    {
      ...PLACE,
      'cut-off': '1d',
      'image-tags': '*',
      'keep-n-most-recent': '5',
      'timestamp-to-use': 'updated_at'
    }
  ],
  [SNOK, {...PLACE, 'cut-off': '40d', 'image-tags': 'r*', 'keep-n-most-recent': '2'}],
  [SNOK, {...PLACE, 'cut-off': '1d', 'skip-shas': `${digest('untagged old')} ${digest('dev')}`}],
  [SNOK, {...PLACE, 'image-names': 'app* !app-test', 'cut-off': '1d', 'image-tags': 'dev'}],
  [GITHUB, {...CONTAINER, 'delete-only-untagged-versions': 'true'}, SINGLE],
  [GITHUB, {...CONTAINER, 'delete-only-untagged-versions': 'true', 'min-versions-to-keep': '1'}, SINGLE],
  [
    GITHUB,
    {
      ...CONTAINER,
      owner: 'acme',
      token: '${{ secrets.PAT }}',
      'min-versions-to-keep': '2',
      'ignore-versions': '^(main|r1)$',
      'delete-only-untagged-versions': 'TRUE'
    },
    SINGLE
  ],
  [
    GITHUB,
    {
      ...CONTAINER,
      'delete-only-pre-release-versions': 'false',
      'num-old-versions-to-delete': '1',
      'ignore-versions': `^${digest('untagged old')}$`,
      'delete-only-untagged-versions': 'true'
    },
    SINGLE
  ]
]

/** The model reads lengths in days alone. */
const IN_DAYS: Readonly<Record<string, string>> = {'1 month': '30 days', '1 week': '7 days', '2w': '14d'}
const modelled = (step: Step): Step => {
  const entries = Object.entries(step).map(([name, text]) => [
    name,
    IN_DAYS[text] ?? text.replace(/^TRUE$/, 'true')
  ])
  return Object.fromEntries(entries.filter(([name]) => !HARMLESS.has(name!))) as Step
}
/** Inputs that say nothing of which images go; the models do not know them. */
const HARMLESS = new Set([
  ...[
    'token',
    'owner',
    'repository',
    'package',
    'packages',
    'expand-packages',
    'validate',
    'dry-run',
    'log-level'
  ],
  ...[
    'registry-url',
    'github-api-url',
    'account',
    'image-names',
    'timestamp-to-use',
    'rust-log',
    'package-name'
  ],
  'package-type'
])

const KEPT: readonly (readonly [string, Step, RegExp])[] = [
  [DATAAXIOM, {'older-than': '${{ inputs.age }}'}, /older-than .* no age/],
  [DATAAXIOM, {'older-than': '2 fortnights'}, /older-than/],
  [DATAAXIOM, {'keep-n-tagged': 'ten'}, /keep-n-tagged/],
  [DATAAXIOM, {'exclude-tags': 'dev, stable'}, /the blank beside it/],
  [DATAAXIOM, {'exclude-tags': '*'}, /keeps everything/],
  [DATAAXIOM, {'delete-tags': 'sha256:*'}, /pattern of digests/],
  [DATAAXIOM, {'delete-tags': '(', 'use-regex': 'true'}, /Invalid regular expression/],
  [DATAAXIOM, {packages: '^app', 'expand-packages': 'true', 'use-regex': 'true'}, /packages takes \* alone/],
  [DATAAXIOM, {packages: 'ap?*'}, /packages takes \* alone/],
  [DATAAXIOM, {'keep-n-untagged': '1', 'delete-untagged': 'true'}, /and fails/],
  [DATAAXIOM, {'delete-untagged': 'false'}, /deletes nothing/],
  [DATAAXIOM, {'delete-ghost-images': 'false'}, /deletes nothing/],
  [DATAAXIOM, {'delete-untagged': '${{ inputs.all }}'}, /only a run can tell/],
  [DATAAXIOM, {'registry-url': 'https://containers.acme.ghe.com'}, /name the registry in images/],
  [
    DATAAXIOM,
    {'delete-tags': 'pr-*', 'keep-n-tagged': '1', 'delete-partial-images': 'true'},
    /make two steps/
  ],
  [DATAAXIOM, {'new-input': 'x'}, /new-input is no input/],
  [SNOK, {...PLACE, 'cut-off': 'tomorrow'}, /cut-off/],
  [SNOK, {...PLACE, 'cut-off': '1d', 'timestamp-to-use': 'created_at'}, /created_at/],
  [SNOK, {...PLACE, 'image-names': 'a?p', 'cut-off': '1d'}, /image-names has "\?"/],
  [GITHUB, {...CONTAINER, 'min-versions-to-keep': '10'}, /keep-newest: 10 and keep-newest-untagged: 10/],
  [GITHUB, {...CONTAINER, 'num-old-versions-to-delete': '3'}, /counts platforms/],
  [GITHUB, {...CONTAINER, 'package-version-ids': '1,2'}, /numbers of GitHub/],
  [GITHUB, {...CONTAINER, 'delete-only-pre-release-versions': 'true'}, /takes releases, too/],
  [
    GITHUB,
    {'package-name': 'app', 'package-type': 'npm', 'delete-only-untagged-versions': 'true'},
    /npm packages/
  ],
  [
    GITHUB,
    {...CONTAINER, 'delete-only-untagged-versions': 'true', 'ignore-versions': 'a'},
    /chooses by digest/
  ]
]

describe('the policies of other actions, and the same here', () => {
  it.each(POLICIES)('%s %j', (action, step, nodes = USUAL) => {
    const left = leftHere(nodes, withoutPlace(translated(action, step)))
    expect(imagesOf(left, nodes)).toEqual(imagesOf(there[action]!(nodes, modelled(step)), nodes))
    expect(brokenIn(left, nodes)).toEqual([])
  })

  it.each(KEPT)('%s %j has no counterpart, and says why', (action, step, why) => {
    expect(faultsOf(action, step)).toMatch(why)
  })

  it.each(Object.entries(KNOWN_INPUTS))(
    'each input of %s is in this table, and a row of the page',
    (action, inputs) => {
      const used = [...POLICIES, ...KEPT].flatMap(([name, step]) =>
        name === action ? Object.keys(step) : []
      )
      expect(inputs.filter(input => !used.includes(input))).toEqual([])
      expect(pageRows(action)).toEqual([...inputs].sort())
    }
  )
})

/** Where, and by whose rights, is told by other tests. */
function withoutPlace(inputs: Step): Step {
  const places = ['images', 'packages', 'registry-credentials']
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !places.includes(name)))
}

/** The inputs that a table of the page has rows for. */
function pageRows(action: string): string[] {
  const page = readDocument('docs/guides/clean-up-actions.md') ?? ''
  const [, section = ''] = page.split(`## From ${action}\n`)
  const rows = section.split('\n## ')[0]!.match(/^\| `[^|]*\|/gm) ?? []
  const names = rows.flatMap(row => [...row.matchAll(/`([\w-]+)[^`]*`/g)].map(([, name]) => name!))
  return [...new Set(names)].sort()
}

describe('any policy in any package', () => {
  const check = <S extends Step>(
    packages: fc.Arbitrary<Nodes>,
    steps: fc.Arbitrary<S>,
    holds: (nodes: Nodes, step: S) => void
  ): void => {
    fc.assert(fc.property(packages, steps, holds), {numRuns: RUNS})
  }
  const isNothing = (action: string, step: Step): boolean => /deletes nothing/.test(faultsOf(action, step))

  it(`${DATAAXIOM}: the same images stay, and their tags`, () => {
    check(usualPackages, ghcrCleanupSteps, (nodes, step) => {
      if (isNothing(DATAAXIOM, step)) {
        expect(imagesOf(ghcrCleanup(nodes, step), nodes)).toEqual(imagesOf(leftOfAll(nodes), nodes))
        return
      }
      if (faultsOf(DATAAXIOM, step) !== '') return
      const left = leftHere(nodes, withoutPlace(translated(DATAAXIOM, step)))
      const [here, other] = [imagesOf(left, nodes), imagesOf(ghcrCleanup(nodes, step), nodes)]
      expect(here).toEqual(other)
      expect(brokenIn(left, nodes)).toEqual([])
    })
  })

  it(`${SNOK}: the same images stay, and their tags`, () => {
    check(usualPackages, retentionPolicySteps, (nodes, step) => {
      const left = leftHere(nodes, withoutPlace(translated(SNOK, {...PLACE, ...step})))
      expect(imagesOf(left, nodes)).toEqual(imagesOf(retentionPolicy(nodes, step), nodes))
      expect(brokenIn(left, nodes)).toEqual([])
    })
  })

  it(`${GITHUB}: the same images stay where no image has parts`, () => {
    check(usualPackages, deleteVersionsSteps, (nodes, step) => {
      const single: Record<string, Node> = Object.fromEntries(
        Object.entries(nodes).flatMap(([name, node]) =>
          node.children === undefined && imagesAmong(nodes).includes(name) ? [[name, node]] : []
        )
      )
      const inputs = withoutPlace(translated(GITHUB, {...CONTAINER, ...step}))
      expect(imagesOf(leftHere(single, inputs), single)).toEqual(
        imagesOf(deleteVersions(single, step), single)
      )
    })
  })

  it('where a pattern would take latest or the newest version, those stay, and nothing else', () => {
    check(guardedPackages, ghcrCleanupSteps, (nodes, step) => {
      if (faultsOf(DATAAXIOM, step) !== '') return
      const here = imagesOf(leftHere(nodes, withoutPlace(translated(DATAAXIOM, step))), nodes)
      const other = imagesOf(ghcrCleanup(nodes, step), nodes)
      expect(Object.keys(other).filter(name => !(name in here))).toEqual([])
      const more = Object.keys(here).filter(name => !(name in other))
      expect(more.filter(name => !nodes[name]!.tags!.some(tag => GUARDED.includes(tag)))).toEqual([])
    })
  })
})

function leftOfAll(nodes: Nodes): Left {
  return new Map(Object.entries(nodes).map(([name, {tags = []}]) => [name, [...tags].sort()]))
}

describe('what the other actions break', () => {
  const nodes: Nodes = {...multi('image', {tags: ['main'], age: 5.5}), ...multi('young', {age: 0.5})}

  it('platforms of an image with a tag, by number of versions', () => {
    const step = {'delete-only-untagged-versions': 'true', 'min-versions-to-keep': '1'}
    expect(brokenIn(deleteVersions(nodes, step), nodes)).toContain('image')
    const left = leftHere(nodes, withoutPlace(translated(GITHUB, {...CONTAINER, ...step})))
    expect(brokenIn(left, nodes)).toEqual([])
    expect([...left.keys()]).toEqual(Object.keys(nodes))
  })

  it('an image whose platform has a tag of its own', () => {
    const own: Nodes = {...nodes, 'image amd64': {tags: ['main-amd64'], age: 5.6}}
    const step = {'delete-tags': 'main'}
    expect(ghcrCleanup(own, step).has('image amd64')).toBe(false)
    expect(leftHere(own, withoutPlace(translated(DATAAXIOM, step))).get('image amd64')).toEqual([
      'main-amd64'
    ])
  })
})
