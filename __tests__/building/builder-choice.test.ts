import {describe, expect, it} from '@jest/globals'
import {chooseBuilder} from '../../src/building/builders/builder-choice.js'
import {parseBuilderWish, type ProgramWish} from '../../src/building/builders/builder-wish.js'
import {type Answer, builderPorts, scriptedExec} from '../support/builder-ports.js'

const BUILDX = {'docker buildx version': 'github.com/docker/buildx v0.33.0 abc\n'}
const RUNNING = 'Name: b1\nDriver: remote\n\nStatus: running\nBuildKit version: v0.31.2\n'
const NOT_EXPORTING = 'Name: default\nDriver: docker\n\nStatus: running\n'
const BUILDAH = {
  'buildah --version': 'buildah version 1.28.2 (image-spec 1.1.0-rc2, runtime-spec 1.0.2-dev)\n'
}
const PODMAN = {'podman --version': 'podman version 4.3.1\n'}
const NO_PLUGIN = {'docker buildx version': {exitCode: 1, stderr: 'docker: unknown command: docker buildx'}}

const choose = (wish: ProgramWish, script: Record<string, Answer>): ReturnType<typeof chooseBuilder> =>
  chooseBuilder(wish, builderPorts(scriptedExec(script)))

describe('chooseBuilder', () => {
  it.each<[string, ProgramWish, Record<string, Answer>, readonly [string, string]]>([
    [
      'buildx first',
      'auto',
      {...BUILDX, 'docker buildx inspect': RUNNING, ...BUILDAH, ...PODMAN},
      ['buildx 0.33.0', 'docker buildx 0.33.0 is used with its builder b1 (driver remote)']
    ],
    [
      'buildah, where buildx cannot export',
      'auto',
      {...BUILDX, 'docker buildx inspect': NOT_EXPORTING, ...BUILDAH, ...PODMAN},
      [
        'buildah 1.28.2',
        'buildah 1.28.2 is used; the builder default of buildx cannot be used: its driver docker cannot export an image as a layout'
      ]
    ],
    [
      'buildah, where buildx has no builder',
      'auto',
      {...BUILDX, 'docker buildx inspect': {exitCode: 1, stderr: 'ERROR: no daemon\n'}, ...BUILDAH},
      ['buildah 1.28.2', 'buildah 1.28.2 is used; buildx 0.33.0 has no builder that runs: ERROR: no daemon']
    ],
    [
      'podman last',
      'auto',
      {...NO_PLUGIN, ...PODMAN},
      ['podman 4.3.1', 'podman 4.3.1 is used; buildx is not installed; buildah is not installed']
    ],
    [
      'buildah on request',
      'buildah',
      {...BUILDX, ...BUILDAH},
      ['buildah 1.28.2', 'buildah 1.28.2 is used, as asked']
    ],
    [
      'podman on request',
      'podman',
      {...BUILDAH, ...PODMAN},
      ['podman 4.3.1', 'podman 4.3.1 is used, as asked']
    ],
    [
      'an instance of buildx',
      'buildx:b1',
      {...BUILDX, 'docker buildx inspect --bootstrap b1': RUNNING},
      ['buildx 0.33.0', 'docker buildx 0.33.0 is used with its builder b1 (driver remote), as asked']
    ],
    [
      'buildx without docker',
      'buildx',
      {
        ...NO_PLUGIN,
        'docker-buildx version': 'github.com/docker/buildx v0.20.1',
        'docker-buildx inspect': RUNNING
      },
      ['buildx 0.20.1', 'docker-buildx 0.20.1 is used with its builder b1 (driver remote), as asked']
    ]
  ])('takes %s', async (_title, wish, script, [expected, reason]) => {
    const choice = await choose(wish, script)
    expect(`${choice.builder.name} ${choice.version}`).toBe(expected)
    expect(choice.reason).toBe(reason)
  })

  it.each<[string, ProgramWish, Record<string, Answer>, readonly [RegExp, string]]>([
    [
      'nothing is there',
      'auto',
      {},
      [/buildx is not installed; buildah is not installed; podman is not installed/, 'Install buildah']
    ],
    [
      'the wished one is not there',
      'podman',
      BUILDAH,
      [/builder podman: podman is not installed/, 'Install podman']
    ],
    [
      'it fails at once',
      'podman',
      {'podman --version': {exitCode: 125, stderr: 'one\ncannot resolve /home/x\n'}},
      [/builder podman: podman --version fails: cannot resolve \/home\/x/, 'Install podman']
    ],
    [
      'it fails without a word',
      'buildah',
      {'buildah --version': {exitCode: 126}},
      [/builder buildah: buildah --version fails: exit code 126/, 'Install buildah']
    ],
    [
      'it is too old',
      'buildah',
      {'buildah --version': 'buildah version 1.23.1'},
      [/buildah 1\.23\.1 is older than 1\.28\.0/, 'Install buildah 1.28']
    ],
    [
      'buildx is too old',
      'buildx',
      {'docker buildx version': 'github.com/docker/buildx v0.8.1'},
      [/buildx 0\.8\.1 is older/, 'setup-buildx-action']
    ],
    [
      'there is no such instance',
      'buildx:none',
      {...BUILDX, 'docker buildx inspect': {exitCode: 1, stderr: 'ERROR: no builder "none" found'}},
      [/no builder none that runs: ERROR: no builder "none" found/, 'buildx create']
    ]
  ])('fails where %s', (_title, wish, script, [message, hint]) =>
    expect(choose(wish, script)).rejects.toMatchObject({
      code: 'BUILDER_MISSING',
      message: expect.stringMatching(message),
      hint: expect.stringContaining(hint)
    })
  )

  it('asks no other builder than the wished one', async () => {
    const exec = scriptedExec({...BUILDAH, ...PODMAN})
    await chooseBuilder('podman', builderPorts(exec))
    expect(exec.calls).toEqual(['podman --version'])
  })
})

describe('parseBuilderWish', () => {
  it.each([
    ['auto', 'auto'],
    ['buildx', 'buildx'],
    ['podman', 'podman'],
    ['buildah', 'buildah'],
    ['prebuilt', 'prebuilt'],
    ['buildx:b1', 'buildx:b1'],
    ['buildx:podmann', 'buildx:podmann'],
    ['builder-4f1c9a', 'buildx:builder-4f1c9a']
  ])('%s is %s', (text, wish) => expect(parseBuilderWish(text)).toBe(wish))

  it.each([
    ['podmann', /did you mean podman\? For an instance of that name write buildx:podmann/],
    ['buildx:', /neither auto, buildx, podman, buildah, prebuilt nor the name/],
    ['--x', /neither/],
    ['a b', /neither/]
  ])('refuses %s', (text, message) =>
    expect(() => parseBuilderWish(text)).toThrow(
      expect.objectContaining({issues: [{input: 'builder', message: expect.stringMatching(message)}]})
    )
  )
})
