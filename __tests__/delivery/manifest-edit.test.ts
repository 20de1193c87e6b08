import {describe, expect, it} from '@jest/globals'
import {fc} from '../support/random.js'
import {parse, parseAllDocuments} from 'yaml'
import {
  type DeployedImage,
  type Pin,
  deployedImages,
  tagChoice
} from '../../src/delivery/manifests/deployed-image.js'
import {type ManifestEdit, editManifests} from '../../src/delivery/manifests/manifest-edit.js'
import {parseManifestEntry} from '../../src/delivery/manifests/manifest-entry.js'
import {parseDigest} from '../../src/oci/digest.js'
import {parseRepository, parseTag} from '../../src/oci/reference.js'
import {failureOf} from '../support/thrown.js'

const DIGEST = `sha256:${'1'.repeat(64)}`
const OLD = `sha256:${'0'.repeat(64)}`

const deployed = (image: string, tag = '1.3.0', target = 'app'): DeployedImage => ({
  target,
  repository: parseRepository(image),
  tag: parseTag(tag),
  digest: parseDigest(DIGEST)
})
const APP = deployed('ghcr.io/org/app')

interface Case {
  readonly pin?: Pin
  readonly images?: readonly DeployedImage[]
  readonly allowBackward?: boolean
}

const editAll = async (
  lines: readonly string[],
  files: Readonly<Record<string, string>>,
  options: Case = {}
) =>
  await editManifests(
    {
      entries: lines.map(parseManifestEntry),
      images: options.images ?? [APP],
      pin: options.pin ?? 'tag',
      allowBackward: options.allowBackward ?? false
    },
    file => Promise.resolve(files[file])
  )
const edited = async (line: string, text: string, options: Case = {}): Promise<string> => {
  const {files} = await editAll([line], {'f.yaml': text}, options)
  return files.get('f.yaml') ?? text
}

