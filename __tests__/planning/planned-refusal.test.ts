import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {computeTags} from '../../src/planning/compute-tags.js'
import {explain} from '../../src/planning/explain.js'
import {ReleaseError} from '../../src/errors.js'
import {parseInputs} from '../../src/command/input.js'
import {parseTag} from '../../src/oci/reference.js'
import {parsePlan} from '../../src/contracts/plan-document.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {commandLine, runScript} from '../support/command-line.js'
import {image} from '../support/images.js'
import {tagPush} from '../support/ports.js'
import {clientOf, publishRelease, releaseTags} from '../support/releases.js'
import {suiteRegistries, twoEmbedded} from '../support/suite-registries.js'
import {failureOf} from '../support/thrown.js'

const OURS = 'b'.repeat(40)
const SOURCE = 'org.opencontainers.image.source'
const REVISION = 'org.opencontainers.image.revision'

describe('a release that would be refused when all is built', () => {
  const lab = suiteRegistries('planned', twoEmbedded)

  const texts = (more: Readonly<Record<string, string>> = {}) => ({
    images: lab.images.join('\n'),
    strategy: 'release',
    ...more
  })
  const portsAt = (gitTag: string, sha = OURS) => ({
    ...lab.ports,
    workflowRun: () => Promise.resolve(tagPush(gitTag, sha))
  })
  const plan = async (gitTag: string, more = {}, sha = OURS) =>
    await computeTags.run(parseInputs(computeTags.inputs, texts(more)), portsAt(gitTag, sha))
  /** Publishes a version from another commit, in some of the repositories. */
  const publish = async (version: string, images: readonly string[] = lab.images) =>
    await publishRelease(lab.ports, {images, version, tags: releaseTags(version)})

  it('ends before anything is built, and names each tag in each repository', async () => {
    await publish('1.2.3')
    const error = await failureOf(() => plan('v1.2.3'))
    expect(error).toBeInstanceOf(ReleaseError)
    expect(error.code).toBe('TAG_REFUSED')
    for (const name of lab.images)
      expect(error.message).toContain(`${name}:1.2.3 is published from commit aaaaaaaaaaaa`)
    expect(error.message).not.toContain(':latest')
    expect(error.hint).toContain('Nothing was built')
    expect(error.hint).toContain('ask: note')
    expect(lab.ports.reporter.lines.join('\n')).toContain('refuse')
  })

  it('names only the repository that has it', async () => {
    await publish('1.2.3', lab.images.slice(1))
    const error = await failureOf(() => plan('v1.2.3'))
    expect(error.message.split('\n').slice(1)).toEqual([
      expect.stringContaining(`${lab.images[1]!}:1.2.3 is published from commit`)
    ])
  })

  it('is only noted with ask: note, and not asked with ask: never', async () => {
    await publish('1.2.3')
    const noted = parsePlan((await plan('v1.2.3', {ask: 'note'})).plan)
    expect(noted.notes.join('\n')).toContain('the release will be refused')
    const unasked = parsePlan((await plan('v1.2.3', {ask: 'never'})).plan)
    expect(unasked.targets[0]?.tags.map(({expected}) => expected)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined
    ])
  })

  it.each([
    ['the same commit', 'v1.2.3', {}, 'a'.repeat(40)],
    ['another version', 'v1.2.4', {}, OURS],
    ['a version that moves', 'v1.2.3', {policy: 'version=moving'}, OURS],
    ['a run that publishes nothing', 'v1.2.3', {push: 'false'}, OURS]
  ])('goes on for %s', async (_, gitTag, more, sha) => {
    await publish('1.2.3')
    expect(parsePlan((await plan(gitTag, more, sha)).plan).targets).toHaveLength(1)
  })

  it.each([
    [
      'another commit',
      {[REVISION]: 'c'.repeat(40), [SOURCE]: 'https://github.com/org/app'},
      'commit cccccccccccc'
    ],
    ['no commit', {}, 'another image']
  ])('ends for an image without annotations whose labels name %s', async (_, labels, said) => {
    const [name] = lab.images
    const local = image({labels})
    await pushImage(clientOf(lab.ports, name!), local)
    await clientOf(lab.ports, name!).putManifest(local.root, parseTag('1.2.3'))
    expect((await failureOf(() => plan('v1.2.3'))).message).toContain(`is published from ${said}`)
  })

  it('goes on for an image without annotations whose labels name this commit', async () => {
    const [name] = lab.images
    const local = image({labels: {[REVISION]: OURS}})
    await pushImage(clientOf(lab.ports, name!), local)
    await clientOf(lab.ports, name!).putManifest(local.root, parseTag('1.2.3'))
    const [tag] = parsePlan((await plan('v1.2.3')).plan).targets[0]?.tags ?? []
    expect(tag).toMatchObject({name: '1.2.3', expected: [{action: 'move'}, {action: 'create'}]})
  })

  it('goes on where a registry does not answer: the merge decides', async () => {
    await publish('1.2.3')
    for (const {registry} of lab.registries)
      registry.faults.add({action: {kind: 'status', status: 500}, path: '/v2/planned/*'})
    try {
      const {notes} = parsePlan((await plan('v1.2.3')).plan)
      expect(notes.join('\n')).toContain('could not be asked for all tags')
    } finally {
      for (const {registry} of lab.registries) registry.faults.clear()
    }
  })

  it('is explained all the same', async () => {
    await publish('1.2.3')
    const {explanation} = await explain.run(parseInputs(explain.inputs, texts()), portsAt('v1.2.3'))
    expect(explanation).toContain('the release will be refused')
  })

  it('ends the command line with exit code 1, and prints no plan', async () => {
    await publish('1.2.3')
    const cli = commandLine()
    const cwd = mkdtempSync(path.join(tmpdir(), 'planned-'))
    try {
      const flags = lab.images.map(name => `--images ${name}`).join(' ')
      const line = `image-release compute-tags ${flags} --strategy release --event tag --ref v1.2.3 --sha ${OURS}`
      const env = {PATH: `${cli.path}:${process.env['PATH'] ?? ''}`, HOME: cwd}
      const refused = await runScript(line, {cwd, env})
      expect(refused).toMatchObject({exitCode: 1, stdout: ''})
      expect(refused.stderr).toContain(`${lab.images[0]!}:1.2.3 is published from commit aaaaaaaaaaaa`)
      expect(refused.stderr).toContain('[TAG_REFUSED]')
      const noted = await runScript(`${line} --ask note --output plan`, {cwd, env})
      expect(noted.exitCode).toBe(0)
      expect(parsePlan(noted.stdout).version).toBe('1.2.3')
    } finally {
      cli.remove()
      rmSync(cwd, {recursive: true, force: true})
    }
  })
})
