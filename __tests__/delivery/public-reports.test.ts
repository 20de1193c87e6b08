import {describe, expect, it} from '@jest/globals'
import {type DeployedImage, type Pin, deployedImages} from '../../src/delivery/manifests/deployed-image.js'
import {editManifests} from '../../src/delivery/manifests/manifest-edit.js'
import {parseManifestEntry} from '../../src/delivery/manifests/manifest-entry.js'
import {parseDigest} from '../../src/oci/digest.js'
import type {ReleaseDocument} from '../../src/contracts/release-document.js'
import {failureOf} from '../support/thrown.js'

const OLD = `sha256:${'a'.repeat(64)}`
const NEW = `sha256:${'b'.repeat(64)}`
const DEBUG = `sha256:${'e'.repeat(64)}`
const hex = (digest: string): string => digest.slice('sha256:'.length)

type State = 'new' | 'moved' | 'same' | 'kept'

interface Released {
  readonly target?: string
  readonly digest?: string
  readonly image?: string
  readonly tags: readonly string[]
  readonly state?: State
  readonly before?: string
}

const releaseOf = (targets: readonly Released[]): DeployedImage[] => {
  const release: ReleaseDocument = {
    schema: 1,
    targets: targets.map(
      ({target = 'app', digest = NEW, image = 'ghcr.io/org/app', tags, state = 'new', before}) => ({
        target,
        digest: parseDigest(digest),
        platforms: ['linux/amd64'],
        images: [image],
        tags: tags.map(tag => ({
          reference: `${image}:${tag}`,
          state,
          ...(before === undefined ? {} : {before: parseDigest(before)})
        }))
      })
    )
  }
  return deployedImages(release)
}

const APP = releaseOf([{tags: ['1.10.0', '1.10', 'latest']}])
const VARIANTS = releaseOf([
  {tags: ['1.10.0', '1.10', 'latest']},
  {target: 'debug', digest: DEBUG, tags: ['1.10.0-debug', '1.10-debug', 'debug']}
])
const COMMITS = releaseOf([
  {tags: ['staging-1a2b3c4'], before: OLD},
  {target: 'debug', digest: DEBUG, tags: ['staging-1a2b3c4-debug']}
])
const PYTHONS = releaseOf([
  {target: 'py312', digest: NEW, tags: ['1.10.0-py3.12']},
  {target: 'py313', digest: DEBUG, tags: ['1.10.0-py3.13']}
])
const PREFIXED = releaseOf([
  {target: 'api', digest: NEW, tags: ['api-1.10.0']},
  {target: 'web', digest: DEBUG, tags: ['web-1.10.0']}
])

interface Options {
  readonly pin?: Pin
  readonly images?: readonly DeployedImage[]
  readonly allowBackward?: boolean
  readonly versions?: Readonly<Record<string, string>>
}

const edit = async (line: string, text: string, {versions, ...options}: Options = {}) =>
  await editManifests(
    {
      entries: [parseManifestEntry(line)],
      images: options.images ?? APP,
      pin: options.pin ?? 'tag',
      allowBackward: options.allowBackward ?? false,
      versionOf: (_, digest) => Promise.resolve(versions?.[digest])
    },
    () => Promise.resolve(text)
  )
const edited = async (line: string, text: string, options: Options = {}): Promise<string> =>
  (await edit(line, text, options)).files.get('f.yaml') ?? text

/** What was reported, the entry, the file before and after. */
type Row = readonly [string, string, string, string, Options]

