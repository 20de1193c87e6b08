import {describe, expect, it} from '@jest/globals'
import {compareTags} from '../../src/onboarding/comparison/tag-comparison.js'
import type {OnboardingFacts, OnboardingPlan} from '../../src/onboarding/onboarding-plan.js'
import {accountsOf} from '../../src/onboarding/onboarding-plan.js'
import {on} from '../support/tag-plans.js'
import {FILE, newFindings, planned, writtenJobs, writtenText} from './written-workflow.js'

const BAKE = (
  more: string,
  steps = ''
): string => `on: {push: {branches: [main], tags: ["v*"]}, pull_request: }
jobs:
  images:
    runs-on: ubuntu-latest
    permissions: {contents: read, packages: write}
    steps:
      - uses: actions/checkout@v4
      - run: make test
${steps}      # all of them
      - name: Bake
        uses: docker/bake-action@v6
${more}      - run: ./notify
`

const plan = (
  text: string,
  files: Readonly<Record<string, string>>,
  facts: Partial<OnboardingFacts> = {}
): OnboardingPlan => planned(text, facts, {named: new Map(Object.entries(files))})

/** The tags of each event, before and after, that are not the same. */
async function differences(
  text: string,
  files: Readonly<Record<string, string>>
): Promise<{readonly same: number; readonly others: readonly string[]}> {
  const after = writtenText(plan(text, files))
  const run = {...on('main'), source: {fullName: 'acme/app', url: 'https://github.com/acme/app'}}
  const readText = (file: string): Promise<string | undefined> => Promise.resolve(files[file])
  const {events} = await compareTags({file: FILE, before: text, after, run, readText})
  return {
    same: events.flatMap(({same}) => same).length,
    others: events.flatMap(({event, differences: all, notes}) => [
      ...all.map(({tag, given}) => `${event}: ${tag} ${given}`),
      ...notes.filter(note => /refuse|cannot/.test(note))
    ])
  }
}

const SERVICES = `
variable "REGISTRY" {
  default = "ghcr.io/acme" // where
}
variable "TAG" { default = "dev" }
# of all
target "_common" {
  platforms = ["linux/amd64", "linux/arm64"]
  args = { GO = "1.26", EMPTY = null }
  cache-from = [{ type = "gha", scope = "x,y" }]
}
group "default" { targets = ["api", "worker"] }
target "api" {
  inherits = ["_common"]
  context  = "services/api"
  tags = ["\${REGISTRY}/app-api:\${TAG}", "\${REGISTRY}/app-api:latest"]
}
target "worker" {
  inherits   = ["_common"]
  dockerfile = "docker/Dockerfile.worker"
  target     = "run"
  args       = { MODE = "fast, or not" }
  tags = [
    "\${REGISTRY}/app-worker:\${TAG}",
    "\${REGISTRY}/app-worker:latest",
  ]
}
target "tests" { output = ["type=cacheonly"] }
`
const WITH_TAG = `        env: {TAG: "\${{ github.ref_name }}"}
        with: {push: "\${{ github.event_name != 'pull_request' }}", source: .}
`

