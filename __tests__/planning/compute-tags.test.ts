import {afterEach, beforeEach, describe, expect, it, jest} from '@jest/globals'
import {computeTags} from '../../src/planning/compute-tags.js'
import {InputError} from '../../src/errors.js'
import {parseInputs} from '../../src/command/input.js'
import {parsePlan} from '../../src/contracts/plan-document.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import {EVENT_NAMES, EVENT_SHA, type EventName, runOf} from '../support/events.js'
import {GITHUB_TOKEN, type GithubServerOptions, startGithub} from '../support/github-server.js'
import {recordingReporter, testPorts} from '../support/ports.js'
import {startEmbedded} from '../support/registries.js'
import {publishRelease, releaseTags} from '../support/releases.js'

const SEMVER =
  'type=ref,event=branch\ntype=ref,event=pr\ntype=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}'

type Texts = Readonly<Record<string, string>>

async function compute(run: WorkflowRun, texts: Texts = {}) {
  const reporter = recordingReporter()
  const ports = testPorts([], {reporter})
  const values = parseInputs(computeTags.inputs, {
    images: 'octo/hello',
    tags: SEMVER,
    ask: 'never',
    ...texts
  })
  const outputs = await computeTags.run(values, {...ports, reporter, workflowRun: () => Promise.resolve(run)})
  ports.close()
  return {outputs, reporter, files: ports.files, plan: parsePlan(outputs.plan)}
}

describe('compute-tags on each event', () => {
  it.each<[EventName, string, boolean]>([
    ['push-branch', 'main', true],
    ['push-tag', '1.2.3 1.2 latest', true],
    ['push-tag-prerelease', '2.0.0-rc.1', true],
    ['pull_request', 'pr-7', false],
    ['pull_request-fork', 'pr-7', false],
    ['schedule', 'main', true],
    ['workflow_dispatch', 'main', true],
    ['release', '1.2.3 1.2 latest', true],
    ['release-prereleased', '1.2.3', true],
    ['pull_request_target', 'pr-7', false],
    ['repository_dispatch', 'main', true],
    ['merge_group', '', false]
  ])('%s: %s', async (event, tags, push) => {
    const {outputs, plan} = await compute(await runOf(event))
    expect(outputs['tag-names'].replaceAll('\n', ' ')).toBe(tags)
    expect(outputs.push).toBe(String(push))
    expect(plan.push).toBe(push)
    expect(plan.source).toMatchObject({revision: EVENT_SHA, created: '2020-01-10T00:30:00.000Z'})
  })

  it('has a case for every recorded event', () => {
    expect(EVENT_NAMES).toHaveLength(12)
  })

  it.each<[EventName, string, boolean]>([
    ['pull_request', 'true', true],
    ['pull_request-fork', 'true', false],
    ['merge_group', 'true', false],
    ['push-branch', 'false', false],
    ['pull_request_target', 'true', false]
  ])('%s with push=%s publishes: %s', async (event, push, expected) => {
    expect((await compute(await runOf(event), {push})).plan.push).toBe(expected)
  })

  it.each<[string, Partial<WorkflowRun>, Texts, RegExp]>([
    ['Dependabot', {actor: 'dependabot[bot]'}, {}, /started by Dependabot/],
    ['no tag', {}, {tags: 'type=ref,event=tag'}, /the event produces no tags/],
    ['no image', {}, {images: ''}, /no image is named or enabled/],
    ['no enabled image', {}, {images: 'name=octo/hello,enable=false'}, /no image is named or enabled/]
  ])('publishes nothing by itself for %s', async (_, changes, texts, note) => {
    const {plan} = await compute(await runOf('push-branch', changes), texts)
    expect(plan.push).toBe(false)
    expect(plan.notes.join('\n')).toMatch(note)
  })
})