describe('variants that share a repository stay apart (argoproj-labs/argocd-image-updater#915, #1614)', () => {
  const list = (app: string, debug: string) =>
    `images:\n- name: app\n  newName: ghcr.io/org/app\n  newTag: ${app}\n- name: app-debug\n  newName: ghcr.io/org/app\n  newTag: ${debug}\n`
  const fields = (app: string, debug: string) =>
    `a: {image: ghcr.io/org/app:${app}}\nb: {image: ghcr.io/org/app:${debug}}\n`

  it.each<Row>([
    ['kustomize', 'kustomize:f.yaml', list('1.9.0', '1.9.0-debug'), list('1.10.0', '1.10.0-debug'), {}],
    ['image fields', 'image:f.yaml', fields('1.9.0', '1.9.0-debug'), fields('1.10.0', '1.10.0-debug'), {}],
    [
      'of which one is named',
      'kustomize:f.yaml,target=debug',
      list('1.9.0', '1.9.0-debug'),
      list('1.9.0', '1.10.0-debug'),
      {}
    ],
    [
      'of which the other is named',
      'image:f.yaml,target=app',
      fields('1.9.0', '1.9.0-debug'),
      fields('1.10.0', '1.9.0-debug'),
      {}
    ],
    [
      'of which one was released',
      'kustomize:f.yaml',
      list('1.9.0', '1.9.0-debug'),
      list('1.10.0', '1.9.0-debug'),
      {images: APP}
    ],
    [
      'in values',
      'helm:f.yaml#debug.image',
      'debug: {image: {repository: ghcr.io/org/app, tag: 1.9.0-debug}}\n',
      'debug: {image: {repository: ghcr.io/org/app, tag: 1.10.0-debug}}\n',
      {}
    ],
    [
      'by a moving tag',
      'image:f.yaml',
      'image: ghcr.io/org/app:debug\n',
      'image: ghcr.io/org/app:1.10.0-debug\n',
      {}
    ],
    [
      'by commit',
      'image:f.yaml',
      fields('staging-0f0f0f0', 'staging-0f0f0f0-debug'),
      fields('staging-1a2b3c4', 'staging-1a2b3c4-debug'),
      {images: COMMITS}
    ],
    [
      'by the digest that was replaced',
      'helm:f.yaml#image.digest',
      `image: {digest: "${OLD}"}\n`,
      `image: {digest: "${NEW}"}\n`,
      {images: COMMITS}
    ],
    [
      'by the version of a base',
      'image:f.yaml',
      fields('1.9.0-py3.13', '1.9.0-py3.12'),
      fields('1.10.0-py3.13', '1.10.0-py3.12'),
      {images: PYTHONS}
    ],
    [
      'by a prefix',
      'image:f.yaml',
      fields('web-1.9.0', 'api-v1.9.0'),
      fields('web-1.10.0', 'api-1.10.0'),
      {images: PREFIXED}
    ],
    [
      'of which the newer alpine is the same',
      'image:f.yaml',
      'image: ghcr.io/org/app:1.9.0-alpine3.19\n',
      'image: ghcr.io/org/app:1.10.0-alpine3.20\n',
      {images: releaseOf([{tags: ['1.10.0-alpine3.20']}])}
    ],
    [
      'as a second tag of one image',
      'image:f.yaml',
      'image: ghcr.io/org/app:1.9.0-bookworm\n',
      'image: ghcr.io/org/app:1.10.0-bookworm\n',
      {images: releaseOf([{tags: ['1.10.0', '1.10.0-bookworm']}])}
    ]
  ])('%s', async (...row) => {
    const [, line, before, after, options] = row
    expect(await edited(line, before, {images: VARIANTS, ...options})).toBe(after)
  })

  it.each<[string, string, string, RegExp, Options]>([
    [
      'a placeholder',
      'image:f.yaml',
      'image: ghcr.io/org/app:tbd\n',
      /may be of any of the targets; say which: ,target=NAME/,
      {}
    ],
    [
      'no tag',
      'kustomize:f.yaml',
      'images: [{name: ghcr.io/org/app}]\n',
      /images ghcr.io\/org\/app .*may be of any/,
      {}
    ],
    [
      'a variant that was not released',
      'helm:f.yaml#image',
      'image: {repository: ghcr.io/org/app, tag: 1.9.0-fips}\n',
      /another variant/,
      {images: APP}
    ],
    ['an unknown digest', 'image:f.yaml', `image: ghcr.io/org/app@${OLD}\n`, /may be of any/, {}]
  ])('and %s does not decide', async (...row) => {
    const [, line, text, message, options] = row
    const failure = await failureOf(() => edit(line, text, {images: VARIANTS, ...options}))
    expect([failure.code, failure.message]).toEqual(['DEPLOYMENT_INVALID', expect.stringMatching(message)])
  })

  it('says what stays', async () => {
    const {places} = await edit('kustomize:f.yaml', list('1.9.0', '1.9.0-debug'), {images: APP})
    expect(places.map(({place, state}) => [place, state])).toEqual([
      ['images app', 'changed'],
      ['images app-debug', 'variant']
    ])
  })
})

