import {describe, expect, it} from '@jest/globals'
import {fc} from '../support/random.js'
import {type Digest, digestOf} from '../../src/oci/digest.js'
import {
  type Repository,
  type Tag,
  formatReference,
  formatRepository,
  isLoopback,
  isRepositoryName,
  isTag,
  parseReference,
  parseRegistry,
  parseRepository,
  parseTag
} from '../../src/oci/reference.js'
import {failureOf} from '../support/thrown.js'

const DIGEST = digestOf(new Uint8Array())

describe('a repository', () => {
  it.each([
    ['alpine', 'docker.io', 'library/alpine'],
    ['owner/image', 'docker.io', 'owner/image'],
    ['docker.io/alpine', 'docker.io', 'library/alpine'],
    ['docker.io/library/alpine', 'docker.io', 'library/alpine'],
    ['index.docker.io/owner/image', 'docker.io', 'owner/image'],
    ['registry-1.docker.io/owner/image', 'docker.io', 'owner/image'],
    ['ghcr.io/owner/image', 'ghcr.io', 'owner/image'],
    ['GHCR.io/owner/image', 'ghcr.io', 'owner/image'],
    ['ghcr.io/image', 'ghcr.io', 'image'],
    ['localhost/image', 'localhost', 'image'],
    ['LOCALHOST/image', 'localhost', 'image'],
    ['localhost:5000/a/b/c', 'localhost:5000', 'a/b/c'],
    ['127.0.0.1:5000/image', '127.0.0.1:5000', 'image'],
    ['[::1]:5000/image', '[::1]:5000', 'image'],
    ['registry:5000/image', 'registry:5000', 'image'],
    ['registry.example/a.b/c_d/e__f/g-h/i--j', 'registry.example', 'a.b/c_d/e__f/g-h/i--j']
  ])('%s', (text, registry, name) => {
    expect(parseRepository(text)).toEqual({registry, name})
  })

  it.each([
    ['', 'the name of the repository is missing'],
    ['ghcr.io/', 'the name of the repository is missing'],
    ['ghcr.io/Owner/image', 'lower case'],
    ['ghcr.io/owner/Image', 'lower case'],
    ['Owner/image', 'lower case'],
    ['ghcr.io/owner//image', 'not the name of a repository'],
    ['ghcr.io/owner/image/', 'not the name of a repository'],
    ['ghcr.io/-owner/image', 'not the name of a repository'],
    ['ghcr.io/owner/a..b', 'not the name of a repository'],
    ['ghcr.io/owner/a___b', 'not the name of a repository'],
    ['ghcr.io/owner/ü', 'not the name of a repository'],
    ['ghcr.io/owner/a b', 'not the name of a repository'],
    [' ghcr.io/owner/image', 'is not a host name'],
    ['-bad.example/image', 'is not a host name'],
    ['host:99999/image', 'is not a host name'],
    ['host:0/image', 'is not a host name'],
    ['host:port/image', 'is not a host name'],
    ['https://ghcr.io/owner/image', 'without "https://"'],
    [`ghcr.io/${'a'.repeat(250)}`, 'longer than 255'],
    ['ghcr.io/owner/image:1.0', 'without tag or digest'],
    [`ghcr.io/owner/image@${DIGEST}`, 'without tag or digest'],
    [`ghcr.io/owner/image@${DIGEST}@${DIGEST}`, 'more than one "@"']
  ])('is not %p: %s', async (text, fault) => {
    const error = await failureOf(() => parseRepository(text))
    expect(error.code).toBe('REFERENCE_INVALID')
    expect(error.message).toContain(fault)
    expect(error.hint).toBeDefined()
  })

  it('may be as long as the specification says', () => {
    const longest = `ghcr.io/${'a'.repeat(255 - 'ghcr.io/'.length)}`
    expect(formatRepository(parseRepository(longest))).toHaveLength(255)
  })

  it.each([
    ['a', true],
    ['a/b', true],
    ['A', false],
    ['a/', false],
    ['a:b', false],
    ['a'.repeat(256), false]
  ])('has a name in the path of a request: %s is %s', (name, expected) => {
    expect(isRepositoryName(name)).toBe(expected)
  })
})

