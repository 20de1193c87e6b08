import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {promoteRelease} from '../../src/publishing/promote-release.js'
import {rollbackRelease} from '../../src/publishing/rollback-release.js'
import type {Command} from '../../src/command/command.js'
import {parseInputs} from '../../src/command/input.js'
import {testPorts} from '../support/ports.js'
import {startEmbedded} from '../support/registries.js'
import {buildAll, digestAt, merge, planOf, publishRelease, releaseTags} from '../support/releases.js'

describe('a command that writes', () => {
  let registry: Awaited<ReturnType<typeof startEmbedded>>
  beforeAll(async () => {
    registry = await startEmbedded()
  })
  afterAll(async () => await registry.stop())

  const asking = (answer: boolean) => {
    const questions: string[] = []
    const confirm = (question: string) =>
      Promise.resolve(answer).then(() => (questions.push(question), answer))
    return {questions, ports: testPorts([registry], {confirm})}
  }

  it('asks before it publishes, and writes nothing where the answer is no', async () => {
    const {questions, ports} = asking(false)
    const image = `${registry.host}/org/ask`
    const plan = JSON.stringify(
      await buildAll(ports, {images: [image], version: '1.0.0', tags: releaseTags('1.0.0')})
    )
    await expect(merge(ports, {plan})).rejects.toMatchObject({code: 'CANCELLED'})
    expect(questions).toEqual([`  ${image}: 1.0.0, 1.0, latest\nPublish this?`])
    expect(await digestAt(ports, image, '1.0.0')).toBeUndefined()
    await merge(ports, {plan, 'dry-run': 'true'})
    expect(questions).toHaveLength(1)
    ports.close()
  })

  it('asks before it builds what it is going to push, and no builder is asked where the answer is no', async () => {
    const {questions, ports} = asking(false)
    const image = `${registry.host}/org/ask-first`
    const plan = JSON.stringify(planOf({images: [image], version: '1.0.0', tags: releaseTags('1.0.0')}))
    const texts = {plan, platforms: 'linux/arm64', context: 'examples/hello'}
    const build = async (more: Readonly<Record<string, string>> = {}) =>
      await buildByDigest.run(parseInputs(buildByDigest.inputs, {...texts, ...more}), ports)
    await expect(build()).rejects.toMatchObject({code: 'CANCELLED'})
    expect(questions).toEqual([
      `  ${image}: linux/arm64, no tag yet; to come: 1.0.0, 1.0, latest\nBuild this, and push it?`
    ])
    // Nothing is written by this; it fails for there is no builder.
    await expect(build({push: 'false'})).rejects.toMatchObject({code: 'BUILDER_MISSING'})
    expect(questions).toHaveLength(1)
    ports.close()
  })

  it.each<[string, Command, (image: string) => Record<string, string>, RegExp]>([
    [
      'promotes',
      promoteRelease,
      image => ({from: `${image}:1.0.0`, to: `${image}-prod`}),
      /-prod: 1\.0\.0\nPromote/
    ],
    [
      'cleans up',
      cleanupLatest,
      image => ({images: image, 'keep-versions': '1', 'allow-deletion': 'true', 'min-age': '0'}),
      /manifests\nDelete this\?/
    ],
    [
      'rolls back',
      rollbackRelease,
      image => ({images: image, 'to-version': '1.0.0'}),
      /:latest\nPut these back\?/
    ]
  ])('asks before it %s', async (verb, command, texts, question) => {
    const sure = testPorts([registry])
    const image = `${registry.host}/org/${verb.replaceAll(' ', '-')}`
    for (const version of ['1.0.0', '1.1.0'])
      await publishRelease(sure, {images: [image], version, tags: releaseTags(version)})
    const {questions, ports} = asking(false)
    const before = await digestAt(sure, image, 'latest')
    await expect(command.run(parseInputs(command.inputs, texts(image)), ports)).rejects.toMatchObject({
      code: 'CANCELLED'
    })
    expect(questions).toEqual([expect.stringMatching(question)])
    expect(await digestAt(sure, image, 'latest')).toBe(before)
    expect(await digestAt(sure, `${image}-prod`, '1.0.0')).toBeUndefined()
    for (const one of [ports, sure]) one.close()
  })
})
