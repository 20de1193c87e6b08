import {describe, expect, it} from '@jest/globals'
import {compareWithMetadata} from '../../../src/planning/metadata-action/comparison.js'
import type {WorkflowRun} from '../../../src/contracts/workflow-run.js'
import {factsOf} from '../../../src/ci/run-facts.js'
import type {DifferenceFacts} from '../../../src/planning/metadata-action/difference-row.js'
import {DIFFERENCES, rowOf} from '../../../src/planning/metadata-action/differences.js'
import {PeerFault, PeerUnknown} from '../../../src/planning/metadata-action/peer-fault.js'
import {type PeerInputs, type PeerTags, peerTags} from '../../../src/planning/metadata-action/peer-tags.js'
import {on} from '../../support/tag-plans.js'
import {fc} from '../../support/random.js'
import {itWithMetadataAction, runMetadataAction} from '../../support/metadata-action.js'
import {metadataRows} from '../../support/metadata-tables.js'
import {type MetadataCase, metadataCases} from './metadata-cases.js'

const RUNS = 700
const VERSION = 'type=semver,pattern={{version}}'

/** One example of each row: ref, rules, flavor; and the tags there and here, or a part of the refusal. */
const EXAMPLES: readonly (readonly [
  row: string,
  ref: string,
  rules: string,
  flavor: string,
  there: string,
  here: string
])[] = [
  [
    'merge-queue',
    'gh-readonly-queue/main/pr-7-abc',
    'type=ref,event=branch',
    '',
    'gh-readonly-queue-main-pr-7-abc',
    ''
  ],
  ['latest-on-pull-request', 'pr:7', 'type=ref,event=pr', 'latest=true', 'pr-7 latest', 'pr-7'],
  ['version-on-pull-request', 'pr:7', `${VERSION},value=v1.2.3`, '', '1.2.3 latest', ''],
  ['build-metadata', 'v1.2.3+build.1', VERSION, '', '1.2.3 latest', 'refused: it has build metadata'],
  ['no-version', 'v1.2', VERSION, '', '', 'refused: it has 2 numbers'],
  ['match-nothing', 'v1.2.3', `${VERSION},match=p1/v(.*)`, '', '1.2.3 latest', ''],
  [
    'text-around-prerelease',
    'v2.0.0-rc.1',
    'type=semver,pattern=v{{version}}',
    '',
    '2.0.0-rc.1',
    'v2.0.0-rc.1'
  ],
  ['prerelease', 'v2.0.0-rc.1', 'type=ref,event=tag', '', 'v2.0.0-rc.1 latest', 'v2.0.0-rc.1'],
  ['prerelease', 'v2.0.0-rc.1', 'type=match,pattern=v(\\d),group=1', '', '2 latest', ''],
  ['literal-prerelease', 'v2.0.0-rc.1', 'type=semver,pattern=stable', '', '2.0.0-rc.1', ''],
  ['suffix', 'v1.2.3', VERSION, 'suffix=-alpine', '1.2.3-alpine latest', '1.2.3-alpine'],
  [
    'template-around-latest',
    'main',
    'type=ref,event=branch',
    'latest=true\nprefix={{branch}}-,onlatest=true',
    'main-main -branch--latest',
    'main-main main-latest'
  ],
  ['post-release', '1.2.3.post1', 'type=pep440,pattern={{major}}.{{minor}}', '', '1.2.3.post1', '1.2 latest'],
  [
    'onlatest-stays',
    'v1.2.3',
    VERSION,
    'prefix=a,onlatest=true\nprefix=v',
    'v1.2.3 vlatest',
    'v1.2.3 latest'
  ],
  [
    'first-rule',
    'v1.2.3',
    `type=raw,value=next,priority=1000\n${VERSION}`,
    '',
    'next 1.2.3',
    'next 1.2.3 latest'
  ],
  [
    'first-rule',
    'v1.2.3',
    `type=sha,priority=1000\n${VERSION}`,
    '',
    'sha-860c190 1.2.3',
    'sha-860c190 1.2.3 latest'
  ],
  ['major-zero', 'v0.1.2', `${VERSION}\ntype=semver,pattern={{major}}`, '', '0.1.2 0 latest', '0.1.2 latest'],
  ['escaped', 'a&b', 'type=raw,value=x-{{branch}}', '', 'x-a-amp-b', 'x-a-b'],
  ['empty-value', 'v1.2.3', 'type=raw,value={{branch}}', 'prefix=v', 'v', ''],
  ['no-tag-at-all', 'main', 'type=raw,value=.dot', '', '.dot', 'refused: it starts with'],
  ['no-tag-at-all', 'main', 'type=raw,value=-dash', '', '-dash', 'refused: it starts with'],
  ['misspelled', 'main', 'type=ref,event=branch,sufix=-x', '', 'main', 'refused: did you mean suffix?'],
  [
    'onlatest-alone',
    'main',
    'type=ref,event=branch',
    'onlatest=true',
    'main',
    'refused: onlatest goes after'
  ],
  ['group', 'v1.2.3', 'type=match,pattern=v(.*),group=2', '', '', 'refused: has 1 groups'],
  ['match-without-group', 'main', `${VERSION},match=v.*`, '', '', 'refused: has no group'],
  [
    'slow-expression',
    'main',
    `type=match,pattern=${'a'.repeat(2001)}`,
    '',
    '?',
    'refused: it is longer than'
  ],
  [
    'unquoted-date',
    'main',
    'type=raw,value={{commit_date YYYYMMDD}}',
    '',
    '2020-01-10T00-30-00Z',
    'refused: in quotes'
  ],
  ['block', 'main', 'type=raw,value={{#if branch}}b{{/if}}', '', 'b', 'refused: blocks and partials'],
  [
    'unknown-name',
    'v1.2.3',
    'type=semver,pattern={{major}}{{prerelease}}',
    '',
    '1 latest',
    'refused: is not known'
  ],
  ['date-format', 'main', "type=raw,value={{commit_date 'N'}}", '', '?', 'refused: is not supported'],
  ['comma-in-template', 'main', "type=raw,value={{commit_date 'D, YYYY'}}", '', 'YYYY-', '10-2020'],
  ['quoted-field', 'main', 'type=raw,"value=a,b"', '', 'b', 'a-b']
]

