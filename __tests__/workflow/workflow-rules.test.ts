import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {parse} from 'yaml'
import {init} from '../../src/onboarding/init.js'
import {readText} from '../../src/machine/system-ports.js'
import {parseInputs} from '../../src/command/input.js'
import {component, itWith} from '../support/components.js'
import {tagPush, testPorts} from '../support/ports.js'
import {judgedOf} from '../support/workflow-judge/judged.js'
import {sayVerdict, verdictsOn} from '../support/workflow-judge/rules.js'
import {
  ROOT,
  type Source,
  blocksOf,
  documents,
  filesBelow,
  repositories,
  workflowsOf
} from '../support/workflow-judge/sources.js'

const release = workflowsOf('.').find(({name}) => name.endsWith('/release.yml'))

/** What is wrong with a workflow, as a person reads it. */
async function faultsOf(source: Source): Promise<string[]> {
  if (release === undefined) throw new Error('there is no release.yml')
  return (await verdictsOn(await judgedOf(source, release))).map(sayVerdict)
}

describe('GitHub would run as it is meant', () => {
  it.each(
    repositories().flatMap(folder => workflowsOf(folder).map(source => [source.name, source] as const))
  )('%s', async (_, source) => {
    expect(await faultsOf(source)).toEqual([])
  })

  itWith(['actionlint'])('actionlint finds nothing in any workflow', () => {
    const files = repositories().flatMap(folder => workflowsOf(folder).map(({name}) => path.join(ROOT, name)))
    expect(files.length).toBeGreaterThan(5)
    const {status, stdout} = spawnSync(component('actionlint'), files, {encoding: 'utf8'})
    expect({status, stdout}).toEqual({status: 0, stdout: ''})
  })

  it('lets a job beside it publish elsewhere, which neither waits for the image nor is waited for', async () => {
    const file = 'examples/002-opencrate/.github/workflows/docker-build-test-and-push.yml'
    const own = readFileSync(path.join(ROOT, file), 'utf8')
    const pypi = `
  publish-package:
    runs-on: ubuntu-24.04
    if: github.ref_type == 'tag'
    permissions:
      contents: read
      id-token: write
    steps:
      - uses: ${PINNED_CHECKOUT} # v7.0.1
        with:
          persist-credentials: false
      - run: python3 -m pip install build twine && python3 -m build && python3 -m twine upload dist/*
`
    const [source] = workflowsOf('examples/002-opencrate', {[file]: `${own}${pypi}`})
    expect(await faultsOf(source!)).toEqual([])
  })

  const blocks = documents().flatMap(document => blocksOf(document))

  it.each(blocks.flatMap(({name, source}) => (source === undefined ? [] : [[name, source] as const])))(
    '%s',
    async (_, source) => {
      expect(await faultsOf(source)).toEqual([])
    }
  )

  it('leaves out no block of a document that uses an action or a workflow', () => {
    const left = blocks.filter(({source}) => source === undefined).filter(({text}) => /\buses:/.test(text))
    expect(left.map(({name}) => name)).toEqual([])
    expect(blocks.filter(({source}) => source !== undefined).length).toBeGreaterThan(10)
  })
})

const BUILT = {Containerfile: 'FROM scratch\n'}
const PINNED_CHECKOUT = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1'

/** Repositories that init meets. */
const KINDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a Containerfile': BUILT,
  'a file VERSION': {...BUILT, VERSION: '1.2.3\n'},
  'a package of Node': {Dockerfile: 'FROM scratch\n', 'package.json': '{"name": "app", "version": "1.2.3"}'},
  'a project of Python': {...BUILT, 'pyproject.toml': '[project]\nname = "app"\nversion = "1.2.3"\n'},
  'a Containerfile in a folder': {'build/Containerfile': 'FROM scratch\n'},
  'a workflow of docker/metadata-action': {
    ...BUILT,
    '.github/workflows/ci.yml': `name: CI
on:
  push: {branches: [main], tags: ['v*']}
  pull_request:
jobs:
  test:
    runs-on: ubuntu-24.04
    permissions: {contents: read}
    steps:
      - uses: ${PINNED_CHECKOUT}
      - run: make test
  docker:
    needs: test
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - uses: docker/login-action@v3
        with:
          registry: ghcr.io
          username: \${{ github.actor }}
          password: \${{ secrets.GITHUB_TOKEN }}
      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: |
            ghcr.io/octo/hello
            docker.io/octo/hello
          tags: |
            type=semver,pattern={{version}}
            type=semver,pattern={{major}}.{{minor}}
      - uses: docker/build-push-action@v6
        with:
          context: .
          platforms: linux/amd64,linux/arm64
          push: true
          tags: \${{ steps.meta.outputs.tags }}
`
  }
}

describe('GitHub would run what init writes as it is meant, for a repository with', () => {
  it.each(Object.keys(KINDS))('%s', async kind => {
    const home = process.cwd()
    const folder = mkdtempSync(path.join(tmpdir(), 'judged-'))
    try {
      for (const [file, text] of Object.entries(KINDS[kind] ?? {})) {
        mkdirSync(path.dirname(path.join(folder, file)), {recursive: true})
        writeFileSync(path.join(folder, file), text)
      }
      process.chdir(folder)
      const run = {...tagPush('v1.0.0'), defaultBranch: 'main'}
      const ports = testPorts([], {workflowRun: () => Promise.resolve(run), readText})
      await init.run(parseInputs(init.inputs, {write: 'true'}), ports)
      ports.close()
      const files = filesBelow(folder)
      const names = readdirSync('.github/workflows')
      expect(
        names.map(name => JSON.stringify(parse(files(`.github/workflows/${name}`) ?? ''))).join()
      ).toContain('image-release')
      for (const name of names) {
        const text = files(`.github/workflows/${name}`) ?? ''
        const source = {name: `init, ${kind}: ${name}`, text, files, isPart: false, isDocument: true}
        expect(await faultsOf(source)).toEqual([])
      }
    } finally {
      process.chdir(home)
      rmSync(folder, {recursive: true, force: true})
    }
  })
})
