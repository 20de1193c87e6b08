import type {PeerInputs} from '../../../src/planning/metadata-action/peer-tags.js'
import type {WorkflowRun} from '../../../src/contracts/workflow-run.js'
import {fc} from '../../support/random.js'
import {on} from '../../support/tag-plans.js'

/** A step of docker/metadata-action, and the run that it is in. */
export interface MetadataCase {
  readonly inputs: PeerInputs
  readonly run: WorkflowRun
}

const REFS = [
  ...['main', 'feature/x', 'a&b', 'release=1', 'b'.repeat(140), 'gh-readonly-queue/main/pr-7-abc', '-x'],
  ...['v1.2.3', 'v0.1.2', 'v2.0.0-rc.1', '1.2.3rc2', '1.2.3.post1', 'v1.2', '2024.01.5', 'v1.2.3+build.1'],
  ...['tag:nightly-1', 'tag:p1/v1.2.3', 'tag:app@1.0.0', '20200110-RC2', 'pr:7']
]
const EVENTS: readonly (readonly [string, Partial<WorkflowRun>])[] = [
  ['schedule', {event: 'schedule'}],
  ['workflow_dispatch', {event: 'workflow_dispatch'}],
  ['release', {event: 'release'}],
  ['marked', {event: 'release', prerelease: true}]
]
const PATTERNS = [
  ...['{{version}}', '{{raw}}', '{{major}}.{{minor}}', '{{major}}', 'v{{version}}', 'v{{major}}', 'stable'],
  ...['{{prerelease}}x', '{{version}}-alpine']
]
const TEMPLATES = [
  ...['next', '{{branch}}', '{{tag}}', 'x-{{sha}}', '{{base_ref}}', "{{commit_date 'YYYYMMDD'}}", 'a+b'],
  ...[
    "{{commit_date 'YYYY-MM-DD[T]HHmm' tz='Asia/Tokyo'}}",
    '{{typo}}y',
    '{{#if tag}}t{{else}}n{{/if}}',
    '.dot',
    '{{{branch}}}'
  ]
]

const oneOf = (...words: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...words)
const maybe = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({arbitrary: fc.constant(''), weight: 3}, {arbitrary: text, weight: 1})

const version = fc
  .tuple(
    oneOf('semver', 'pep440'),
    oneOf(...PATTERNS),
    maybe(oneOf(',value=v1.4.0', ',value=2.0.0-rc.1', ',value={{tag}}', ',value=none')),
    maybe(oneOf(',match=v(.*)', ',match=p1/v(.+)$', ',match=(\\d+\\.\\d+\\.\\d+)', ',match=\\d'))
  )
  .map(([type, pattern, value, match]) => `type=${type},pattern=${pattern}${value}${match}`)
const match = fc
  .tuple(
    oneOf('v(.*)', '\\d+', '/V(\\d)\\.(\\d)/i', 'app@(.+)', '(\\d)\\1'),
    maybe(oneOf(',group=1', ',group=2', ',group=9')),
    maybe(oneOf(',value=v3.1.0'))
  )
  .map(([pattern, group, value]) => `type=match,pattern=${pattern}${group}${value}`)
const rule = fc.oneof(
  {arbitrary: version, weight: 3},
  {arbitrary: match, weight: 2},
  {
    arbitrary: oneOf(
      ...['type=schedule', "type=schedule,pattern={{commit_date 'YYYYMMDD'}}"],
      ...['type=edge', 'type=edge,branch=feature/x'],
      'type=semver,pattern={{version}},value=1.0.0,priority=2000\ntype=schedule'
    ),
    weight: 2
  },
  {
    arbitrary: oneOf(
      ...['type=ref,event=branch', 'type=ref,event=tag'],
      ...['type=ref,event=pr', 'type=ref,event=tag,prefix=t-']
    ),
    weight: 4
  },
  {arbitrary: oneOf(...TEMPLATES).map(value => `type=raw,value=${value}`), weight: 2},
  {arbitrary: oneOf('type=sha', 'type=sha,format=long', 'type=sha,prefix=', 'latest', 'stable'), weight: 3},
  {
    arbitrary: oneOf(
      ...['type=ref,evnt=branch', 'type=raw,valu=a,value=b', 'type=semver,pattern={{version}},colour=red'],
      ...['type=nothing', 'type=raw,"value=a,b"', 'type=raw,value={{commit_date YYYYMMDD}}'],
      "type=raw,value={{commit_date 'ddd, D'}}"
    ),
    weight: 1
  }
)
const more = maybe(
  oneOf(
    ...[',enable=false', ',enable={{is_default_branch}}', ',priority=1500', ',priority=50', ',suffix=-s'],
    ...[',prefix=', ',prefix={{branch}}-']
  )
)
const flavor = fc.array(
  oneOf(
    ...[
      'latest=true',
      'latest=false',
      'latest=auto',
      'suffix=-alpine',
      'suffix=-alpine,onlatest=true',
      'prefix=v'
    ],
    ...['prefix={{branch}}-,onlatest=true', 'latest=auto', 'prefix=', 'onlatest=true', 'suffix=-{{sha}}']
  ),
  {maxLength: 2}
)

/** Steps as people write them, and odd ones: about half of them are the same here and there. */
export const metadataCases: fc.Arbitrary<MetadataCase> = fc
  .record({
    tags: fc.array(
      fc.tuple(rule, more).map(parts => parts.join('')),
      {maxLength: 4}
    ),
    flavor,
    images: fc.oneof(
      {
        arbitrary: oneOf(
          'ghcr.io/Acme/app',
          'ghcr.io/acme/app\nacme/app',
          'name=acme/app,enable=false\nacme/b'
        ),
        weight: 20
      },
      {arbitrary: fc.constant('acme/app:1.0'), weight: 1}
    ),
    ref: oneOf(...REFS),
    event: fc.oneof(
      {arbitrary: fc.constant(undefined), weight: 4},
      {arbitrary: fc.constantFrom(...EVENTS), weight: 1}
    ),
    isLong: fc.boolean()
  })
  .map(({tags, flavor: lines, images, ref, event, isLong}) => ({
    inputs: {
      images,
      tags: tags.join('\n'),
      flavor: lines.join('\n'),
      shortShaLength: isLong ? 12 : 7
    },
    run: on(ref, ref.startsWith('pr:') ? {} : (event?.[1] ?? {}))
  }))