describe('a reference', () => {
  const repository = {registry: 'localhost:5000', name: 'a/b'}
  it.each<[string, object]>([
    ['localhost:5000/a/b', {repository}],
    ['localhost:5000/a/b:1.0', {repository, tag: '1.0'}],
    [`localhost:5000/a/b@${DIGEST}`, {repository, digest: DIGEST}],
    [`localhost:5000/a/b:1.0@${DIGEST}`, {repository, tag: '1.0', digest: DIGEST}],
    ['alpine:3', {repository: {registry: 'docker.io', name: 'library/alpine'}, tag: '3'}]
  ])('%s', (text, expected) => {
    expect(parseReference(text)).toEqual(expected)
  })

  it.each([
    ['ghcr.io/o/a:', 'TAG_INVALID'],
    ['ghcr.io/o/a:-x', 'TAG_INVALID'],
    ['ghcr.io/o/a:1:2', 'TAG_INVALID'],
    ['ghcr.io/o/a@', 'DIGEST_INVALID'],
    ['ghcr.io/o/a@sha256:1', 'DIGEST_INVALID'],
    ['ghcr.io/o/A:1', 'REFERENCE_INVALID']
  ])('is not %s: %s', async (text, code) => {
    expect(await failureOf(() => parseReference(text))).toMatchObject({code})
  })

  it('is written as it is read', () => {
    fc.assert(
      fc.property(repositories, tags, (named, tag) => {
        expect(parseReference(formatReference(named, tag))).toEqual({repository: named, tag})
        expect(parseReference(formatReference(named, DIGEST))).toEqual({repository: named, digest: DIGEST})
        expect(parseRepository(formatRepository(named))).toEqual(named)
      })
    )
  })

  it('throws nothing but its own errors, whatever is written', async () => {
    const words = fc.stringMatching(/^[A-Za-z0-9:@/._[\] \n-]{0,40}$/)
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), words), async text => {
        try {
          const {repository: read, tag} = parseReference(text)
          expect(URL.canParse(`https://${read.registry}/v2/${read.name}`)).toBe(true)
          expect(parseRepository(formatRepository(read))).toEqual(read)
          if (tag !== undefined) expect(isTag(tag)).toBe(true)
        } catch (error) {
          expect(await failureOf(() => Promise.reject(error as Error))).toBeDefined()
        }
      }),
      {numRuns: 500, examples: [['A/a'], ['LOCALHOST/a'], ['Index.Docker.io/a']]}
    )
  })
})

describe('a tag', () => {
  it.each(['1', 'v1.2.3', 'latest', '_x', 'A-b.C_d', '1'.repeat(128)])('may be %s', text => {
    expect(parseTag(text)).toBe(text)
  })

  it.each([
    ['', 'it is empty'],
    ['1'.repeat(129), '129 characters, at most 128'],
    ['.x', 'starts with "."'],
    ['-x', 'starts with "-"'],
    ['1.0+build', '"+" is not allowed'],
    ['a/b', '"/" is not allowed'],
    ['a b', '" " is not allowed'],
    ['a\n', '"\\n" is not allowed'],
    ['ä', '"ä" is not allowed']
  ])('may not be %p: %s', async (text, fault) => {
    expect(isTag(text)).toBe(false)
    const error = await failureOf(() => parseTag(text))
    expect(error.code).toBe('TAG_INVALID')
    expect(error.message).toContain(fault)
  })
})

describe('a registry', () => {
  it.each([
    ['ghcr.io', 'ghcr.io'],
    ['GHCR.IO', 'ghcr.io'],
    ['index.docker.io', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
    ['registry.example:5000', 'registry.example:5000'],
    ['[::1]:5000', '[::1]:5000'],
    ['a:65535', 'a:65535']
  ])('%s is %s', (text, expected) => {
    expect(parseRegistry(text)).toBe(expected)
  })

  it.each([
    '',
    'https://ghcr.io',
    'ghcr.io/',
    'ghcr.io/owner',
    'a b',
    'a_b',
    'host:',
    'host:65536',
    'host:0',
    '::1'
  ])('is not %p', async text => {
    expect(await failureOf(() => parseRegistry(text))).toMatchObject({code: 'REFERENCE_INVALID'})
  })

  it.each([
    ['localhost', true],
    ['localhost:5000', true],
    ['registry.localhost:5000', true],
    ['127.0.0.1:5000', true],
    ['127.8.9.10', true],
    ['[::1]:5000', true],
    ['[::1]', true],
    ['127.0.0.1.example', false],
    ['localhost.example', false],
    ['notlocalhost', false],
    ['10.0.0.1', false],
    ['192.168.0.1:5000', false],
    ['[::2]:5000', false],
    ['ghcr.io', false]
  ])('%s is on a loopback address: %s', (registry, expected) => {
    expect(isLoopback(registry)).toBe(expected)
  })
})

const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}$/)
const hosts = fc.oneof(
  fc.constantFrom('ghcr.io', 'localhost', 'localhost:5000', '127.0.0.1:5000', '[::1]:5000', 'docker.io'),
  fc.stringMatching(/^[a-z0-9]{1,8}\.[a-z]{2,4}(?::[1-9][0-9]{0,3})?$/)
)
const repositories: fc.Arbitrary<Repository> = fc
  .record({registry: hosts, parts: fc.array(part, {minLength: 1, maxLength: 4})})
  .map(({registry, parts}) => ({
    registry,
    name: registry === 'docker.io' && parts.length === 1 ? `library/${parts.join('/')}` : parts.join('/')
  }))
const tags: fc.Arbitrary<Tag | Digest> = fc
  .stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,30}$/)
  .filter((text): text is Tag => isTag(text))
