import {describe, expect, it} from '@jest/globals'
import {accountsOf} from '../../src/onboarding/onboarding-plan.js'
import {namedFiles} from '../../src/onboarding/named-files.js'
import {HANDMADE, workflow} from './workflow-cases.js'
import {FILE, planned, writtenText} from './written-workflow.js'

const RELEASE = '.github/workflows/release.yml'
const goreleaser = (args: string, more = ''): string =>
  workflow(
    `    steps:\n      - uses: goreleaser/goreleaser-action@v6\n        with: {args: "${args}"${more}}\n`
  )
const ARCHIVES = 'version: 2\nbuilds: [{goos: [linux]}]\narchives: [{formats: [tar.gz]}]\ndockers: []\n'
const IMAGES = 'version: 2\ndockers: [{image_templates: ["acme/app:{{ .Tag }}"]}]\n'
const KO = 'kos: [{repositories: [ghcr.io/acme/app]}]\n'

const filesOf = (text: string, named: Readonly<Record<string, string>>): string[] =>
  planned(text, {}, {named: new Map(Object.entries(named))}).files.map(({file}) => file)
const notesOf = (text: string, named: Readonly<Record<string, string>> = {}): string =>
  planned(text, {}, {named: new Map(Object.entries(named))}).notes.join('\n')

describe('init and GoReleaser', () => {
  it.each([
    ['archives only', goreleaser('release --clean'), {'.goreleaser.yaml': ARCHIVES}],
    [
      'archives only, by a file of another name',
      goreleaser('release -f ci/release.yml'),
      {'ci/release.yml': ARCHIVES, '.goreleaser.yml': IMAGES}
    ],
    [
      'archives only, in a folder',
      goreleaser('release', ', workdir: cli'),
      {'cli/.goreleaser.yml': ARCHIVES}
    ],
    [
      'archives only, on a line of the shell',
      workflow('    steps:\n      - run: goreleaser release --clean\n'),
      {'goreleaser.yml': ARCHIVES}
    ],
    [
      'images that it is told to leave out',
      goreleaser('release --skip=sign,docker'),
      {'.goreleaser.yml': IMAGES}
    ],
    ['a build', goreleaser('build --clean'), {'.goreleaser.yml': IMAGES}],
    ['a snapshot', goreleaser('release --snapshot'), {'.goreleaser.yml': IMAGES}],
    ['its installation', goreleaser('', ', install-only: true'), {'.goreleaser.yml': IMAGES}]
  ])('keep each other company where it makes %s', (_, text, named) => {
    expect(filesOf(text, named)).toContain(RELEASE)
    expect(notesOf(text, named)).not.toContain('goreleaser')
  })

  it.each([
    ['dockers', goreleaser('release'), {'.goreleaser.yml': IMAGES}, /\.goreleaser\.yml has dockers/],
    ['kos', goreleaser('release --skip docker'), {'.config/goreleaser.yaml': KO}, /goreleaser\.yaml has kos/],
    [
      'docker_manifests',
      goreleaser('release'),
      {'.goreleaser.yml': 'docker_manifests: [{name_template: a}]'},
      /has docker_manifests/
    ],
    [
      'files elsewhere',
      goreleaser('release'),
      {'.goreleaser.yml': 'includes: [{from_url: {url: x}}]'},
      /has includes/
    ],
    ['no configuration', goreleaser('release'), {}, /its configuration \.goreleaser\.yml is not here/],
    [
      'a configuration that a run decides',
      goreleaser('release --config ${{ inputs.file }}'),
      {'.goreleaser.yml': ARCHIVES},
      /only a run can tell its configuration/
    ],
    [
      'a configuration that is no YAML',
      goreleaser('release'),
      {'.goreleaser.yml': 'dockers: [\n'},
      /\.goreleaser\.yml cannot be read/
    ]
  ])('do not both publish: %s', (_, text, named, why) => {
    expect(filesOf(text, named)).toEqual([])
    expect(notesOf(text, named)).toMatch(/publishes already, by goreleaser/)
    expect(notesOf(text, named)).toMatch(why)
  })

  it('stand in one workflow, with the step of archives untouched', () => {
    const text = `${HANDMADE}      - uses: goreleaser/goreleaser-action@v6\n        with: {args: release --clean}\n`
    const plan = planned(text, {}, {named: new Map([['.goreleaser.yml', ARCHIVES]])})
    expect(writtenText(plan)).toContain(
      '      - uses: goreleaser/goreleaser-action@v6\n        with: {args: release --clean}\n'
    )
    expect(accountsOf(plan)).toContain('steps[4] (2 values): kept as it is')
    expect(plan.notes.join('\n')).not.toContain('publishes, too')
    const both = planned(text, {}, {named: new Map([['.goreleaser.yml', IMAGES]])})
    expect(both.notes.join('\n')).toContain(
      `${FILE} (goreleaser (.goreleaser.yml has dockers), images that only a run can tell) publishes, too`
    )
  })
})