describe('the outputs of compute-tags', () => {
  const labels = [
    'org.opencontainers.image.created=2020-01-10T00:30:00.000Z',
    'org.opencontainers.image.description=A greeting',
    'org.opencontainers.image.licenses=MIT',
    `org.opencontainers.image.revision=${EVENT_SHA}`,
    'org.opencontainers.image.source=https://github.com/octo/hello',
    'org.opencontainers.image.title=hello',
    'org.opencontainers.image.url=https://github.com/octo/hello',
    'org.opencontainers.image.version=1.2.3'
  ]

  it('are those of docker/metadata-action', async () => {
    const {outputs} = await compute(await runOf('push-tag'), {images: 'octo/hello\nghcr.io/Octo/Hello'})
    expect(outputs.version).toBe('1.2.3')
    expect(outputs.tags.split('\n')).toEqual([
      'octo/hello:1.2.3',
      'octo/hello:1.2',
      'octo/hello:latest',
      'ghcr.io/octo/hello:1.2.3',
      'ghcr.io/octo/hello:1.2',
      'ghcr.io/octo/hello:latest'
    ])
    expect(outputs.labels.split('\n')).toEqual(labels)
    expect(outputs.annotations.split('\n')).toEqual(
      ['manifest', 'index'].flatMap(level => labels.map(label => `${level}:${label}`))
    )
    expect(JSON.parse(outputs.json)).toEqual({
      tags: outputs.tags.split('\n'),
      'tag-names': ['1.2.3', '1.2', 'latest'],
      labels: Object.fromEntries(labels.map(label => label.split('='))) as unknown,
      annotations: outputs.annotations.split('\n')
    })
  })

  it('take labels and annotations of the caller over the generated ones', async () => {
    const {outputs, plan} = await compute(await runOf('push-tag'), {
      labels: 'maintainer=Ada\norg.opencontainers.image.title={{tag}}=x\n# no\n"a=b, c"',
      annotations: "org.opencontainers.image.created={{date 'YYYY-MM-DDTHH:mm:ss.SSS[Z]'}}",
      'annotation-levels': 'index'
    })
    expect(outputs.labels.split('\n').filter(label => !labels.includes(label))).toEqual([
      'a=b, c',
      'maintainer=Ada',
      'org.opencontainers.image.title=v1.2.3=x'
    ])
    expect(plan.targets[0]?.annotations['org.opencontainers.image.created']).toBe('2020-01-11T12:00:00.000Z')
    expect(outputs.annotations).toMatch(/^index:org.opencontainers.image.created=2020-01-11/)
  })

  it('take separators as they are, white space too', async () => {
    const {outputs} = await compute(await runOf('push-tag'), {
      'sep-tags': ',',
      'sep-labels': ' ',
      'sep-annotations': '\t'
    })
    expect(outputs.tags).toBe('octo/hello:1.2.3,octo/hello:1.2,octo/hello:latest')
    expect(outputs['tag-names']).toBe('1.2.3,1.2,latest')
    expect(outputs.labels).toBe(labels.join(' '))
    expect(outputs.annotations).toContain('\t')
  })

  it.each([
    ['', '1.2.3\n1.2\nlatest'],
    ['name=octo/hello,enable=false', ''],
    ['name=octo/hello,enable=false\nghcr.io/o/h', 'ghcr.io/o/h:1.2.3\nghcr.io/o/h:1.2\nghcr.io/o/h:latest'],
    ['a,b', 'a:1.2.3\na:1.2\na:latest\nb:1.2.3\nb:1.2\nb:latest']
  ])('images %j: %j', async (images, tags) => {
    expect((await compute(await runOf('push-tag'), {images})).outputs.tags).toBe(tags)
  })

  it('name the jobs, their runners and records', async () => {
    const {outputs} = await compute(await runOf('push-tag'), {
      platforms: 'linux/amd64, linux/arm64/v8, linux/arm64',
      runners: 'linux/arm64=self-hosted+arm'
    })
    const record = `digest-${outputs['plan-id']}-hello`
    expect(JSON.parse(outputs['build-matrix'])).toEqual({
      include: [
        {
          target: 'hello',
          platform: 'linux/amd64',
          'platform-pair': 'linux-amd64',
          emulated: false,
          runner: 'ubuntu-24.04',
          record: `${record}-linux-amd64`
        },
        {
          target: 'hello',
          platform: 'linux/arm64',
          'platform-pair': 'linux-arm64',
          emulated: false,
          runner: ['self-hosted', 'arm'],
          record: `${record}-linux-arm64`
        }
      ]
    })
    expect(JSON.parse(outputs['merge-matrix'])).toEqual({
      include: [{target: 'hello', images: 'docker.io/octo/hello', platforms: 'linux/amd64,linux/arm64'}]
    })
  })

  it('name variants that are planned apart apart', async () => {
    const run = await runOf('push-tag')
    const [plain, alpine] = [await compute(run), await compute(run, {flavor: 'suffix=-alpine'})]
    expect(alpine.plan.targets[0]?.name).toBe('hello-alpine')
    expect(alpine.plan.targets[0]?.builds[0]?.record).not.toBe(plain.plan.targets[0]?.builds[0]?.record)
  })

  it('are bake files too, each at the path that it was kept at', async () => {
    const {outputs, files} = await compute(await runOf('push-tag'), {'bake-target': 'app'})
    expect(outputs).toMatchObject({
      'bake-file': '/runner/temp/docker-metadata-action-bake.json',
      'bake-file-tags': '/runner/temp/docker-metadata-action-bake-tags.json',
      'bake-file-labels': '/runner/temp/docker-metadata-action-bake-labels.json',
      'bake-file-annotations': '/runner/temp/docker-metadata-action-bake-annotations.json'
    })
    expect([...files.keys()]).toHaveLength(4)
    expect(JSON.parse(files.get('docker-metadata-action-bake-tags.json') ?? '')).toEqual({
      target: {
        app: {
          tags: outputs.tags.split('\n'),
          args: {DOCKER_META_IMAGES: 'octo/hello', DOCKER_META_VERSION: '1.2.3'}
        }
      }
    })
  })

  it('are the same bytes for the same run', async () => {
    const [first, second] = [await compute(await runOf('push-tag')), await compute(await runOf('push-tag'))]
    expect(first.outputs).toEqual(second.outputs)
  })
})