describe('an image moves whole', () => {
  it.each<Row>([
    [
      'a digest beside the tag (renovatebot/renovate#26719)',
      'helm:f.yaml#image.tag',
      `image:\n  repository: ghcr.io/org/app\n  tag: 1.9.0\n  digest: ${OLD}\n`,
      `image:\n  repository: ghcr.io/org/app\n  tag: 1.10.0\n  digest: ${NEW}\n`,
      {}
    ],
    [
      'digits that are called sha (grafana/helm-charts, dagster-io/dagster#33296)',
      'helm:f.yaml#image.tag',
      `image: {repository: ghcr.io/org/app, tag: 1.9.0, sha: ${hex(OLD)}}\n`,
      `image: {repository: ghcr.io/org/app, tag: 1.10.0, sha: ${hex(NEW)}}\n`,
      {}
    ],
    [
      'a digest that is called sha, in the map',
      'helm:f.yaml#image',
      `image: {repository: ghcr.io/org/app, tag: 1.9.0, sha: "${OLD}"}\n`,
      `image: {repository: ghcr.io/org/app, tag: 1.10.0, sha: "${NEW}"}\n`,
      {}
    ],
    [
      'keys of one stem',
      'helm:f.yaml#imageTag',
      `image: ghcr.io/org/app\nimageTag: 1.9.0\nimageDigest: ${OLD}\ntag: other\n`,
      `image: ghcr.io/org/app\nimageTag: 1.10.0\nimageDigest: ${NEW}\ntag: other\n`,
      {}
    ],
    [
      'the tag beside a digest that is named',
      'helm:f.yaml#image.digest',
      `image: {tag: 1.9.0, digest: "${OLD}"}\n`,
      `image: {tag: 1.10.0, digest: "${NEW}"}\n`,
      {}
    ],
    [
      'an empty digest that nobody asked for',
      'helm:f.yaml#image.tag',
      `image: {tag: 1.9.0, digest: "", sha: ""}\n`,
      `image: {tag: 1.10.0, digest: "", sha: ""}\n`,
      {}
    ],
    [
      'a map with a name (bitnami/charts, kube-prometheus)',
      'helm:f.yaml#image',
      'image: {name: old.example/app, tag: 1.9.0}\n',
      'image: {name: ghcr.io/org/app, tag: 1.10.0}\n',
      {}
    ],
    [
      'a name beside its repository (NVIDIA/gpu-operator)',
      'helm:f.yaml#driver',
      'driver: {repository: ghcr.io/org, image: app, version: 1.9.0}\n',
      'driver: {repository: ghcr.io/org, image: app, version: 1.10.0}\n',
      {}
    ],
    [
      'a name that is none of the image',
      'helm:f.yaml#web',
      'web: {name: web, repository: ghcr.io/org/app, tag: 1.9.0}\n',
      'web: {name: web, repository: ghcr.io/org/app, tag: 1.10.0}\n',
      {}
    ],
    [
      'a suffix of the tag',
      'helm:f.yaml#image.tag',
      'image: {repository: ghcr.io/org/app, tag: 1.9.0, tagSuffix: -debug}\n',
      'image: {repository: ghcr.io/org/app, tag: 1.10.0, tagSuffix: -debug}\n',
      {images: VARIANTS}
    ],
    [
      'a repository under a registry for all',
      'helm:f.yaml#image',
      'global: {imageRegistry: ghcr.io}\nimage: {repository: org/app, tag: 1.9.0}\n',
      'global: {imageRegistry: ghcr.io}\nimage: {repository: org/app, tag: 1.10.0}\n',
      {}
    ],
    [
      'a mirror that is named',
      'helm:f.yaml#image.tag,name=mirror.corp/org/app',
      'image: {repository: mirror.corp/org/app, tag: 1.9.0}\n',
      'image: {repository: mirror.corp/org/app, tag: 1.10.0}\n',
      {}
    ],
    [
      'a reference that is pinned (kubernetes-sigs/kustomize#5197)',
      'image:f.yaml',
      `image: ghcr.io/org/app:1.9.0@${OLD}\n`,
      `image: ghcr.io/org/app:1.10.0@${NEW}\n`,
      {}
    ],
    [
      'a tag that is pinned',
      'kustomize:f.yaml',
      `images:\n- name: ghcr.io/org/app\n  newTag: 1.9.0@${OLD}\n`,
      `images:\n- name: ghcr.io/org/app\n  newTag: 1.10.0@${NEW}\n`,
      {}
    ],
    [
      'a newName that holds the tag',
      'kustomize:f.yaml',
      'images:\n- name: app\n  newName: ghcr.io/org/app:1.9.0\n',
      'images:\n- name: app\n  newName: ghcr.io/org/app\n  newTag: 1.10.0\n',
      {}
    ],
    [
      'a newName that holds the digest',
      'kustomize:f.yaml',
      `images:\n- name: app\n  newName: ghcr.io/org/app@${OLD}\n`,
      `images:\n- name: app\n  newName: ghcr.io/org/app\n  digest: ${NEW}\n  newTag: 1.10.0\n`,
      {}
    ],
    [
      'an image without a tag over one that has one',
      'kustomize:f.yaml',
      `images:\n- name: ghcr.io/org/app\n  newTag: 1.9.0\n  digest: ${OLD}\n`,
      `images:\n- name: ghcr.io/org/app\n  newTag: ""\n  digest: ${NEW}\n`,
      {images: releaseOf([{tags: []}]), pin: 'digest'}
    ],
    [
      'overrides of Argo CD',
      'argocd:f.yaml',
      `kind: Application\nspec: {source: {kustomize: {images: ["app=ghcr.io/org/app:1.9.0", "ghcr.io/org/app:1.9.0@${OLD}", nginx:1]}}}\n`,
      `kind: Application\nspec: {source: {kustomize: {images: ["app=ghcr.io/org/app:1.10.0", "ghcr.io/org/app:1.10.0@${NEW}", nginx:1]}}}\n`,
      {}
    ],
    [
      'an override that is named',
      'argocd:f.yaml,name=app',
      'spec:\n  sources:\n  - kustomize:\n      images:\n      - app=old.example/app:1\n',
      'spec:\n  sources:\n  - kustomize:\n      images:\n      - app=ghcr.io/org/app:1.10.0\n',
      {}
    ],
    [
      'parameters of Argo CD',
      'argocd:f.yaml#image.tag',
      `spec:\n  source:\n    helm:\n      parameters:\n      - name: image.tag\n        value: 1.9.0\n      - name: image.digest\n        value: ${OLD}\n      - name: other.tag\n        value: x\n`,
      `spec:\n  source:\n    helm:\n      parameters:\n      - name: image.tag\n        value: 1.10.0\n      - name: image.digest\n        value: ${NEW}\n      - name: other.tag\n        value: x\n`,
      {}
    ],
    [
      'values in an Application',
      'argocd:f.yaml#web.image',
      'spec: {template: {spec: {source: {helm: {valuesObject: {web: {image: {repository: ghcr.io/org/app, tag: 1.9.0}}}}}}}}\n',
      'spec: {template: {spec: {source: {helm: {valuesObject: {web: {image: {repository: ghcr.io/org/app, tag: 1.10.0}}}}}}}}\n',
      {}
    ]
  ])('%s', async (...row) => {
    const [, line, before, after, options] = row
    expect(await edited(line, before, options)).toBe(after)
    expect(await edited(line, after, options)).toBe(after)
  })

  it.each<[string, string, string, RegExp, Options]>([
    [
      'a tag beside the repository of another image',
      'helm:f.yaml#image.tag',
      'image: {repository: quay.io/vendor/app, tag: 1.9.0}\n',
      /image\.tag stands beside the repository quay\.io\/vendor\/app/,
      {}
    ],
    [
      'a digest where only a tag fits',
      'helm:f.yaml#image.tag',
      'image: {tag: 1.9.0}\n',
      /has no tag/,
      {images: releaseOf([{tags: []}]), pin: 'digest'}
    ]
  ])('or not at all: %s', async (...row) => {
    const [, line, text, message, options] = row
    const failure = await failureOf(() => edit(line, text, options))
    expect([failure.code, failure.message]).toEqual(['DEPLOYMENT_INVALID', expect.stringMatching(message)])
  })
})