describe('init and bake files', () => {
  it('makes targets services of one plan, whose tags move together', async () => {
    const files = {'docker-bake.hcl': SERVICES}
    const text = BAKE(WITH_TAG)
    const written = plan(text, files)
    const steps = writtenJobs(written)['images']?.steps ?? []
    expect(steps.map(({uses, run}) => uses ?? run)).toEqual([
      'actions/checkout@v4',
      'make test',
      'org/image-release/compute-tags@v1',
      'org/image-release/build-by-digest@v1',
      'org/image-release/build-by-digest@v1',
      'org/image-release/merge-manifest@v1',
      './notify'
    ])
    expect(steps[2]?.with).toEqual({
      images: 'ghcr.io/acme/app-{{service}}',
      services:
        'name=api,context=services/api,build-arg=GO=1.26\nname=worker,context=.,file=docker/Dockerfile.worker,target=run,build-arg=GO=1.26,"build-arg=MODE=fast, or not"',
      tags: 'type=ref,event=branch\ntype=ref,event=tag\ntype=raw,value=latest',
      flavor: 'latest=false',
      platforms: 'linux/amd64,linux/arm64'
    })
    expect(steps[4]).toMatchObject({
      name: 'Bake (worker)',
      id: 'image-worker',
      with: {
        plan: '${{ steps.plan.outputs.plan }}',
        'plan-target': 'worker',
        'hand-over': 'output',
        'cache-from': 'type=gha,"scope=x,y"'
      }
    })
    expect(steps[5]?.with?.['records']).toBe(
      '${{ steps.image-api.outputs.records }}\n${{ steps.image-worker.outputs.records }}'
    )
    expect(written.accounts.flatMap(({lost}) => lost)).toEqual([])
    expect(accountsOf(written)).toContain(
      'jobs.images.steps[2] (5 values): taken over: one plan with the services api, worker, a build for each, and merge-manifest'
    )
    expect(await differences(text, files)).toEqual({same: 12, others: []})
    expect(await newFindings(text, writtenText(written))).toEqual([])
  })

  it('gives the only target the rules of the step of metadata-action, and keeps its digest', async () => {
    const meta = `      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: ghcr.io/acme/app
          tags: |
            type=semver,pattern={{version}}
            type=ref,event=branch
`
    const text = BAKE(
      `        id: bake
        with:
          files: |
            ./bake.json
            cwd://\${{ steps.meta.outputs.bake-file }}
          targets: image
          push: true
          set: |
            *.cache-to=type=gha,mode=max
            image.args.COLOUR=blue
      - run: cosign sign ghcr.io/acme/app@\${{ fromJSON(steps.bake.outputs.metadata)['image']['containerimage.digest'] }}
      - run: echo \${{ fromJSON(steps.bake.outputs.metadata).image['containerimage.digest'] }}
`,
      meta
    )
    const files = {
      'bake.json': JSON.stringify({
        target: {
          'docker-metadata-action': {tags: ['nobody/sees:this']},
          image: {
            inherits: ['docker-metadata-action'],
            context: 'app',
            platforms: ['linux/arm64'],
            secret: ['type=env,id=npm,env=NPM']
          }
        }
      })
    }
    const written = plan(text, files)
    const steps = writtenJobs(written)['images']?.steps ?? []
    expect(steps.slice(2, 5)).toEqual([
      expect.objectContaining({
        id: 'meta',
        uses: 'org/image-release/compute-tags@v1',
        with: expect.objectContaining({platforms: 'linux/arm64'})
      }),
      {
        name: 'Bake',
        id: 'image-image',
        uses: 'org/image-release/build-by-digest@v1',
        with: {
          context: '${{ github.server_url }}/${{ github.repository }}.git#${{ github.ref }}:app',
          platforms: 'linux/arm64',
          'build-args': 'COLOUR=blue',
          'cache-to': 'type=gha,mode=max',
          'secret-envs': 'npm=NPM',
          plan: '${{ steps.meta.outputs.plan }}',
          'hand-over': 'output'
        }
      },
      expect.objectContaining({id: 'bake', uses: 'org/image-release/merge-manifest@v1'})
    ])
    expect(steps.slice(5, 7).map(({run}) => run)).toEqual([
      'cosign sign ghcr.io/acme/app@${{ steps.bake.outputs.digest }}',
      'echo ${{ steps.bake.outputs.digest }}'
    ])
    expect(written.accounts.flatMap(({lost}) => lost)).toEqual([])
    expect((await differences(text, files)).others).toEqual([])
    expect(await newFindings(text, writtenText(written))).toEqual([])
  })

  it('gives targets of a matrix, whose tags differ, a plan each', async () => {
    const files = {
      'docker-bake.hcl': `target "app" {
  name = "app-\${replace(v, ".", "-")}"
  matrix = { v = ["3.12", "3.13"] }
  args = { V = v }
  tags = [for t in ["dev", "latest"] : "ghcr.io/acme/app:\${v}-\${t}" if t != "latest"]
}
group "default" { targets = ["app"] }
`
    }
    const text = BAKE('        with: {push: true, source: "."}\n')
    const written = plan(text, files)
    const steps = writtenJobs(written)['images']?.steps ?? []
    expect(steps.map(({id}) => id)).toEqual([
      undefined,
      undefined,
      'plan-app-3-12',
      'image-app-3-12',
      'publish-app-3-12',
      'plan-app-3-13',
      'image-app-3-13',
      'publish-app-3-13',
      undefined
    ])
    expect(steps[5]?.with).toMatchObject({images: 'ghcr.io/acme/app', tags: 'type=raw,value=3.13-dev'})
    expect(steps[6]?.with).toMatchObject({context: '.', 'build-args': 'V=3.13'})
    expect((await differences(text, files)).others).toEqual([])
    expect(await newFindings(text, writtenText(written))).toEqual([])
  })

  const IMAGE = 'target "default" { tags = ["acme/app:x"] }'
  it.each<[why: string, step: string, hcl: string | undefined]>([
    ['docker-bake.hcl is not here', 'push: true', undefined],
    ['only a run can tell which targets it bakes', 'push: true, targets: "${{ matrix.image }}"', IMAGE],
    ['there is no target other', 'push: true, targets: other', IMAGE],
    ['it has load', 'push: true, load: true', IMAGE],
    ['it bakes the source', 'push: true, source: "https://example.com/a.git"', IMAGE],
    ['the line "ap[pq].target=x" of set', 'push: true, set: "ap[pq].target=x"', IMAGE],
    ['the line "*.policy=x" of set', 'push: true, set: "*.policy=x"', IMAGE],
    [
      'the target default has dockerfile-inline',
      'push: true',
      'target "default" { dockerfile-inline = "FROM scratch" }'
    ],
    ['builds on another target', 'push: true', 'target "default" { contexts = { base = "target:base" } }'],
    [
      'has the output type=local,dest=out',
      'push: true',
      'target "default" { output = ["type=local,dest=out"] }'
    ],
    ['it names no tags', 'push: true', 'target "default" {}'],
    [
      'the function timestamp is not known here',
      'push: true',
      'target "default" { tags = ["a/b:${timestamp()}"] }'
    ],
    [
      'only a run can tell what "${{ github.sha }}" decides',
      'push: true',
      'variable "GITHUB_SHA" {}\ntarget "default" { tags = [GITHUB_SHA == "" ? "a/b:c" : "a/b:d"] }'
    ],
    ['line 2: this is not understood', 'push: true', 'target "default" {\n  = }'],
    [
      'TAG is made of itself',
      'push: true',
      'variable "TAG" { default = "${TAG}" }\ntarget "default" { tags = ["a/b:${TAG}"] }'
    ],
    ['the target default inherits itself', 'push: true', 'target "default" { inherits = ["default"] }'],
    [
      'it pushes only some of its targets',
      '',
      'target "default" {}\ntarget "b" { output = ["type=registry"] }\ngroup "default" { targets = ["b", "c"] }\ntarget "c" {}'
    ]
  ])('writes nothing, and says why: %s', (why, given, hcl) => {
    const text = BAKE(given === '' ? '' : `        with: {${given}}\n`)
    const written = plan(text, hcl === undefined ? {} : {'docker-bake.hcl': hcl})
    if (given !== '') expect(written.files).toEqual([])
    expect(written.notes.join('\n').includes(why)).toBe(given !== '')
  })

  it('takes a file whose output is a registry for one that publishes, and one without for none', () => {
    const of = (output: string): OnboardingPlan =>
      plan(BAKE(''), {
        'docker-bake.hcl': `target "default" {\n  tags = ["ghcr.io/acme/app:x"]\n  output = ["${output}"]\n}\n`
      })
    expect(writtenText(of('type=registry'))).toContain('/merge-manifest@v1')
    expect(of('type=image').files.map(({file}) => file)).toEqual([
      '.github/image-release.yml',
      '.github/workflows/release.yml'
    ])
  })

  it('leaves what reads more than the digest of bake alone', () => {
    const text = BAKE(
      '        id: bake\n        with: {push: true}\n      - run: echo "${{ steps.bake.outputs.metadata }}"\n'
    )
    const written = plan(text, {'docker-bake.hcl': IMAGE})
    expect(written.files).toEqual([])
    expect(written.notes.join('\n')).toContain('reads steps.bake.outputs, which has another form here')
  })
})
