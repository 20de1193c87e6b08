import {readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {configure} from '../../src/planning/settings/settings.js'
import {explain} from '../../src/planning/explain.js'
import {parseInputs} from '../../src/command/input.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import {testPorts} from '../support/ports.js'
import {on} from '../support/tag-plans.js'

const EXAMPLES = path.resolve(import.meta.dirname, '../../examples')

async function explained(
  run: WorkflowRun,
  texts: Readonly<Record<string, string>>,
  example?: string
): Promise<string[]> {
  const files = (file: string): string | undefined => {
    if (example === undefined) return undefined
    return readFileSync(path.join(EXAMPLES, example, file), 'utf8')
  }
  const ports = testPorts([], {
    readText: file => Promise.resolve(files(file)),
    workflowRun: () => Promise.resolve(run)
  })
  try {
    const config = await configure({table: explain.inputs}, {ask: 'never', ...texts}, ports.readText)
    const {explanation} = await explain.run(parseInputs(explain.inputs, config.texts), ports)
    return explanation.split('\n')
  } finally {
    ports.close()
  }
}

describe('explain', () => {
  it('shows each tag with its class and rule, what is left out and why, and the notes', async () => {
    const texts = {images: 'ghcr.io/o/app', strategy: 'release', tags: 'type=edge\nnext'}
    expect(await explained(on('v0.3.0'), texts)).toEqual([
      'push on refs/tags/v0.3.0 at 860c1904a1ce',
      'Version 0.3.0 is released; this run publishes.',
      'TARGET  TAG     CLASS      MOVES                    RULE',
      'app     0.3.0   immutable  stays on this commit     type=semver,pattern={{version}},on=tag',
      'app     0.3     forward    only to a newer version  type=semver,pattern={{major}}.{{minor}},on=tag',
      'app     next    forward    only to a newer version  next',
      'app     latest  forward    only to a newer version  flavor',
      '',
      'Left out:',
      'RULE                                  WHY                                FOR',
      'type=semver,pattern={{major}},on=tag  major version 0 promises nothing   every target',
      'type=edge                             the run is not on the branch main  every target',
      '',
      'Caches of the builds: read, and write new dependencies',
      '',
      'Notes:',
      '- No tag from line 3 of the strategy release: major version 0 promises nothing to its users. To have the tag, write enable=true on that line.',
      '- Whether a newer version is at 0.3, next, latest already is decided when the tags are moved.'
    ])
  })

  it('shows what docker/metadata-action gives by the same rules, and the reason of each difference', async () => {
    const texts = {
      images: 'ghcr.io/o/app',
      tags: 'type=match,pattern=v(\\d+),group=1\ntype=ref,event=branch',
      flavor: 'prefix=x-',
      'against-metadata': 'true'
    }
    const lines = (await explained(on('main'), texts)).map(line => line.replaceAll(/ {2,}/g, ' | '))
    expect(lines).toContain('push of v1.2.3 | ghcr.io/o/app:x-1 | yes | yes')
    expect(lines).toContain(
      'push of v1.2.3-rc.1 | ghcr.io/o/app:x-1 | yes | no | the pre-release `v2.0.0-rc.1`, by its version or as GitHub’s release is marked: here moves no shared tag, unless asked by name'
    )
    expect(lines.join('\n')).not.toContain('no row of docs/migration.md')
    expect(lines.slice(lines.indexOf('Beside the tags:') + 1)).toEqual([
      '- `org.opencontainers.image.created`: there the clock of the run; here the date of the commit: the same digest again',
      '- annotations: there at the manifest; here at manifest and index'
    ])
    const json = await explained(on('main'), {...texts, json: 'true'})
    expect(JSON.parse(json.join('\n'))).toMatchObject({events: expect.arrayContaining([expect.anything()])})
  })

  it.each<[string, Record<string, string>, RegExp, string[]]>([
    [
      'a strategy',
      {images: 'o/app', strategy: 'release'},
      /does not know the strategy release, whose rules are written out/,
      ['o/app:1.2.3', 'o/app:1.2', 'o/app:1', 'o/app:latest']
    ],
    [
      'a strategy with conditions, and one of its own',
      {images: 'o/app', strategy: 'environments', tags: 'type=raw,value=night,enable=true,on=schedule'},
      /does not know the attribute on, in whose place enable says whether it holds/,
      ['o/app:v1.2.3', 'o/app:860c1904a1ce19322e91ac35af1ab07466440c37']
    ],
    [
      'variants, in rules and flavor',
      {
        images: 'o/app',
        variants: 'base=slim,alpine',
        'default-variant': 'base=slim',
        flavor: 'suffix=-{{base}},onlatest=true',
        tags: 'type=semver,pattern={{version}}\ntype=raw,value=x,enable={{is_default_variant}}'
      },
      /does not know variants, each of which gets a step of its own/,
      [
        ...['o/app:1.2.3-slim', 'o/app:x-slim', 'o/app:latest-slim'],
        ...['o/app:1.2.3-alpine', 'o/app:latest-alpine']
      ]
    ],
    [
      'services on two registries',
      {
        images: 'o/{{service}}\nghcr.io/o/{{service}}',
        services: 'api\nname=web,context=web',
        strategy: 'versioned-names'
      },
      /does not know services, each of which gets a step of its own/,
      ['o/', 'ghcr.io/o/'].flatMap(place =>
        ['api', 'web'].flatMap(name => [`${place}${name}:v1.2.3`, `${place}${name}:latest`])
      )
    ],
    [
      'a version that is given',
      {images: 'o/app', version: '1.2.3', tags: 'type=semver,pattern={{version}}\ntype=ref,event=branch'},
      /does not know a version that the Git tag does not have, which stands as value/,
      ['o/app:1.2.3', 'o/app:latest']
    ]
  ])(
    'compares %s, which docker/metadata-action does not know, image by image',
    async (_, texts, says, tags) => {
      const run = on('main')
      const lines = await explained(run, {...texts, 'against-metadata': 'true'})
      expect(lines.join('\n')).toMatch(says)
      const json = await explained(run, {...texts, 'against-metadata': 'true', json: 'true'})
      const {events, unknown} = JSON.parse(json.join('\n')) as {
        events: {event: string; same: string[]; differences: {row?: string}[]}[]
        unknown: string[]
      }
      expect(lines.slice(0, unknown.length)).toEqual(
        unknown.map(what => `docker/metadata-action does not know ${what}.`)
      )
      const release = events.find(({event}) => event === 'push of v1.2.3')
      expect(release).toMatchObject({differences: []})
      expect(release?.same.sort()).toEqual([...tags].sort())
      // What differs in other events has a row of docs/migration.md.
      const rows = events.flatMap(({differences}) => differences.map(({row}) => row))
      expect(rows.filter(row => row === undefined)).toEqual([])
    }
  )

  it('compares nothing of a run that the settings refuse, and says why', async () => {
    const texts = {images: 'o/app', strategy: 'release', 'git-tag-pattern': 'glob:release-*'}
    const lines = await explained(on('main'), {...texts, 'against-metadata': 'true'})
    const refusals = lines.filter(line => line.includes('The new rules refuse this run'))
    expect(refusals[0]).toContain('the Git tag v1.2.3 is not of the form glob:release-*')
  })

  it.each([
    'type=edge',
    'type=raw,value=dev,on=default-branch',
    'type=raw,value=dev,enable={{is_default_branch}}'
  ])('says of %s that the default branch is not known, and what to do', async tags => {
    const run = {...on('main')}
    Reflect.deleteProperty(run, 'defaultBranch')
    const lines = await explained(run, {images: 'ghcr.io/o/app', tags})
    expect(lines.find(line => line.startsWith(tags))).toContain(
      'which branch is the default is not known here'
    )
    expect(lines.filter(line => line.includes('git remote set-head origin --auto'))).toHaveLength(1)
  })

  it('shows what each event would earn', async () => {
    expect(await explained(on('main'), {all: 'true'}, '001-metro')).toEqual([
      'EVENT                               PUBLISHES  CACHES                            TAGS',
      'push of v1.2.3                      yes        read, and write new dependencies  v1.2.3',
      'push of v1.2.3-rc.1                 no         read, and write new dependencies  refused: the Git tag v1.2.3-rc.1 is not of the form regex:v\\d+\\.\\d+\\.\\d+',
      'release of v1.2.3                   yes        read, and write new dependencies  v1.2.3',
      'release of v1.2.3 as a pre-release  yes        read, and write new dependencies  v1.2.3',
      'push to main                        yes        read and write                    latest',
      'push to feature/x                   no         read and write                    -',
      'pull_request                        no         isolated                          -',
      'schedule                            no         fresh and write                   -',
      'workflow_dispatch on main           no         read, and write new dependencies  -',
      'repository_dispatch                 no         read and write                    -',
      'merge_group                         no         isolated                          -'
    ])
  })

  it('shows why an event is refused', async () => {
    const texts = {images: 'a/b', tags: 'type=semver,pattern={{version}},match=v(\\d+)', all: 'true'}
    expect((await explained(on('main'), texts))[1]).toBe(
      'push of v1.2.3                      no         read, and write new dependencies  refused: "1" is not a version that line 1 of tags can release: it has one number, a version has three: major.minor.patch'
    )
  })

  it('writes a table for the README', async () => {
    expect(await explained(on('main'), {markdown: 'true', variants: 'python=3.12,3.13'}, '000-orb')).toEqual([
      '| Tag | Use | Variant | Moves |',
      '| --- | --- | --- | --- |',
      '| `1.2.3` | Recommended | python3.13 | never |',
      '| `latest` | Recommended | python3.13 | to newer versions |',
      '| `python3.12` | Where you need this variant | python3.12 | to newer versions |',
      '| `python3.13` | Where you need this variant | python3.13 | to newer versions |',
      '| `1.2.3-python3.12` | For good: this version of this variant | python3.12 | never |',
      '| `1.2.3-python3.13` | For good: this version of this variant | python3.13 | never |',
      '| `main` | Development | python3.13 | to newer commits |',
      '| `dev` | Development | python3.13 | to newer commits |'
    ])
    expect((await explained(on('main'), {markdown: 'true', all: 'true'}, '001-metro')).slice(0, 3)).toEqual([
      '| Event | Publishes | Caches | Tags |',
      '| --- | --- | --- | --- |',
      '| push of v1.2.3 | yes | read, and write new dependencies | `v1.2.3` |'
    ])
  })
})

describe('the tags of an example', () => {
  it.each(['000-orb', '001-metro', '002-opencrate', '003-inclusive-world-portal', '004-mvpmvp'])(
    '%s stand beside it',
    async example => {
      const guide = await explained(on('main'), {markdown: 'true'}, example)
      const events = await explained(on('main'), {markdown: 'true', all: 'true'}, example)
      const text = [
        '# Which tag to use',
        '',
        ...guide,
        '',
        '# Which event earns which tags',
        '',
        ...events,
        ''
      ].join('\n')
      const file = path.join(EXAMPLES, example, 'tags.md')
      if (process.env['UPDATE_EXAMPLES'] === 'true') writeFileSync(file, text)
      expect(wordsOf(readFileSync(file, 'utf8'))).toEqual(wordsOf(text))
    }
  )
})

/** Tables without the white space and rules that a formatter sets. */
function wordsOf(markdown: string): string[] {
  return markdown.split(/[\s|-]+/).filter(Boolean)
}