describe('nothing goes back (renovatebot/renovate#11153)', () => {
  const versions = {[OLD]: '2.0.0', [NEW]: '1.10.0'}
  it.each<[string, string, string, Options]>([
    [
      'a tag with a digest',
      'kustomize:f.yaml',
      `images: [{name: ghcr.io/org/app, newTag: "2.0.0@${OLD}"}]\n`,
      {}
    ],
    [
      'a digest beside a newer tag',
      'helm:f.yaml#image.digest',
      `image: {tag: 2.0.0, digest: "${OLD}"}\n`,
      {}
    ],
    ['digits beside a newer tag', 'helm:f.yaml#image.sha', `image: {tag: 2.0.0, sha: "${hex(OLD)}"}\n`, {}],
    ['a digest alone', 'image:f.yaml', `image: ghcr.io/org/app@${OLD}\n`, {versions}],
    ['a digest beside a moving tag', 'image:f.yaml', `image: ghcr.io/org/app:stable@${OLD}\n`, {versions}],
    [
      'a digest where no tag was released',
      'image:f.yaml',
      `image: ghcr.io/org/app@${OLD}\n`,
      {versions, images: releaseOf([{tags: []}]), pin: 'digest'}
    ],
    ['a prefix', 'image:f.yaml', 'image: ghcr.io/org/app:web-1.11.0\n', {images: PREFIXED}],
    ['a variant', 'image:f.yaml', 'image: ghcr.io/org/app:1.11.0-debug\n', {images: VARIANTS}],
    [
      'a name that holds the tag',
      'kustomize:f.yaml',
      'images: [{name: a, newName: "ghcr.io/org/app:2.0.0"}]\n',
      {}
    ],
    ['an override of Argo CD', 'argocd:f.yaml', 'kustomize: {images: ["ghcr.io/org/app:2.0.0"]}\n', {}]
  ])('%s', async (_, line, text, options) => {
    const {files, places} = await edit(line, text, options)
    expect([[...files], places.map(({state}) => state)]).toEqual([[], ['newer']])
    const back = await edit(line, text, {...options, allowBackward: true})
    expect(back.places.map(({state}) => state)).toEqual(['changed'])
  })

  it('knows a release of which every tag was kept', () => {
    const [image] = releaseOf([{tags: ['1.10', 'latest'], state: 'kept'}])
    expect(image).toMatchObject({isOvertaken: true})
    expect(image).not.toHaveProperty('tag')
  })
})