const calls = (uses: string, keys = ''): string =>
  `on: push\njobs:\n  call:\n    uses: ${uses}\n${keys}  test:\n    runs-on: ubuntu-latest\n    steps: [{run: make}]\n`

describe('init and workflows of others', () => {
  it.each([
    [
      'a name that speaks of images',
      calls('acme/ci/.github/workflows/docker.yml@v1', '    secrets: inherit\n')
    ],
    [
      'inputs that do',
      calls(
        'acme/ci/.github/workflows/ship.yml@v1',
        '    permissions: {packages: write}\n    with: {image: a/b}\n'
      )
    ],
    ['nothing said of its rights', calls('acme/ci/.github/workflows/container.yml@v1')]
  ])('writes nothing beside one that may publish, unless it is told to: %s', (_, text) => {
    expect(planned(text).files).toEqual([])
    expect(notesOf(text)).toMatch(
      /calls acme\/ci\/\S+ in the job call, which may publish the image already: look/
    )
    const told = planned(text, {isBeside: true})
    expect(told.files.map(({file}) => file)).toContain(RELEASE)
    expect(told.notes.join('\n')).toMatch(/may publish the same image: look at it/)
  })

  it.each([
    ['docker/github-builder/.github/workflows/build.yml@v1', 'docker/github-builder'],
    ['docker/github-builder-experimental/.github/workflows/bake.yml@main', 'docker/github-builder']
  ])('refuses a known publisher: %s', (uses, tool) => {
    const text = calls(uses, '    permissions: {contents: read}\n')
    expect(planned(text).files).toEqual([])
    expect(notesOf(text)).toContain(`publishes already, by ${tool} in the job call`)
  })

  it('names one that says nothing of images, and keeps quiet of one that has neither secret nor right', () => {
    const some = planned(
      calls('acme/ci/.github/workflows/release.yml@v1', '    secrets: {T: "${{ secrets.T }}"}\n')
    )
    expect(some.files.map(({file}) => file)).toContain('.github/workflows/release.yml')
    expect(some.notes.join('\n')).toMatch(
      /calls acme\/ci\/\S+ in the job call, which stays as it is and may publish/
    )
    const lint = planned(
      calls('acme/ci/.github/workflows/docker-lint.yml@v1', '    permissions: {contents: read}\n')
    )
    expect(lint.notes).toEqual([])
  })

  it('says so in the account of a workflow that changes', () => {
    const plan = planned(
      `${HANDMADE}  other:\n    uses: acme/ci/.github/workflows/docker.yml@v1\n    secrets: inherit\n`
    )
    expect(accountsOf(plan)).toContain(
      'jobs.other.uses: kept as it is; acme/ci/.github/workflows/docker.yml may publish: look at it'
    )
    expect(plan.notes.join('\n')).toMatch(/calls acme\/ci\/\S+ in the job other/)
  })

  it('finds what an action of the repository publishes', () => {
    const text = workflow('    steps:\n      - uses: ./.github/actions/Image\n')
    const action = (step: string): Readonly<Record<string, string>> => ({
      '.github/actions/Image/action.yml': `runs:\n  using: composite\n  steps:\n    - ${step}\n`
    })
    expect(namedFiles([{file: FILE, text}])).toContain('.github/actions/Image/action.yml')
    const pushes = action('{run: docker push acme/app, shell: bash}')
    expect(notesOf(text, pushes)).toContain('publishes already, by docker push in ./.github/actions/Image')
    expect(filesOf(text, pushes)).toEqual([])
    expect(filesOf(text, action('{run: make, shell: bash}'))).toContain(RELEASE)
  })

  it.each(['./', '"./"', "'./' # as others would use it"])(
    'finds what the root’s own action publishes: uses: %s',
    uses => {
      const text = workflow(`    steps:\n      - uses: ${uses}\n`)
      const action = (step: string): Readonly<Record<string, string>> => ({
        'action.yml': `runs:\n  using: composite\n  steps:\n    - ${step}\n`
      })
      expect(namedFiles([{file: FILE, text}])).toEqual(['action.yml', 'action.yaml'])
      const pushes = action('{uses: docker/build-push-action@v6, with: {push: true, tags: acme/app}}')
      expect(notesOf(text, pushes)).toContain('publishes already, by docker/build-push-action in ./')
      expect(filesOf(text, pushes)).toEqual([])
      expect(filesOf(text, action('{run: make, shell: bash}'))).toContain(RELEASE)
      expect(filesOf(text, {'action.yml': 'runs: {using: node20, main: dist/index.js}\n'})).toContain(RELEASE)
    }
  )

  it('reads no file outside of the repository, whatever a workflow names', () => {
    const text = goreleaser('release --config ../../etc/passwd -f /etc/shadow', ', workdir: ..')
    expect(namedFiles([{file: FILE, text}]).filter(file => /^\/|^\.\./.test(file))).toEqual([])
  })
})
