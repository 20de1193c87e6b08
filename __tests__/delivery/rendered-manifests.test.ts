import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {expect, it} from '@jest/globals'
import {parseAllDocuments} from 'yaml'
import type {DeployedImage, Pin} from '../../src/delivery/manifests/deployed-image.js'
import {editManifests} from '../../src/delivery/manifests/manifest-edit.js'
import {parseManifestEntry} from '../../src/delivery/manifests/manifest-entry.js'
import {parseDigest} from '../../src/oci/digest.js'
import {parseRepository, parseTag} from '../../src/oci/reference.js'
import {component, describeWith} from '../support/components.js'
import {fc} from '../support/random.js'

const run = promisify(execFile)

const OLD = `sha256:${'f0'.repeat(32)}`

/** What may stand in a manifest: an image of the release, or one of others that looks like it. */
const OWNERS = {
  app: {name: 'ghcr.io/org/app', suffix: '', digest: `sha256:${'a'.repeat(64)}`},
  debug: {name: 'ghcr.io/org/app', suffix: '-debug', digest: `sha256:${'d'.repeat(64)}`},
  api: {name: 'registry.example:5000/org/api', suffix: '', digest: `sha256:${'b'.repeat(64)}`},
  vendor: {name: 'quay.io/vendor/app', suffix: '', digest: undefined},
  fips: {name: 'ghcr.io/org/app', suffix: '-fips', digest: undefined}
} as const
type Owner = keyof typeof OWNERS

const RELEASED: readonly DeployedImage[] = (['app', 'debug', 'api'] as const).map(target => ({
  target,
  repository: parseRepository(OWNERS[target].name),
  tag: parseTag(`1.10.0${OWNERS[target].suffix}`),
  digest: parseDigest(OWNERS[target].digest)
}))

/** One place of a manifest, and how it is written. */
interface Place {
  readonly owner: Owner
  readonly version: '1.9.0' | '1.10' | '2.0.0' | 'v1.9.0'
  readonly isPinned: boolean
  readonly quote: '' | '"' | "'"
  readonly style: number
  readonly note: string
}

const place: fc.Arbitrary<Place> = fc.record({
  owner: fc.constantFrom<Owner>('app', 'debug', 'api', 'vendor', 'fips'),
  version: fc.constantFrom('1.9.0', '1.10', '2.0.0', 'v1.9.0'),
  isPinned: fc.boolean(),
  quote: fc.constantFrom('', '"', "'"),
  style: fc.nat({max: 5}),
  note: fc.constantFrom('', ' # ours', ' # 1.9.0')
})

const tagOf = ({owner, version}: Place): string => version + OWNERS[owner].suffix
const render = (name: string, tag: string, digest: string | undefined): string =>
  `${name}:${tag}${digest === undefined ? '' : `@${digest}`}`
const before = (one: Place): string =>
  render(OWNERS[one.owner].name, tagOf(one), one.isPinned ? OLD : undefined)

/** What is to run afterwards, by the rules of the documents alone. */
function after(one: Place, pin: Pin): string {
  const {name, suffix, digest} = OWNERS[one.owner]
  if (digest === undefined || one.version === '2.0.0') return before(one)
  return render(name, `1.10.0${suffix}`, one.isPinned || pin === 'both' ? digest : undefined)
}

/** A tag such as 1.10 is a number without quotes, which kustomize refuses by itself. */
const quoted = ({quote, version}: Place, text: string): string => {
  const mark = quote === '' && version === '1.10' ? '"' : quote
  return mark + text + mark
}

/** Entries of a kustomization, in four layouts; of two with the same tag the second may be an alias of the first. */
function kustomization(places: readonly Place[]): string {
  const anchors = new Map<string, string>()
  const items = places.map((one, row) => {
    const {name} = OWNERS[one.owner]
    const tag = tagOf(one)
    const isInTag = one.isPinned && one.style % 2 === 1
    const text = quoted(one, isInTag ? `${tag}@${OLD}` : tag)
    const key = `${one.owner} ${text}`
    const anchor = anchors.get(key)
    if (anchor === undefined) anchors.set(key, `t${row}`)
    const value =
      one.style < 2 && anchor !== undefined ? `*${anchor}` : `${one.style < 2 ? `&t${row} ` : ''}${text}`
    if (one.style >= 2) anchors.delete(key)
    const fields = [
      `name: place-${row}`,
      `newName: ${name}`,
      `newTag: ${value}`,
      ...(one.isPinned && !isInTag ? [`digest: ${OLD}`] : [])
    ]
    return one.style === 4 ? `- {${fields.join(', ')}}${one.note}` : `- ${fields.join(`${one.note}\n  `)}`
  })
  return `resources: [pods.yaml]\nimages:\n${items.join('\n')}\n`
}