describe('images of others stay (kubeflow/kfctl#231, kubernetes-sigs/kustomize#402)', () => {
  it.each<Row>([
    [
      'of other registries and owners',
      'kustomize:f.yaml',
      'images:\n- name: ghcr.io/org/app\n  newTag: 1.9.0\n- name: quay.io/vendor/app\n  newTag: "7.0"\n- name: docker.io/library/app\n  newTag: bookworm\n- name: app\n  newTag: "3"\n',
      'images:\n- name: ghcr.io/org/app\n  newTag: 1.10.0\n- name: quay.io/vendor/app\n  newTag: "7.0"\n- name: docker.io/library/app\n  newTag: bookworm\n- name: app\n  newTag: "3"\n',
      {}
    ],
    [
      'that ours was replaced by',
      'kustomize:f.yaml',
      'images:\n- name: ghcr.io/org/app\n  newTag: 1.9.0\n- name: ghcr.io/org/app\n  newName: mirror.corp/org/app\n  newTag: 1.9.0\n',
      'images:\n- name: ghcr.io/org/app\n  newTag: 1.10.0\n- name: ghcr.io/org/app\n  newName: mirror.corp/org/app\n  newTag: 1.9.0\n',
      {}
    ]
  ])('%s', async (...row) => {
    const [, line, before, after, options] = row
    expect(await edited(line, before, options)).toBe(after)
  })

  it('and where there is nothing else it is said', async () => {
    const failure = await failureOf(() =>
      edit('kustomize:f.yaml', 'images: [{name: quay.io/vendor/app, newTag: bookworm}]\n')
    )
    expect(failure.message).toMatch(/names none of the images/)
  })
})