/** The rules that give a tag of this name there, each by itself. */
function rulesWith(name: string, {inputs, run}: MetadataCase): string[] {
  return inputs.tags.split('\n').filter(tags => {
    try {
      return peerTags({...inputs, tags}, run).tags.some(tag => tag.name === name)
    } catch (error) {
      if (error instanceof PeerFault || error instanceof PeerUnknown) return false
      throw error
    }
  })
}

function factsFor({inputs, run}: MetadataCase, {flavor, rules, tags, isLatest}: PeerTags): DifferenceFacts {
  return {
    run: factsOf(run, inputs.shortShaLength),
    flavor,
    rules,
    first: tags[0]?.rule,
    isLatestThere: isLatest,
    written: inputs.tags,
    writtenFlavor: inputs.flavor,
    writtenImages: inputs.images
  }
}

describe('the differences from docker/metadata-action', () => {
  it.each(EXAMPLES)('%s: %s, %s %s', (...[id, ref, tags, flavor, there, here]) => {
    const compared = compareWithMetadata({images: '', tags, flavor, shortShaLength: 7}, on(ref))
    if (there !== '?') expect(compared.there.tags.join(' ')).toBe(there)
    if (here.startsWith('refused: ')) expect(compared.here.fault).toContain(here.slice('refused: '.length))
    else expect(compared.here).toEqual({tags: here.split(' ').filter(tag => tag !== '')})
    if (compared.unknown === undefined)
      expect([...new Set(compared.differences.map(({row}) => row?.id))]).toEqual([id])
  })

  it('are shown, each, by an example here or in the tests of the plan', () => {
    const shown = new Set(EXAMPLES.map(([id]) => id))
    const others = ['schedule', 'too-long', 'image-name']
    const rows = DIFFERENCES.filter(({explains}) => explains !== undefined).map(({id}) => id)
    expect(rows.filter(id => !shown.has(id))).toEqual(others)
    expect(new Set(DIFFERENCES.map(({id}) => id)).size).toBe(DIFFERENCES.length)
  })

  it.each<[string, Partial<WorkflowRun>, Partial<PeerInputs>, string[]]>([
    [
      'schedule',
      {event: 'schedule'},
      {tags: 'type=schedule\ntype=semver,pattern={{version}},value=1.0.0,priority=2000'},
      ['latest']
    ],
    [
      'too-long',
      {ref: `refs/heads/${'b'.repeat(140)}`},
      {},
      ['b'.repeat(140), `${'b'.repeat(119)}-6f1c1cb6`]
    ],
    ['image-name', {}, {images: 'acme/app:1.0'}, ['images: line 1']],
    ['prerelease', {ref: 'refs/tags/v1.2.3', event: 'release', prerelease: true}, {}, ['latest']]
  ])('%s, in a run of %j by %j', (id, run, inputs, texts) => {
    const {differences} = compareWithMetadata(
      {images: '', tags: '', flavor: '', shortShaLength: 7, ...inputs},
      on('main', run)
    )
    expect(differences.map(({row}) => row?.id)).toEqual(texts.map(() => id))
    for (const [at, {text}] of differences.entries()) expect(text).toContain(texts[at]?.slice(0, 20))
  })

  it(`have each a row, in ${RUNS} random cases`, () => {
    fc.assert(
      fc.property(metadataCases, ({inputs, run}) => {
        const {differences, unknown} = compareWithMetadata(inputs, run)
        expect(differences.filter(({row}) => row === undefined)).toEqual([])
        expect([undefined, 'the regular expression (\\d)\\1']).toContain(unknown)
      }),
      {numRuns: RUNS}
    )
  })

  it(`are explained by no row where there is none, in ${RUNS} random cases`, () => {
    fc.assert(
      fc.property(metadataCases, ({inputs, run}) => {
        const {there, here, unknown} = compareWithMetadata(inputs, run)
        if (unknown !== undefined || there.fault !== undefined || here.fault !== undefined) return
        const peer = peerTags(inputs, run)
        for (const {name, rule, value} of peer.tags) {
          const isSame = here.tags.some(tag => tag === name || tag.endsWith(`:${name}`))
          // Where two rules give one name, what one of them gives otherwise here is not to be seen.
          if (!isSame || rulesWith(name, {inputs, run}).length > 1) continue
          const facts = factsFor({inputs, run}, peer)
          for (const side of ['there', 'here'] as const)
            expect([name, rowOf({side, text: name, rule, value}, facts)?.id]).toEqual([name, undefined])
        }
      }),
      {numRuns: RUNS}
    )
  })

  it(`are refused wherever a row says so, in ${RUNS} random cases`, () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(metadataCases, ({inputs, run}) => {
        const {here} = compareWithMetadata(inputs, run)
        const written = {
          written: inputs.tags,
          writtenFlavor: inputs.flavor,
          writtenImages: inputs.images
        }
        for (const {id, refused} of DIFFERENCES) {
          if (refused?.(written) !== true) continue
          seen.add(id)
          expect([id, here.fault === undefined]).toEqual([id, false])
        }
      }),
      {numRuns: RUNS}
    )
    const unseen = DIFFERENCES.filter(({id, refused}) => refused !== undefined && !seen.has(id))
    expect(unseen.map(({id}) => id)).toEqual(['date-format'])
  })

  it('use every row, in random cases', () => {
    const used = new Set(
      fc
        .sample(metadataCases, 4 * RUNS)
        .flatMap(({inputs, run}) => compareWithMetadata(inputs, run).differences)
        .map(({row}) => row?.id)
    )
    const unused = DIFFERENCES.filter(({id, explains}) => explains !== undefined && !used.has(id))
    // What moment makes of such a format is not known here.
    expect(unused.map(({id}) => id)).toEqual(['date-format'])
  })

  itWithMetadataAction('are those of docker/metadata-action’s own tables, and each has a row', async () => {
    const rows = await metadataRows(process.env['METADATA_ACTION'] ?? '')
    expect(rows.length).toBeGreaterThan(100)
    const wrong = rows.flatMap(({name, inputs, run, tags}) => {
      // Some rows have the commit of the pull request for that of the run.
      const runs = [run, {...run, sha: run.headSha ?? run.sha}]
      const compared = runs.map(one => compareWithMetadata(inputs, one))
      const told = compared.find(
        ({there, unknown}) => unknown !== undefined || there.tags.join(' ') === tags.join(' ')
      )
      const unexplained = told?.differences.filter(({row}) => row === undefined)
      return unexplained?.length === 0 ? [] : [{name, there: compared[0]?.there, tags, unexplained}]
    })
    expect(wrong).toEqual([])
  })

  itWithMetadataAction(
    'are told by what docker/metadata-action itself gives, case by case',
    async () => {
      const compared = fc
        .sample(metadataCases, RUNS)
        .map(one => ({...one, told: compareWithMetadata(one.inputs, one.run)}))
        .filter(({told}) => told.unknown === undefined)
      const given = await runMetadataAction(compared)
      expect(given).toHaveLength(compared.length)
      const wrong = compared.flatMap(({inputs, run, told: {there}}, at) => {
        const {tags, isFailed} = given[at] ?? {tags: [], isFailed: true}
        const names = there.fault === undefined ? [...new Set(tags)] : []
        const isSame = isFailed === (there.fault !== undefined) && names.join(' ') === there.tags.join(' ')
        return isSame ? [] : [{inputs, run, there, tags, isFailed}]
      })
      expect(wrong).toEqual([])
    },
    1_200_000
  )
})
