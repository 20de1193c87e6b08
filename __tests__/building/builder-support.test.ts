import {describe, expect, it} from '@jest/globals'
import {chooseBuilder} from '../../src/building/builders/builder-choice.js'
import {type Feature, SUPPORT, missingFeatures} from '../../src/building/builders/builder-support.js'
import {type BuildOption, optionFlags} from '../../src/building/builders/build-options.js'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {type Answer, builderPorts, execWithEnvironment, scriptedExec} from '../support/builder-ports.js'
import {componentPathWith, describeWith} from '../support/components.js'
import {BUILDERS, isRecent, programOf} from '../support/real-builders.js'

const ALL = Object.keys(SUPPORT) as Feature[]
const ONLY_BUILDX: readonly Feature[] = [
  'allow',
  'attests',
  'estargz',
  'export',
  'github-token',
  'no-cache-filters',
  'provenance',
  'sbom'
]

describe('what a builder cannot do', () => {
  it.each([
    ['buildx', '0.33.0', '0.31.2', []],
    ['buildx', '0.33.0', '0.10.6', ['attests', 'provenance', 'sbom']],
    ['buildah', '1.42.0', undefined, ONLY_BUILDX],
    ['buildah', '1.28.2', undefined, [...ONLY_BUILDX, 'here-documents']],
    ['podman', '5.6.0', undefined, ONLY_BUILDX],
    ['podman', '4.3.1', undefined, [...ONLY_BUILDX, 'compression-level', 'here-documents']]
  ] as const)('%s %s, BuildKit %s', (name, version, buildkit, missing) => {
    const lacking = ALL.filter(feature => missingFeatures({name, version, buildkit}, [feature]).length > 0)
    expect(new Set(lacking)).toEqual(new Set(missing))
  })

  it('is said by its input, with what to do', () =>
    expect(missingFeatures({name: 'podman', version: '4.3.1'}, ['allow', 'here-documents'])).toEqual([
      {
        input: 'allow',
        message: expect.stringMatching(/^podman has nothing like it, only buildx\. .*set network to host/)
      },
      {
        input: 'file',
        message:
          'podman knows it (here-documents in it) from 4.8.0 on, and this is 4.3.1; so does buildx or buildah 1.33.0.'
      }
    ]))

  it('names inputs that there are', () => {
    for (const {inputs} of Object.values(SUPPORT))
      for (const input of inputs) expect(Object.keys(buildByDigest.inputs)).toContain(input)
  })
})

describe('chooseBuilder, asked for what not all can do', () => {
  const BUILDAH = {'buildah --version': 'buildah version 1.28.2'}
  const PODMAN = {'podman --version': 'podman version 5.6.0'}
  const BUILDX_DOWN = {
    'docker buildx version': 'github.com/docker/buildx v0.33.0 abc\n',
    'docker buildx inspect': {exitCode: 1, stderr: 'ERROR: no daemon\n'}
  }
  const choose = (
    script: Record<string, Answer>,
    asked: readonly Feature[],
    wish: 'auto' | 'buildah' = 'auto'
  ) => chooseBuilder(wish, builderPorts(scriptedExec(script)), asked)

  it('takes the next that can', async () => {
    const {builder, reason} = await choose({...BUILDAH, ...PODMAN}, ['here-documents'])
    expect(builder.name).toBe('podman')
    expect(reason).toBe('podman 5.6.0 is used; buildx is not installed; buildah 1.28.2 cannot do file')
  })

  it('takes none where buildx is down and nothing else can attest, and says so before it builds', () =>
    expect(choose({...BUILDX_DOWN, ...BUILDAH, ...PODMAN}, ['provenance', 'sbom'])).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      issues: [
        {
          input: 'provenance',
          message: expect.stringMatching(/only buildx\..*no daemon; buildah 1\.28\.2 cannot do/)
        },
        {input: 'sbom', message: expect.stringMatching(/^buildah has nothing like it, only buildx\./)}
      ]
    }))

  it('refuses what the wished one cannot do', () =>
    expect(choose(BUILDAH, ['provenance'], 'buildah')).rejects.toMatchObject({
      issues: [{input: 'provenance'}]
    }))
})

describe.each(BUILDERS)('the flags of %s', (name, programs) => {
  describeWith(programs, 'really', () => {
    it('are all there', async () => {
      const program = programOf(name)
      const env = isRecent(name) ? {PATH: componentPathWith('recent')} : {}
      const command = program === 'buildx' ? 'docker-buildx' : program
      const {stdout} = await execWithEnvironment(env)(command, ['build', '--help'])
      const known = ALL.filter(
        (feature): feature is Feature & BuildOption =>
          SUPPORT[feature][program] !== 'none' && optionFlags({[feature]: ['x']}).length > 0
      )
      expect(known.length).toBeGreaterThan(5)
      for (const feature of known) expect(stdout).toContain(`${optionFlags({[feature]: ['x']})[0] ?? ''} `)
    })
  })
})
