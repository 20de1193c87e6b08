import {describe, expect, it} from '@jest/globals'
import {InputError} from '../../src/errors.js'
import {type ServiceTarget, findChanges} from '../../src/planning/targets/changed-targets.js'
import {parseCommitish, parseDependencyPaths, parsePaths} from '../../src/planning/targets/path-pattern.js'
import {serviceTarget} from '../support/service-target.js'

/** The targets that changed, with spaces between them. */
function changed(
  targets: readonly ServiceTarget[],
  paths: string,
  files: readonly string[] | undefined
): string {
  const question = {targets, paths: parsePaths(paths), dependencyPaths: []}
  return [...findChanges(question, files).targets]
    .flatMap(([name, isChanged]) => (isChanged ? [name] : []))
    .join(' ')
}

describe('the patterns of a path', () => {
  it.each([
    ['src/**', 'src/a/b.ts', true],
    ['src/**', 'src', true],
    ['src/**', 'docs/a.md', false],
    ['src/*', 'src/a.ts', true],
    ['src/*', 'src/a/b.ts', false],
    ['*.md', 'README.md', true],
    ['*.md', 'docs/README.md', false],
    ['**/*.md', 'docs/README.md', true],
    ['**/*.md', 'README.md', true],
    ['.github/**', '.github/workflows/ci.yml', true],
    ['**', '.env', true],
    ['services/api', 'services/api/main.go', true],
    ['services/api/', 'services/api/main.go', true],
    ['services/api', 'services/api-gateway/main.go', false],
    ['{a,b}/*.ts', 'b/x.ts', true],
    ['a?.ts', 'ab.ts', true],
    ['[ab].ts', 'c.ts', false],
    ['@(a|b).ts', 'a.ts', false],
    ['src/**\n!**/*.md', 'src/a.md', false],
    ['src/**\n!**/*.md\nsrc/keep.md', 'src/keep.md', true],
    ['!docs/**', 'src/a.ts', true],
    ['!docs/**', 'docs/a.md', false],
    ['# all\nsrc/**', 'src/a.ts', true],
    ['über/**', 'über/a', true]
  ])('%j and %s: %s', (paths, file, expected) => {
    expect(changed([serviceTarget('app')], paths, [file])).toBe(expected ? 'app' : '')
  })

  it.each([
    ['!', 'line 1: a pattern is missing'],
    ['/src', 'line 1: "/src" does not start from the root'],
    ['src\n./src', 'line 2: "./src" does not start from the root'],
    ['a\\b', 'line 1: "a\\\\b" has a "\\"'],
    ['api: ../x', 'line 1: "../x" does not start from the root']
  ])('refuse %j', (paths, message) => {
    expect(() => parsePaths(paths)).toThrow(message)
  })
})

describe('what changed', () => {
  const services = [
    serviceTarget('api', {context: 'services/api'}, 'api'),
    serviceTarget('web', {context: './services/web/', file: 'docker/web.Dockerfile'}, 'web'),
    serviceTarget('docs', {context: 'https://example.org/docs.git#main'}, 'docs'),
    serviceTarget('all', {context: '.'}, 'all')
  ]

  it.each([
    ['', ['services/api/main.go'], 'api docs all'],
    ['', ['services/api-gateway/main.go'], 'docs all'],
    ['', ['docker/web.Dockerfile'], 'web docs all'],
    ['', [], 'docs all'],
    ['shared/**', ['shared/log.ts'], 'api web docs all'],
    ['shared/**', ['services/web/a.ts'], 'web'],
    ['api: proto/**', ['proto/a.proto'], 'api docs all'],
    ['api: proto/**', ['services/api/main.go'], 'docs all'],
    ['docs: docs/**\nall: "**"', ['docs/a.md'], 'docs'],
    ['docs: docs/**\nall: **', ['docs/a.md'], 'docs all'],
    ['**\n!**/*.md', ['services/api/README.md'], '']
  ])('with the paths %j and the files %j: %s', (paths, files, expected) => {
    expect(changed(services, paths, files)).toBe(expected)
  })

  it('takes the name of a folder as it is written', () => {
    const odd = [serviceTarget('odd', {context: 'services/[new] (1)'}, 'odd')]
    expect(changed(odd, '', ['services/[new] (1)/a.ts'])).toBe('odd')
    expect(changed(odd, '', ['services/n (1)/a.ts'])).toBe('')
  })

  it('is everything where nobody knows the files', () => {
    expect(changed(services, 'src/**', undefined)).toBe('api web docs all')
    const paths = {paths: [], dependencyPaths: parseDependencyPaths('auto')}
    expect(findChanges({targets: services, ...paths}, undefined).dependencies).toBe(true)
  })

  it('is told for each variant of a service, by the service or by the target', () => {
    const variants = ['3.12', '3.13'].map(python => serviceTarget(`api-${python}`, {context: 'api'}, 'api'))
    expect(changed(variants, '', ['api/a.py'])).toBe('api-3.12 api-3.13')
    expect(changed(variants, 'api-3.12: py312/**', ['py312/a.py'])).toBe('api-3.12')
  })

  it.each([
    ['auto', 'web/package-lock.json', true],
    ['auto', 'requirements-dev.txt', true],
    ['auto', 'Dockerfile.alpine', true],
    ['auto', 'src/main.ts', false],
    ['auto\n!docs/**', 'docs/package.json', false],
    ['deps/*.txt', 'deps/a.txt', true],
    ['', 'anything', true]
  ])('of dependencies %j by %s: %s', (text, file, expected) => {
    const question = {targets: [], paths: [], dependencyPaths: parseDependencyPaths(text)}
    expect(findChanges(question, [file]).dependencies).toBe(expected)
  })

  it('refuses patterns for what there is not, with the nearest name', () => {
    const question = {targets: services, paths: parsePaths('apo: x\nfrontend: y'), dependencyPaths: []}
    expect(() => findChanges(question, [])).toThrow(InputError)
    expect(() => findChanges(question, [])).toThrow(
      /"apo" is neither [^]*did you mean api\?[^]*"frontend" is neither/
    )
  })

  it('reads 10,000 files and 100 patterns', () => {
    const files = Array.from(
      {length: 10_000},
      (_, number) => `services/s${number % 50}/src/file-${number}.ts`
    )
    const paths = Array.from({length: 100}, (_, number) => `nowhere${number}/**/*.{ts,js}`).join('\n')
    expect(changed([serviceTarget('app')], paths, files)).toBe('')
  })
})

describe('the commit to compare with', () => {
  it.each(['main', 'origin/main', 'v1.2.3', 'HEAD~1', 'HEAD^', 'a'.repeat(40), 'feature/x'])(
    'may be %s',
    text => {
      expect(parseCommitish(` ${text} `)).toBe(text)
    }
  )

  it.each(['-p', '--output=x', 'a..b', 'a b', '', ':/x', '@{1}', '$(id)'])('may not be %j', text => {
    expect(() => parseCommitish(text)).toThrow('is not a commit or the name of a ref')
  })
})