describe('a kustomization', () => {
  const file = (...fields: string[]) =>
    ['# production', 'resources: [../base]', 'images:', ...fields, 'namePrefix: prod-  # keep', ''].join('\n')

  it.each<[string, string[], string[], Case]>([
    [
      'gets its tag',
      ['  - name: your-registry/app', '    newName: ghcr.io/org/app # ours', '    newTag: v1.2.0 # moves'],
      ['  - name: your-registry/app', '    newName: ghcr.io/org/app # ours', '    newTag: 1.3.0 # moves'],
      {}
    ],
    [
      'gets name and tag where it has none',
      ['- name: your-registry/app # placeholder'],
      ['- name: your-registry/app # placeholder', '  newTag: 1.3.0', '  newName: ghcr.io/org/app'],
      {}
    ],
    [
      'keeps its quotes',
      ["- name: app\n  newName: ghcr.io/org/app\n  newTag: '1.2.0'"],
      ["- name: app\n  newName: ghcr.io/org/app\n  newTag: '1.3.0'"],
      {}
    ],
    [
      'gets quotes where YAML would read a number',
      ['- name: ghcr.io/org/app\n  newTag: 1.2'],
      ['- name: ghcr.io/org/app\n  newTag: "1.30"'],
      {images: [deployed('ghcr.io/org/app', '1.30')]}
    ],
    [
      'gets quotes where a commit looks like a number',
      ['- name: ghcr.io/org/app\n  newTag: abc'],
      ['- name: ghcr.io/org/app\n  newTag: "1234e56"'],
      {images: [deployed('ghcr.io/org/app', '1234e56')]}
    ],
    [
      'has a digest that would count more brought up to date',
      [`- name: ghcr.io/org/app\n  digest: ${OLD}\n  newTag: 1.2.0`],
      [`- name: ghcr.io/org/app\n  digest: ${DIGEST}\n  newTag: 1.3.0`],
      {}
    ],
    [
      'is pinned by digest',
      ['- name: ghcr.io/org/app\n  newTag: 1.2.0'],
      [`- name: ghcr.io/org/app\n  digest: ${DIGEST}\n  newTag: 1.3.0`],
      {pin: 'both'}
    ],
    [
      'in one line',
      ['- {name: app, newName: ghcr.io/org/app, newTag: 1.2.0}'],
      [`- {name: app, newName: ghcr.io/org/app, digest: ${DIGEST}, newTag: 1.3.0}`],
      {pin: 'both'}
    ],
    [
      'stays on the registry that it is on',
      ['- name: app\n  newName: docker.io/org/app\n  newTag: 1.2.0'],
      ['- name: app\n  newName: docker.io/org/app\n  newTag: 1.3.0'],
      {images: [APP, deployed('docker.io/org/app')]}
    ],
    [
      'has other images left alone',
      [
        '- name: nginx\n  newTag: 1.0.0',
        '- name: ghcr.io/org/app\n  newTag: 1.2.0',
        '- name: ghcr.io/org/app2\n  newTag: 1.2.0'
      ],
      [
        '- name: nginx\n  newTag: 1.0.0',
        '- name: ghcr.io/org/app\n  newTag: 1.3.0',
        '- name: ghcr.io/org/app2\n  newTag: 1.2.0'
      ],
      {}
    ],
    [
      'stays where it runs a newer version',
      ['- name: ghcr.io/org/app\n  newTag: v1.10.0'],
      ['- name: ghcr.io/org/app\n  newTag: v1.10.0'],
      {}
    ],
    [
      'goes back where that is wanted',
      ['- name: ghcr.io/org/app\n  newTag: v1.10.0'],
      ['- name: ghcr.io/org/app\n  newTag: 1.3.0'],
      {allowBackward: true}
    ],
    [
      'has the anchor of its tag changed',
      ['- name: ghcr.io/org/app\n  newTag: &tag 1.2.0'],
      ['- name: ghcr.io/org/app\n  newTag: &tag 1.3.0'],
      {}
    ]
  ])('%s', async (_, before, after, options) => {
    expect(await edited('kustomize:f.yaml', file(...before), options)).toBe(file(...after))
    expect(await edited('kustomize:f.yaml', file(...after), options)).toBe(file(...after))
  })

  it.each([
    [
      'behind the last',
      'images:\n  - name: a\n    newTag: b\nx: 1\n',
      'images:\n  - name: a\n    newTag: b\n  - name: web\n    newName: ghcr.io/org/app\n    newTag: 1.3.0\nx: 1\n'
    ],
    [
      'at the end',
      'resources: []',
      'resources: []\nimages:\n  - name: web\n    newName: ghcr.io/org/app\n    newTag: 1.3.0\n'
    ],
    [
      'with the line breaks of the file',
      'a: 1\r\nb: 2\r\n',
      'a: 1\r\nb: 2\r\nimages:\r\n  - name: web\r\n    newName: ghcr.io/org/app\r\n    newTag: 1.3.0\r\n'
    ]
  ])('gets an entry for an image that is named by hand, %s', async (_, before, after) => {
    expect(await edited('kustomize:f.yaml,name=web', before)).toBe(after)
    expect(await edited('kustomize:f.yaml,name=web', after)).toBe(after)
  })
})

