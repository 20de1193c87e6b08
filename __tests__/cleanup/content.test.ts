import {describe, expect, it} from '@jest/globals'
import {BUILDKIT_CREATED_AT, PLACEHOLDER, REMAINDER} from '../../src/oci/annotations.js'
import {digestOf, hexOf} from '../../src/oci/digest.js'
import {manifestOf} from '../../src/oci/manifest.js'
import {DOCKER_LIST, OCI_CONFIG, OCI_INDEX, OCI_LAYER_GZIP, OCI_MANIFEST} from '../../src/oci/media-type.js'
import {parseTag} from '../../src/oci/reference.js'
import {type ReadContent, listedContent, readContent} from '../../src/cleanup/policy/content.js'
import {digest} from './worlds.js'

const CACHE_CONFIG = 'application/vnd.buildkit.cacheconfig.v0'
const [OLDER, NEWER] = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z']

const entry = (name: string, mediaType: string, createdAt?: string) => ({
  mediaType,
  digest: digest(name),
  size: 1000,
  ...(createdAt === undefined ? {} : {annotations: {[BUILDKIT_CREATED_AT]: createdAt}})
})
const layers = [
  entry('layer', OCI_LAYER_GZIP, NEWER),
  entry('base', OCI_LAYER_GZIP, OLDER),
  entry('odd', OCI_LAYER_GZIP, 'no date')
]

/** What is read of a document, and how long its bytes are. */
function read(document: object, mediaType = OCI_MANIFEST): ReadContent & {readonly length: number} {
  const bytes = Buffer.from(JSON.stringify({schemaVersion: 2, mediaType, ...document}))
  return {...readContent(manifestOf(bytes, mediaType)), length: bytes.length}
}

describe('what is read of a manifest', () => {
  it('of an image is its size and its subject, and no age by its layers', () => {
    const {length, ...image} = read({
      config: entry('config', OCI_CONFIG),
      layers,
      subject: entry('subject', OCI_MANIFEST)
    })
    expect(image).toEqual({
      content: {kind: 'leaf', isRead: true, subject: digest('subject')},
      children: [],
      size: length + 4000
    })
  })

  it.each([
    ['an image', {config: entry('config', CACHE_CONFIG), layers}, OCI_MANIFEST, {kind: 'leaf', isRead: true}],
    [
      'an index',
      {manifests: [...layers, entry('config', CACHE_CONFIG)]},
      OCI_INDEX,
      {kind: 'index', children: []}
    ]
  ])(
    'of a cache of BuildKit as %s is its size and the age of its newest layer',
    (_, document, type, content) => {
      const {length, ...cache} = read(document, type)
      expect(cache).toEqual({content, children: [], size: length + 4000, cached: Date.parse(NEWER)})
    }
  )

  it('of an index are its children, and of its blobs the size alone', () => {
    const manifests = [
      entry('image', OCI_MANIFEST),
      entry('list', DOCKER_LIST),
      entry('unknown', 'application/vnd.example.thing.v1+json'),
      ...layers
    ]
    const {length, ...index} = read({manifests, subject: entry('subject', OCI_MANIFEST)}, OCI_INDEX)
    const names = ['image', 'list', 'unknown'].map(digest)
    expect(index).toEqual({
      content: {kind: 'index', children: names, subject: digest('subject')},
      children: names.map((child, at) => ({digest: child, isLeaf: at === 0})),
      size: length + 3000
    })
  })

  it.each([
    ['an empty index at a tag', {[PLACEHOLDER]: 'x'}, [], true],
    ['a note', {[REMAINDER]: `${digest('one')} ${digest('two')}`}, ['one', 'two'], true],
    ['an empty index of somebody else', {}, [], undefined]
  ])('of %s is what it is', (_, annotations, children, isPlaceholder) => {
    const {content} = read({manifests: [], annotations}, OCI_INDEX)
    expect(content).toEqual({
      kind: 'index',
      children: children.map(digest),
      ...(isPlaceholder === undefined ? {} : {isPlaceholder})
    })
  })

  it('of an index with such a note that names images besides, it is no placeholder', () => {
    const {content} = read(
      {manifests: [entry('image', OCI_MANIFEST)], annotations: {[PLACEHOLDER]: 'x'}},
      OCI_INDEX
    )
    expect(content).toEqual({kind: 'index', children: [digest('image')]})
  })

  it('of what is no manifest is every digest in it, but its own, once', () => {
    const text = `{"a": "${digest('one')}", "b": ["${digest('two')}", "${digest('one')}"]}`
    const bytes = Buffer.from(text)
    const own = digestOf(bytes)
    const {content, children, size} = readContent({digest: own, mediaType: OCI_MANIFEST, bytes})
    expect(content).toEqual({
      kind: 'unreadable',
      reason: expect.any(String),
      mentions: [digest('one'), digest('two')]
    })
    expect([children, size]).toEqual([[], undefined])
  })
})

describe('what a listing says is enough', () => {
  const at = (mediaType?: string, ...tags: readonly string[]) =>
    listedContent({
      digest: digest('one'),
      tags: tags.map(parseTag),
      ...(mediaType === undefined ? {} : {mediaType})
    })
  const sig = (end: string): string => `sha256-${hexOf(digest('one'))}${end}`
  const [open, unread, known] = [
    {kind: 'leaf', isRead: false},
    {kind: 'unread'},
    {kind: 'leaf', isRead: true}
  ]

  it.each([
    ['an image', at(OCI_MANIFEST), open],
    ['an image with a tag', at(OCI_MANIFEST, '1.0.0'), open],
    ['an index', at(OCI_INDEX), unread],
    ['schema 1', at('application/vnd.docker.distribution.manifest.v1+prettyjws'), known],
    ['another type', at('application/vnd.example+json'), unread],
    ['nothing', at(), unread],
    ['a tag', at(undefined, '1.0.0'), unread],
    ['a signature by its tag', at(undefined, sig('.sig')), open],
    ['an attestation by its tag', at(undefined, sig('.att')), open],
    ['a signature that has another tag', at(undefined, sig('.sig'), '1.0.0'), unread],
    ['an index at the tag of a signature', at(OCI_INDEX, sig('.sig')), unread],
    ['the fallback tag of referrers, which is an index', at(undefined, sig('')), unread],
    ['another suffix', at(undefined, sig('.other')), unread]
  ])('%s', (_, content, expected) => {
    expect(content).toEqual(expected)
  })
})