const pods = (images: readonly string[], name: string): string =>
  [
    'apiVersion: v1',
    'kind: Pod',
    `metadata: {name: ${name}}`,
    'spec:',
    '  containers:',
    ...images.flatMap((image, row) => [`  - name: c${row}`, `    image: ${image}`])
  ].join('\n') + '\n'

/** Services of a chart, each in one of the ways in which charts hold images. */
const STYLES: readonly ((one: Place) => {readonly key: string; readonly lines: readonly string[]})[] = [
  one => ({
    key: '.image',
    lines: [
      'image:',
      `  repository: ${OWNERS[one.owner].name}`,
      `  tag: ${quoted(one, tagOf(one))}${one.note}`,
      ...(one.isPinned ? [`  digest: ${OLD}`] : [])
    ]
  }),
  one => {
    const [registry = '', ...path] = OWNERS[one.owner].name.split('/')
    const pin = one.isPinned ? [`digest: ${OLD}`] : []
    const fields = [
      `registry: ${registry}`,
      `repository: ${path.join('/')}`,
      `tag: ${quoted(one, tagOf(one))}`,
      ...pin
    ]
    return {key: '.image.tag', lines: [`image: {${fields.join(', ')}}${one.note}`]}
  },
  one => ({
    key: '.image.tag',
    lines: [
      'image:',
      `  repository: ${OWNERS[one.owner].name}`,
      `  tag: ${quoted(one, tagOf(one))}${one.note}`,
      ...(one.isPinned ? [`  sha: ${OLD.slice(7)}`] : [])
    ]
  }),
  one => ({key: '.image', lines: [`image: ${quoted(one, before(one))}${one.note}`]}),
  one => ({
    key: '.imageTag',
    lines: [
      `image: ${OWNERS[one.owner].name}`,
      `imageTag: ${quoted(one, tagOf(one))}`,
      ...(one.isPinned ? [`imageDigest: ${OLD}`] : [])
    ]
  }),
  one => ({
    key: '.image.tag',
    lines: [
      'image:',
      `  repository: ${OWNERS[one.owner].name}`,
      `  tag: ${quoted(one, one.isPinned ? `${tagOf(one)}@${OLD}` : tagOf(one))}`
    ]
  })
]

const TEMPLATE = `{{- define "image" -}}
{{- if not (kindIs "map" .image) -}}
{{ .image }}{{ with .imageTag }}:{{ . }}{{ end }}{{ with .imageDigest }}@{{ . }}{{ end }}
{{- else -}}
{{- with .image -}}
{{ with .registry }}{{ . }}/{{ end }}{{ .repository }}:{{ .tag }}{{ with .digest }}@{{ . }}{{ end }}{{ with .sha }}@sha256:{{ . }}{{ end }}
{{- end -}}
{{- end -}}
{{- end -}}
apiVersion: v1
kind: Pod
metadata: {name: chart}
spec:
  containers:
{{- range $name, $service := .Values.services }}
  - name: {{ $name }}
    image: {{ include "image" $service | quote }}
{{- end }}
`

const values = (places: readonly Place[]): string =>
  'services:\n' +
  places
    .map(
      (one, row) =>
        `  c${row}:\n${styled(one)
          .lines.map(line => `    ${line}\n`)
          .join('')}`
    )
    .join('')
const styled = (one: Place) => (STYLES[one.style] ?? STYLES[0]!)(one)

const application = (places: readonly Place[]): string =>
  'kind: Application\nspec:\n  source:\n    kustomize:\n      images:\n' +
  places.map((one, row) => `      - ${quoted(one, `place-${row}=${before(one)}`)}${one.note}\n`).join('')

/** A folder of manifests in all four forms, and what is edited in it. */
interface World {
  readonly overlays: readonly (readonly Place[])[]
  readonly plain: readonly Place[]
  readonly chart: readonly Place[]
  readonly overrides: readonly Place[]
}

const names = (places: readonly Place[]): string[] => places.map((_, row) => `place-${row}:0`)