describe('what compute-tags says', () => {
  it('shows each tag with its class and rule', async () => {
    const {reporter} = await compute(await runOf('push-tag'))
    expect(reporter.lines).toEqual([
      'Version 1.2.3 is released; this run publishes.',
      'TARGET  TAG     CLASS      MOVES                    RULE',
      'hello   1.2.3   immutable  stays on this commit     type=semver,pattern={{version}}',
      'hello   1.2     forward    only to a newer version  type=semver,pattern={{major}}.{{minor}}',
      'hello   latest  forward    only to a newer version  flavor'
    ])
    expect(reporter.notices).toEqual([
      'Whether a newer version is at 1.2, latest already is decided when the tags are moved.'
    ])
  })

  it('shows from where to where each tag moves, where a registry answers', async () => {
    const registry = await startEmbedded()
    const ports = testPorts([registry])
    try {
      const images = [`${registry.host}/octo/hello`]
      for (const version of ['1.2.2', '2.0.1'])
        await publishRelease(ports, {images, version, tags: releaseTags(version)})
      const {plan, reporter} = await compute(await runOf('push-tag'), {images: images[0] ?? '', ask: 'auto'})
      expect(reporter.lines.slice(2).map(line => line.split(/ {2,}/).slice(1, 4))).toEqual([
        ['1.2.3', 'immutable', 'new'],
        ['1.2', 'forward', 'moves from 1.2.2 to 1.2.3'],
        ['latest', 'forward', 'stays at 2.0.1']
      ])
      expect(reporter.notices).toEqual(['latest stays at 2.0.1, which is newer than 1.2.3.'])
      expect(reporter.summaries.join()).toContain('| `1.2` | forward | moves from 1.2.2 to 1.2.3 |')
      expect(plan.targets[0]?.tags.map(tag => tag.expected?.[0]?.action)).toEqual(['create', 'move', 'keep'])
    } finally {
      ports.close()
      await registry.stop()
    }
  })

  it('asks nobody for a run that does not publish', async () => {
    const registry = await startEmbedded()
    try {
      const {plan} = await compute(await runOf('push-tag'), {
        images: `${registry.host}/octo/hello`,
        ask: 'auto',
        push: 'false'
      })
      expect(registry.registry.requests).toEqual([])
      expect(plan.notes.join()).not.toContain('decided when the tags are moved')
    } finally {
      await registry.stop()
    }
  })

  it('writes a summary with tags, builds, notes and a diagram', async () => {
    const {plan, reporter} = await compute(await runOf('push-tag-prerelease'), {
      tags: 'type=ref,event=tag',
      platforms: 'linux/s390x'
    })
    expect(reporter.summaries).toEqual([
      `## Plan for 2.0.0-rc.1

\`push\` on \`refs/tags/v2.0.0-rc.1\` at \`860c1904a1ce\`; publishes.

### hello

Images: \`docker.io/octo/hello\`

| Tag | Class | Moves | Rule |
| --- | --- | --- | --- |
| \`v2.0.0-rc.1\` | immutable | stays on this commit | \`type=ref,event=tag\` |

| Platform | Runner | Digest record |
| --- | --- | --- |
| \`linux/s390x\` | \`ubuntu-24.04\` | \`digest-${plan.id}-hello-linux-s390x\` |

### Notes

- latest does not move to the pre-release 2.0.0-rc.1 (docker/metadata-action moves it). To move it, write latest=true in the flavor.
- linux/s390x is emulated on ubuntu-24.04, which is slow; name a runner of its own in runners.

\`\`\`mermaid
flowchart LR
  event(["push<br/>refs/tags/v2.0.0-rc.1"])
  event --> target0["hello<br/>linux/s390x"]
  target0 --> tag0_0["v2.0.0-rc.1"]
\`\`\``
    ])
  })

  it('names every fault of every input at once', () => {
    const parse = (): unknown =>
      parseInputs(computeTags.inputs, {
        images: 'Org//App_:x',
        tags: 'type=sha,enbale=false\n\ntype=raw,value={{constructor}}',
        flavor: 'latest=yes',
        platforms: 'linux/foo',
        runners: 'x',
        push: 'maybe',
        'annotation-levels': 'manifest,indx'
      })
    expect(parse).toThrow(InputError)
    expect(parse).toThrow(
      /images: line 1: [^]*tags: line 1: [^]*tags: line 3: [^]*flavor: line 1: [^]*annotation-levels: [^]*platforms: [^]*runners: [^]*push: /
    )
  })
})