describe('the values of a chart', () => {
  it.each<[string, string, string, string, Case]>([
    ['a tag', 'image.tag', 'image:\n  tag: "1.2.0" # here\n', 'image:\n  tag: "1.3.0" # here\n', {}],
    ['a tag that is empty', 'image.tag', 'image:\n  tag:\n', 'image:\n  tag: 1.3.0\n', {}],
    ['a tag that is an empty text', 'image.tag', 'image:\n  tag: ""\n', 'image:\n  tag: "1.3.0"\n', {}],
    ['a tag before a comment', 'tag', 'tag: # the tag\n', 'tag: 1.3.0 # the tag\n', {}],
    ['a tag with a digest behind it', 'tag', `tag: 1.2.0@${OLD}\n`, `tag: 1.3.0@${DIGEST}\n`, {}],
    ['a tag that is to be pinned', 'tag', 'tag: 1.2.0\n', `tag: 1.3.0@${DIGEST}\n`, {pin: 'both'}],
    ['a digest', 'a.imageDigest', `a: {imageDigest: ${OLD}}\n`, `a: {imageDigest: ${DIGEST}}\n`, {}],
    [
      'a whole reference',
      'web.image',
      'web:\n  image: ghcr.io/org/app:1.2.0\n',
      'web:\n  image: ghcr.io/org/app:1.3.0\n',
      {}
    ],
    [
      'one of a list',
      'pods[1].tag',
      'pods:\n- tag: 1.0.0\n- tag: 1.2.0\n',
      'pods:\n- tag: 1.0.0\n- tag: 1.3.0\n',
      {}
    ],
    ['a key with a dot', String.raw`a\.b.tag`, 'a.b:\n  tag: x\n', 'a.b:\n  tag: 1.3.0\n', {}],
    [
      'repository and tag',
      'image',
      'image:\n  repository: old.example/app\n  pullPolicy: Always\n  tag: ""\n',
      'image:\n  repository: ghcr.io/org/app\n  pullPolicy: Always\n  tag: "1.3.0"\n',
      {}
    ],
    [
      'registry, repository, tag and digest',
      'image',
      `image:\n  registry: old.example\n  repository: team/app\n  tag: x\n  digest: ""\n`,
      `image:\n  registry: ghcr.io\n  repository: org/app\n  tag: 1.3.0\n  digest: "${DIGEST}"\n`,
      {}
    ],
    [
      'a tag that is not there yet, and a digest',
      'image',
      'image:\n  repository: ghcr.io/org/app\n',
      `image:\n  repository: ghcr.io/org/app\n  tag: 1.3.0\n  digest: ${DIGEST}\n`,
      {pin: 'both'}
    ],
    ['a newer version, which stays', 'image.tag', 'image: {tag: 2.0.0}\n', 'image: {tag: 2.0.0}\n', {}]
  ])('change at %s', async (...row) => {
    const [, key, before, after, options] = row
    const line = `helm:f.yaml#${key}`
    expect(parseAllDocuments(await edited(line, before, options)).map(one => one.toJS() as unknown)).toEqual(
      parseAllDocuments(after).map(one => one.toJS() as unknown)
    )
    if (options.pin !== 'both' || key !== 'image') expect(await edited(line, before, options)).toBe(after)
    if (!before.includes('1.2.0\n') || options.pin !== 'both')
      expect(await edited(line, after, options)).toBe(after)
  })
})

describe('the image fields of manifests', () => {
  const manifest = (image: string, more = '') =>
    [
      '# the deployment',
      'apiVersion: apps/v1',
      'kind: Deployment',
      'metadata:',
      '  annotations:',
      '    argocd-image-updater.argoproj.io/image-list: app=ghcr.io/org/app',
      '    image: ghcr.io/org/app:0.0.1',
      'spec:',
      '  template:',
      '    metadata: {annotations: {image: "ghcr.io/org/app:0.0.1"}}',
      '    spec:',
      '      initContainers:',
      `        - {name: migrate, image: ${image}}`,
      '      containers:',
      `        - name: app`,
      `          image: ${image}   # ours`,
      '        - name: proxy',
      '          image: nginx:1.27',
      '---',
      'kind: Service',
      '---',
      'kind: CronJob',
      `spec: {jobTemplate: {spec: {template: {spec: {containers: [{image: "${image}"}]}}}}}`,
      more
    ].join('\n')

  it.each<[string, string, string, Case]>([
    ['the tag', 'ghcr.io/org/app:1.2.0', 'ghcr.io/org/app:1.3.0', {}],
    ['no tag', 'ghcr.io/org/app', 'ghcr.io/org/app:1.3.0', {}],
    ['tag and digest', `ghcr.io/org/app:1.2.0@${OLD}`, `ghcr.io/org/app:1.3.0@${DIGEST}`, {pin: 'both'}],
    ['the digest', 'ghcr.io/org/app:1.2.0', `ghcr.io/org/app@${DIGEST}`, {pin: 'digest'}],
    ['a short name', 'org/app:1.2.0', 'org/app:1.3.0', {images: [deployed('docker.io/org/app')]}],
    [
      'a port',
      'localhost:5000/app:1.2.0',
      'localhost:5000/app:1.3.0',
      {images: [deployed('localhost:5000/app')]}
    ],
    ['a newer version, which stays', 'ghcr.io/org/app:2.0.0', 'ghcr.io/org/app:2.0.0', {}]
  ])(
    'change where they name %s, in every document, and nothing else does',
    async (_, before, after, options) => {
      expect(await edited('image:f.yaml', manifest(before), options)).toBe(manifest(after))
      expect(await edited('image:f.yaml', manifest(after), options)).toBe(manifest(after))
    }
  )

  it('move over from another repository that is named', async () => {
    expect(await edited('image:f.yaml,name=old.example/app', manifest('old.example/app:1.0.0'))).toBe(
      manifest('ghcr.io/org/app:1.3.0')
    )
  })

  it('of several services change each to its own', async () => {
    const images = ['api', 'web'].map(name => deployed(`ghcr.io/org/${name}`, '2.0.0', name))
    const text = 'a:\n- image: ghcr.io/org/web:1.0.0\n- image: ghcr.io/org/api:1.0.0\n'
    expect(await edited('image:f.yaml', text, {images})).toBe(text.replaceAll('1.0.0', '2.0.0'))
    expect(await edited('image:f.yaml,target=api', text, {images})).toBe(
      'a:\n- image: ghcr.io/org/web:1.0.0\n- image: ghcr.io/org/api:2.0.0\n'
    )
  })
})