function filesOf({overlays, plain, chart, overrides}: World): Record<string, string> {
  const sites = overlays.flatMap((places, row) => [
    [`o${row}/kustomization.yaml`, kustomization(places)],
    [`o${row}/pods.yaml`, pods(names(places), `o${row}`)]
  ])
  return {
    ...(Object.fromEntries(sites) as Record<string, string>),
    'plain.yaml': pods(
      plain.map(one => quoted(one, before(one)) + one.note),
      'plain'
    ),
    'chart/Chart.yaml': 'apiVersion: v2\nname: chart\nversion: 1.0.0\n',
    'chart/templates/pod.yaml': TEMPLATE,
    'chart/values.yaml': values(chart),
    'app.yaml': application(overrides),
    'argo/pods.yaml': pods(names(overrides), 'argo'),
    'argo/kustomization.yaml': 'resources: [pods.yaml]\n',
    'kustomization.yaml': `resources: [plain.yaml, ${overlays.map((_, row) => `o${row}`).join(', ')}]\n`
  }
}

/** One entry a service of the chart: those of others cannot be named so, for a key is always meant. */
function entriesOf({overlays, chart}: World): string[] {
  const isOurs = ({owner}: Place): boolean => OWNERS[owner].digest !== undefined
  return [
    ...overlays.map((_, row) => `kustomize:o${row}/kustomization.yaml`),
    ...chart.flatMap((one, row) =>
      isOurs(one) ? [`helm:chart/values.yaml#services.c${row}${styled(one).key}`] : []
    ),
    'image:plain.yaml',
    'argocd:app.yaml'
  ]
}

/** What kustomize and helm make of a folder: images by pod and container. */
async function rendered(files: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rendered-'))
  try {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, file)), {recursive: true})
      await writeFile(path.join(folder, file), text)
    }
    const overrides = parseAllDocuments(files['app.yaml'] ?? '').flatMap(
      one => one.getIn(['spec', 'source', 'kustomize', 'images']) as {toJSON(): string[]}
    )
    // Argo CD hands its overrides to this command (util/kustomize/kustomize.go).
    await run(component('kustomize'), ['edit', 'set', 'image', ...overrides.flatMap(one => one.toJSON())], {
      cwd: path.join(folder, 'argo')
    })
    const outputs = await Promise.all([
      run(component('kustomize'), ['build', folder]),
      run(component('kustomize'), ['build', path.join(folder, 'argo')]),
      run(component('helm'), ['template', path.join(folder, 'chart')])
    ])
    return Object.fromEntries(outputs.flatMap(({stdout}) => imagesIn(stdout)))
  } finally {
    await rm(folder, {recursive: true})
  }
}

interface Pod {
  readonly metadata: {readonly name: string}
  readonly spec: {readonly containers: readonly {readonly name: string; readonly image: string}[]}
}

function imagesIn(output: string): [string, string][] {
  return parseAllDocuments(output).flatMap(document => {
    const {metadata, spec} = document.toJS() as Pod
    return spec.containers.map(({name, image}): [string, string] => [`${metadata.name}/${name}`, image])
  })
}

function expected(world: World, image: (one: Place) => string): Record<string, string> {
  const pod = (name: string, places: readonly Place[]): [string, string][] =>
    places.map((one, row) => [`${name}/c${row}`, image(one)])
  return Object.fromEntries([
    ...world.overlays.flatMap((places, row) => pod(`o${row}`, places)),
    ...pod('plain', world.plain),
    ...pod('chart', world.chart),
    ...pod('argo', world.overrides)
  ])
}

describeWith(['kustomize', 'helm'], 'manifests in four forms, as kustomize and helm render them', () => {
  it('change in exactly the images that are meant, whichever keys, layouts and anchors hold them', async () => {
    // Each form has one that moves, so that no entry finds nothing.
    const moving: Place = {owner: 'api', version: '1.9.0', isPinned: false, quote: '', style: 3, note: ''}
    const places = (count: number) =>
      fc.array(place, {minLength: 1, maxLength: count}).map(some => [...some, moving])
    const world = fc.record({
      overlays: fc.array(places(4), {minLength: 3, maxLength: 6}),
      plain: places(12),
      chart: places(16),
      overrides: places(8)
    })
    await fc.assert(
      fc.asyncProperty(world, fc.constantFrom<Pin>('tag', 'both'), async (made, pin) => {
        const files = filesOf(made)
        const entries = entriesOf(made).map(parseManifestEntry)
        const deployment = {entries, images: RELEASED, pin, allowBackward: false}
        const edit = await editManifests(deployment, file => Promise.resolve(files[file]))
        const edited = {...files, ...Object.fromEntries(edit.files)}
        expect(await rendered(files)).toEqual(expected(made, before))
        expect(await rendered(edited)).toEqual(expected(made, one => after(one, pin)))
        const again = await editManifests(deployment, file => Promise.resolve(edited[file]))
        expect([...again.files.keys()]).toEqual([])
      }),
      {numRuns: 4, endOnFailure: true}
    )
  }, 120_000)
})