describe('the date of a commit that neither the event nor a checkout tells', () => {
  // A plan waits two seconds for it, which a busy machine may take for an answer.
  beforeEach(() => {
    jest.spyOn(AbortSignal, 'timeout').mockReturnValue(new AbortController().signal)
  })
  afterEach(() => {
    jest.restoreAllMocks()
  })

  const rule = "type=raw,value={{commit_date 'YYYYMMDD-HHmm'}}"
  const planned = async (texts: Texts, options: GithubServerOptions = {}) => {
    const github = await startGithub({repository: 'octo/hello', ...options})
    github.commits.set(EVENT_SHA, '2020-01-09T23:45:00Z')
    const {event, ref, sha, startedAt, attempt, source} = await runOf('schedule')
    const run = {event, ref, sha, startedAt, attempt, source}
    const reporter = recordingReporter()
    const ports = testPorts([], {reporter, github: token => github.api(token)})
    try {
      const values = parseInputs(computeTags.inputs, {
        images: 'octo/hello',
        tags: rule,
        ask: 'note',
        ...texts
      })
      const {plan} = await computeTags.run(values, {
        ...ports,
        reporter,
        workflowRun: () => Promise.resolve(run)
      })
      expect(github.faults).toEqual([])
      const {targets, source, notes} = parsePlan(plan)
      const isNoted = notes.some(note => note.startsWith('The date of the commit is not known here'))
      return {tag: targets[0]?.tags[0]?.name, created: source.created, isNoted, asked: github.requests.length}
    } finally {
      ports.close()
      await github.stop()
    }
  }
  const started = {tag: '20200111-1200', created: '2020-01-11T12:00:00.000Z', isNoted: true}

  it('is asked of GitHub with github-token', async () => {
    expect(await planned({'github-token': GITHUB_TOKEN})).toEqual({
      tag: '20200109-2345',
      created: '2020-01-09T23:45:00.000Z',
      isNoted: false,
      asked: 1
    })
  })

  it('is the start of the run, with a note, without a token, without a right, and where nothing may be asked', async () => {
    expect(await planned({})).toEqual({...started, asked: 0})
    expect(await planned({'github-token': GITHUB_TOKEN, ask: 'never'})).toEqual({...started, asked: 0})
    expect(await planned({'github-token': 'expired'})).toEqual({...started, asked: 1})
    expect(await planned({'github-token': GITHUB_TOKEN}, {forbids: () => true})).toEqual({
      ...started,
      asked: 1
    })
  })
})
