import {cleanupInputs} from '../../src/cleanup/cleanup-inputs.js'
import {policyOf, workOf} from '../../src/cleanup/cleanup-work.js'
import {parseInputs} from '../../src/command/input.js'
import {planCleanup} from '../../src/cleanup/policy/cleanup-plan.js'
import {type Node, inventoryOf} from '../cleanup/named-worlds.js'
import {NOW, digest} from '../cleanup/worlds.js'
import type {Left, Nodes} from '../support/cleanup-actions/stored-world.js'
import {fc} from '../support/random.js'

/** What cleanup-latest leaves of a package by these inputs. */
export function leftHere(nodes: Nodes, inputs: Readonly<Record<string, string>>): Left {
  const given = parseInputs(cleanupInputs, {images: 'ghcr.io/acme/app', ...inputs})
  const [work] = workOf(given)
  const {plan} = planCleanup(inventoryOf(nodes), policyOf(given, work!, {now: NOW, deployed: []}))
  const gone = new Set<string>(plan.waves.flat().map(one => one.digest))
  const alone = new Set<string>(plan.tags.map(({tag}) => tag))
  return new Map(
    Object.entries(nodes)
      .filter(([name]) => !gone.has(digest(name)))
      .map(([name, {tags = []}]) => [name, tags.filter(tag => !alone.has(tag)).sort()])
  )
}

/** An image of two platforms, with an attestation; its parts came with it. */
export function multi(name: string, node: Node): Record<string, Node> {
  const parts = [`${name} amd64`, `${name} arm64`, `${name} attestation`]
  const age = node.age ?? 90
  return {
    ...Object.fromEntries(parts.map(part => [part, {age: age + 0.1}])),
    [name]: {...node, children: parts}
  }
}

/** A package as nightly builds, pull requests and releases leave it; ages in days, none twice. */
export const USUAL: Nodes = {
  ...multi('release', {tags: ['stable', 'r7'], age: 40.5}),
  ...multi('older release', {tags: ['r6'], age: 80.5}),
  ...multi('oldest release', {tags: ['r5', 'lts'], age: 200.5}),
  main: {tags: ['main', 'sha-aaa'], age: 1.5},
  'main before': {tags: ['sha-bbb'], age: 9.5},
  'main long before': {tags: ['sha-ccc', 'keep-me'], age: 65.5},
  'pr 1': {tags: ['pr-1'], age: 3.5},
  'pr 2': {tags: ['pr-2', 'sha-ddd'], age: 33.5},
  'rc 1': {tags: ['r7-rc1'], age: 44.5},
  'rc 2': {tags: ['r7-rc2'], age: 43.5},
  'rc 3': {tags: ['r7-rc3', 'candidate'], age: 42.5},
  dev: {tags: ['dev'], age: 12.5},
  ...multi('untagged', {age: 11.5}),
  'untagged old': {age: 120.5},
  'untagged older': {age: 121.5},
  'untagged new': {age: 2.5},
  ghost: {tags: ['ghost'], children: ['gone a', 'gone b'], age: 70.5},
  'ghost untagged': {children: ['gone c'], age: 71.5},
  'partial part': {age: 72.6},
  partial: {tags: ['partial'], children: ['partial part', 'gone d'], age: 72.5}
}

const TAGS = [
  'main',
  'stable',
  'dev',
  'dev-2',
  'rc-1',
  'rc-2',
  'rc-3',
  'pr-1',
  'pr-2',
  'sha-a',
  'sha-b',
  'x-1'
]
/** Tags that cleanup-latest guards against patterns. */
export const GUARDED = ['latest', '1.0.0', '2.0.0']