describe('several entries', () => {
  it('of one file are made one after the other, and the places say what became of each', async () => {
    const text = 'a: {tag: 1.0.0}\nb: {tag: 9.0.0}\nc: {tag: 1.3.0}\n'
    const result: ManifestEdit = await editAll(
      ['helm:f.yaml#a.tag', 'helm:f.yaml#b.tag', 'helm:f.yaml#c.tag'],
      {'f.yaml': text}
    )
    expect(result.files.get('f.yaml')).toBe('a: {tag: 1.3.0}\nb: {tag: 9.0.0}\nc: {tag: 1.3.0}\n')
    expect(
      result.places.map(({place, from, to, isChanged, isKept}) => [place, from, to, isChanged, isKept])
    ).toEqual([
      ['a.tag', '1.0.0', '1.3.0', true, false],
      ['b.tag', '9.0.0', '1.3.0', false, true],
      ['c.tag', '1.3.0', '1.3.0', false, false]
    ])
  })
})

describe('a file that cannot be edited as it is wanted', () => {
  it.each<[string, string, string, RegExp, Case]>([
    ['is not there', 'helm:other.yaml#tag', '', /other\.yaml: there is no such file/, {}],
    ['is no YAML', 'image:f.yaml', 'a: {{ .Values.image }}:x\n  - b: [', /cannot be read as YAML.*line/, {}],
    ['names none of the images', 'image:f.yaml', 'image: nginx:1', /names none of the images/, {}],
    ['has no such key', 'helm:f.yaml#image.tga', 'image: {tag: x}', /has no key image\.tga/, {}],
    ['has an alias there', 'helm:f.yaml#tag', 'v: &v x\ntag: *v', /is an alias/, {}],
    ['has a block there', 'helm:f.yaml#tag', 'tag: |\n  x\n', /block of text/, {}],
    ['has a list there', 'helm:f.yaml#tag', 'tag: [x]\n', /no single value/, {}],
    ['has a key that says nothing', 'helm:f.yaml#a.b', 'a: {b: x}\n', /does not say what it is/, {}],
    ['is a list', 'helm:f.yaml#tag', '- tag: x\n', /not one map/, {}],
    ['has a key twice', 'helm:f.yaml#tag', 'tag: x\ntag: y\n', /cannot be read as YAML/, {}],
    [
      'may mean any of several targets',
      'helm:f.yaml#tag',
      'tag: x\n',
      /may be of any of the targets; say which/,
      {images: [APP, deployed('ghcr.io/org/web', '1.0.0', 'web')]}
    ]
  ])('%s', async (...row) => {
    const [, line, text, message, options] = row
    const failure = await failureOf(() => editAll([line], {'f.yaml': text}, options))
    expect([failure.code, failure.message]).toEqual(['DEPLOYMENT_INVALID', expect.stringMatching(message)])
  })
})