describe('what is written is YAML that says what was meant (mikefarah/yq#1029, kustomize#4018, #4270)', () => {
  const DIGEST_LINES = `  tag: 1.10.0\n  digest: ${NEW}\n`
  it.each<Row>([
    [
      'an empty tag that is pinned',
      'helm:f.yaml#image',
      'image:\n  repository: ghcr.io/org/app\n  tag:\n  pullPolicy: Always\n',
      `image:\n  repository: ghcr.io/org/app\n${DIGEST_LINES}  pullPolicy: Always\n`,
      {pin: 'both'}
    ],
    [
      'an empty tag that alone is pinned',
      'helm:f.yaml#image.tag',
      'image:\n  tag:\n',
      `image:\n  tag: 1.10.0@${NEW}\n`,
      {pin: 'digest'}
    ],
    [
      'an indented root',
      'kustomize:f.yaml,name=web',
      '  resources: [d.yaml]\n',
      '  resources: [d.yaml]\n  images:\n    - name: web\n      newName: ghcr.io/org/app\n      newTag: 1.10.0\n',
      {}
    ],
    [
      'a root in braces',
      'kustomize:f.yaml,name=web',
      '{resources: [d.yaml]}\n',
      '{resources: [d.yaml], images: [{name: web, newName: ghcr.io/org/app, newTag: 1.10.0}]}\n',
      {}
    ],
    [
      'the end of a document',
      'kustomize:f.yaml,name=web',
      'resources: [d.yaml]\n...\n',
      'resources: [d.yaml]\nimages:\n  - name: web\n    newName: ghcr.io/org/app\n    newTag: 1.10.0\n...\n',
      {}
    ],
    [
      'an empty list',
      'kustomize:f.yaml,name=web',
      'images: [] # none yet\nresources: []\n',
      'images: [{name: web, newName: ghcr.io/org/app, newTag: 1.10.0}] # none yet\nresources: []\n',
      {}
    ],
    [
      'a list that is missing',
      'kustomize:f.yaml,name=web',
      'images:\nresources: []\n',
      'images: [{name: web, newName: ghcr.io/org/app, newTag: 1.10.0}]\nresources: []\n',
      {}
    ],
    [
      'a list in brackets',
      'kustomize:f.yaml,name=web',
      'images: [{name: a, newTag: b}]\n',
      'images: [{name: a, newTag: b}, {name: web, newName: ghcr.io/org/app, newTag: 1.10.0}]\n',
      {}
    ],
    [
      'an alias of an image',
      'image:f.yaml',
      'a: [{image: &x ghcr.io/org/app:1.0}]\nb: {image: *x}\n',
      'a: [{image: &x ghcr.io/org/app:1.10.0}]\nb: {image: *x}\n',
      {}
    ],
    [
      'a text over two lines',
      'image:f.yaml',
      'image: "ghcr.io/org/app:\\\n  1.9"\n',
      'image: "ghcr.io/org/app:1.10.0"\n',
      {}
    ]
  ])('%s', async (...row) => {
    const [, line, before, after, options] = row
    expect(await edited(line, before, options)).toBe(after)
    expect(await edited(line, after, options)).toBe(after)
  })

  it('a release of two targets has an anchor of both changed once', async () => {
    const images = releaseOf([
      {target: 'api', image: 'ghcr.io/org/api', tags: ['2.0.0']},
      {target: 'web', image: 'ghcr.io/org/web', tags: ['2.0.0']}
    ])
    const text =
      'images:\n- name: ghcr.io/org/api\n  newTag: &t 1.0.0\n- name: ghcr.io/org/web\n  newTag: *t\n'
    expect(await edited('kustomize:f.yaml', text, {images})).toBe(text.replace('1.0.0', '2.0.0'))
  })

  it('says what else changes by an anchor', async () => {
    const text = 'version: &v 1.9.0\napi: {repository: ghcr.io/org/app, tag: *v}\nweb: {tag: *v}\n'
    const {files, places} = await edit('helm:f.yaml#version', text)
    expect(files.get('f.yaml')).toBe(text.replace('1.9.0', '1.10.0'))
    expect(places.map(({place, to}) => [place, to])).toEqual([
      ['version', '1.10.0'],
      ['api.tag (by an anchor)', '1.10.0'],
      ['web.tag (by an anchor)', '1.10.0']
    ])
  })

  it.each<[string, string, string, RegExp]>([
    [
      'an anchor that another image shares',
      'helm:f.yaml#a.tag',
      'a: {tag: &t 1.9.0}\nb: {repository: quay.io/vendor/x, tag: *t}\n',
      /b\.tag shares an anchor, and would change quay\.io\/vendor\/x/
    ],
    [
      'an anchor in an annotation',
      'image:f.yaml',
      'metadata: {annotations: {i: &i ghcr.io/org/app:1.9.0}}\nspec: {image: *i}\n',
      /is an alias|annotations/
    ],
    ['a block of text', 'image:f.yaml', 'image: |\n  ghcr.io/org/app:1.9.0\n', /block of text/],
    [
      'a template of values',
      'helm:f.yaml#image.tag',
      'image: {tag: "{{ .Values.tag }}"}\n',
      /holds a template/
    ],
    ['a template of references', 'image:f.yaml', 'image: ghcr.io/org/app:${TAG}\n', /a template/]
  ])('and refuses %s', async (_, line, text, message) => {
    const failure = await failureOf(() => edit(line, text))
    expect([failure.code, failure.message]).toEqual(['DEPLOYMENT_INVALID', expect.stringMatching(message)])
  })
})