/** Packages of single images and of images for two platforms, damaged ones among them, with referrers. */
export function packagesWith(tags: readonly string[] = TAGS): fc.Arbitrary<Nodes> {
  return fc
    .record({
      kinds: fc.array(fc.constantFrom('image', 'image', 'multi', 'multi', 'ghost', 'partial', 'signed'), {
        minLength: 1,
        maxLength: 9
      }),
      placed: fc.uniqueArray(fc.tuple(fc.constantFrom(...tags), fc.nat(100)), {
        maxLength: 10,
        selector: ([tag]) => tag
      }),
      ages: fc.uniqueArray(fc.integer({min: 0, max: 99}), {minLength: 9, maxLength: 9})
    })
    .map(({kinds, placed, ages}) => {
      const nodes: Record<string, Node> = {}
      kinds.forEach((kind, at) => {
        const name = `image ${at}`
        const own = placed.filter(([, place]) => place % kinds.length === at).map(([tag]) => tag)
        const node: Node = {tags: own, age: ages[at]! + 0.5}
        if (kind === 'multi') Object.assign(nodes, multi(name, node))
        else if (kind === 'ghost') nodes[name] = {...node, children: [`gone ${at}`]}
        else if (kind === 'partial') {
          nodes[`part ${at}`] = {age: ages[at]! + 0.6}
          nodes[name] = {...node, children: [`part ${at}`, `gone ${at}`]}
        } else nodes[name] = node
        if (kind === 'signed') nodes[`signature ${at}`] = {subject: name, age: ages[at]! + 0.4}
      })
      return nodes
    })
}

export const usualPackages = packagesWith()
export const guardedPackages = packagesWith([...TAGS, ...GUARDED])

const pattern = fc.constantFrom('rc-*', 'dev*', 'pr-?', 'sha-a', 'main', 'sha-*,dev', 'stable', '*-1')
const age = fc.constantFrom('1 day', '20 days', '60 days')
const few = fc.constantFrom('0', '1', '2', '3')
const yes = fc.constantFrom('true', 'false')

/** Steps of dataaxiom/ghcr-cleanup-action. */
export const ghcrCleanupSteps: fc.Arbitrary<Record<string, string>> = fc
  .record(
    {
      'delete-tags': fc.oneof(pattern, fc.constant('*')),
      'exclude-tags': pattern,
      'keep-n-tagged': few,
      'keep-n-untagged': few,
      'delete-untagged': yes,
      'delete-ghost-images': yes,
      'delete-partial-images': yes,
      'delete-orphaned-images': yes,
      'older-than': age
    },
    {requiredKeys: []}
  )
  .map(step => withoutBoth(step))

function withoutBoth(step: Record<string, string>): Record<string, string> {
  const {'delete-untagged': all, ...rest} = step
  return rest['keep-n-untagged'] === undefined && all !== undefined ? {...rest, 'delete-untagged': all} : rest
}

/** Steps of snok/container-retention-policy. */
export const retentionPolicySteps: fc.Arbitrary<Record<string, string> & {'cut-off': string}> = fc.record(
  {
    'cut-off': fc.constantFrom('1d', '20d', '60d'),
    'image-tags': fc.constantFrom(
      'rc-*',
      'dev* sha-*',
      '!main',
      '!stable !rc-*',
      'pr-? !pr-2',
      '*',
      'sha-a,sha-b'
    ),
    'tag-selection': fc.constantFrom('both', 'tagged', 'untagged'),
    'keep-n-most-recent': few,
    'skip-shas': fc.constantFrom(digest('image 0'), `${digest('image 1')},${digest('image 2')}`)
  },
  {requiredKeys: ['cut-off']}
)

/** Steps of actions/delete-package-versions that have a counterpart. */
export const deleteVersionsSteps: fc.Arbitrary<Record<string, string>> = fc.record(
  {
    'min-versions-to-keep': few,
    'ignore-versions': fc.constantFrom('^(latest|main)$', `^${digest('image 0')}$`),
    'delete-only-untagged-versions': fc.constant('true')
  },
  {requiredKeys: ['delete-only-untagged-versions']}
)