describe('parseManifestEntry', () => {
  it.each([
    ['kustomize:k/kustomization.yaml', {kind: 'kustomize', file: 'k/kustomization.yaml', key: []}],
    [
      'helm:./values.yaml#a.b[0].tag,target=api',
      {kind: 'helm', file: 'values.yaml', key: ['a', 'b', 0, 'tag'], target: 'api'}
    ],
    [
      'image:d.yaml,name=old/app,registry=ghcr.io',
      {kind: 'image', file: 'd.yaml', key: [], name: 'old/app', registry: 'ghcr.io'}
    ]
  ])('reads %s', (line, entry) => expect(parseManifestEntry(line)).toEqual(entry))

  it.each([
    ['kustomise:f.yaml', /did you mean kustomize:\?/],
    ['f.yaml', /starts with one of/],
    ['helm:f.yaml', /need a key/],
    ['helm:f.yaml#a..b', /is not a key/],
    ['image:f.yaml#a', /takes no key/],
    ['image:/etc/passwd', /not a path from the root/],
    ['image:../f.yaml', /not a path from the root/],
    ['image:.git/config', /not a path from the root/],
    ['image:', /not a path from the root/],
    ['image:f.yaml,nmae=x', /did you mean name=\?/]
  ])('refuses %s', async (line, message) => {
    expect((await failureOf(() => parseManifestEntry(line))).message).toMatch(message)
  })
})

describe('deployedImages', () => {
  const tags = [
    {reference: 'ghcr.io/org/app:main-latest', state: 'moved' as const},
    {reference: 'ghcr.io/org/app:1.3.0', state: 'new' as const},
    {reference: 'ghcr.io/org/app:latest', state: 'kept' as const},
    {reference: 'ghcr.io/org/app:staging-1a2b3c4', state: 'moved' as const}
  ]
  const release = {
    schema: 1 as const,
    targets: [
      {
        target: 'app',
        digest: parseDigest(DIGEST),
        platforms: [],
        images: ['ghcr.io/org/app', 'docker.io/org/app'],
        tags
      }
    ]
  }
  it.each([
    [undefined, ['1.3.0', undefined]],
    ['staging-*', ['staging-1a2b3c4', undefined]],
    ['latest', [undefined, undefined]],
    ['main-*', ['main-latest', undefined]]
  ])('takes for the tag %s, per repository', (wish, found) => {
    expect(deployedImages(release, tagChoice(wish)).map(({tag}) => tag)).toEqual(found)
  })
})

describe('any edit of a value', () => {
  it('changes its characters alone, and gives YAML that says the same but for it', async () => {
    const word = fc.stringMatching(/^[a-z]{1,6}$/)
    const note = fc.stringMatching(/^[ -~]{0,10}$/)
    const quoted = fc.constantFrom('1.2.0', '"1.2.0"', "'1.2.0'", '&x 1.2.0', '!!str 1.2.0', '1.2', '~', '')
    const eol = fc.constantFrom('\n', '\r\n')
    const lines = fc.array(fc.tuple(word, note), {maxLength: 4})
    await fc.assert(
      fc.asyncProperty(lines, lines, quoted, eol, async (before, after, value, ending) => {
        const others = (pairs: readonly [string, string][], start: string) =>
          pairs.map(([key, text], row) => `${start}${key}${row}:   ${JSON.stringify(text)}  # ${text}`)
        const head = [...others(before, 'a'), 'image:', '    # of the app', '    tag: '].join(ending)
        const tail = [`  # note`, ...others(after, 'z'), ''].join(ending)
        const text = `${head}${value}${tail}`
        const result = await edited('helm:f.yaml#image.tag', text)
        expect(result.startsWith(head)).toBe(true)
        expect(result.endsWith(tail)).toBe(true)
        const [old, now] = [text, result].map(
          one => parseAllDocuments(one)[0]!.toJS() as Record<string, unknown>
        )
        expect(now).toEqual({...old, image: {tag: '1.3.0'}})
      })
    )
  })
})

describe('a tag that YAML 1.1 takes for no text', () => {
  it.each(['yes', 'no', 'on', 'y', '1_0', '012', '0x1f', '1e3', '1.10', 'null', 'true'])(
    'stays %s for each reader',
    async tag => {
      const image = {...APP, tag: parseTag(tag)}
      const text = 'images:\n  - name: ghcr.io/org/app\n    newTag: main\n'
      const result = await edited('kustomize:f.yaml', text, {images: [image], allowBackward: true})
      for (const version of ['1.1', '1.2'] as const)
        expect(parse(result, {version})).toEqual({images: [{name: 'ghcr.io/org/app', newTag: image.tag}]})
    }
  )
})

it('writes the digest of a map of an image that names nothing else', async () => {
  const text = `image:\n  repository: ghcr.io/org/app\n  digest: "${OLD}"\n`
  expect(await edited('helm:f.yaml#image', text, {pin: 'digest'})).toBe(text.replace(OLD, DIGEST))
})
