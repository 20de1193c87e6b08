import {readdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {afterEach, beforeEach, expect, it} from '@jest/globals'
import {type Digest, hexOf} from '../../src/oci/digest.js'
import {parseReference, parseTag} from '../../src/oci/reference.js'
import {describeWith} from '../support/components.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {
  DISTRIBUTION_2,
  DISTRIBUTION_3,
  type RunningRegistry,
  startDistribution2,
  startDistribution3
} from '../support/registries.js'
import {clientOf} from '../support/releases.js'
import {failureOf} from '../support/thrown.js'
import {type RepositoryWorld, clean, leftBehind, makeWorld} from './repository-world.js'

const REGISTRIES = [
  ['distribution 3', DISTRIBUTION_3, startDistribution3],
  ['distribution 2.8', DISTRIBUTION_2, startDistribution2]
] as const

for (const [name, programs, start] of REGISTRIES)
  describeWith(programs, `a manifest that the storage of ${name} has lost`, () => {
    const state = {} as {registry: RunningRegistry; ports: TestPorts; image: string; world: RepositoryWorld}
    beforeEach(async () => {
      const registry = await start()
      const [ports, image] = [testPorts([registry]), `${registry.host}/o/app`]
      Object.assign(state, {registry, ports, image, world: await makeWorld(ports, image)})
    })
    afterEach(async () => {
      state.ports.close()
      await state.registry.stop()
    })

    /** Other bytes in its place, as after a fault of the disk: the registry answers 500 from then on. */
    const damage = (digest: Digest): void => {
      const entries = readdirSync(path.join(state.registry.folder ?? '', 'data'), {
        recursive: true,
        withFileTypes: true
      })
      const files = entries.filter(
        ({parentPath, name: file}) => file === 'data' && path.basename(parentPath) === hexOf(digest)
      )
      expect(files).toHaveLength(1)
      for (const {parentPath, name: file} of files) writeFileSync(path.join(parentPath, file), 'damaged')
    }
    const digestOf = async (tag: string): Promise<Digest> => {
      const {digest} = await clientOf(state.ports, state.image).getManifest(parseTag(tag))
      return digest
    }

    it.each([
      ['stays', '1.1.0', ['1.1.0', '1.1']],
      ['was to go', 'pr-7', ['pr-7']]
    ])('is named by its tags where it %s, and nothing is deleted', async (_, tag, tags) => {
      const {ports, image, world} = state
      const before = await leftBehind(ports, image, world)
      damage(await digestOf(tag))
      const error = await failureOf(async () => await clean(ports, world))
      expect(error.code).toBe('REGISTRY_FAILED')
      const [title, ...lines] = error.message.split('\n')
      expect(title).toBe(`${image}: the registry cannot give what is at these tags:`)
      expect(lines.map(line => /^ {2}(\S+): HEAD .*: 500/.exec(line)?.[1])).toEqual(tags)
      expect(error.hint).toMatch(/^Nothing more is deleted, .* push these tags again/)
      for (const one of before.filter(each => !each.startsWith('sha256:')))
        expect(await clientOf(ports, image).shownDigest(parseTag(one))).toBeDefined()
    })

    it('keeps what it may lead to where no tag leads to it, and says why', async () => {
      const {ports, image, world} = state
      const {digest} = parseReference(world.superseded)
      damage(digest as Digest)
      const goes = world.goes.filter(one => one !== digest)
      const before = await leftBehind(ports, image, {...world, goes})
      const {kept, deleted} = await clean(ports, world)
      expect(deleted).toBe('')
      expect(kept.split('\n')).toContain(world.superseded)
      // A tag that goes alone leads to nothing that goes with it.
      const after = await leftBehind(ports, image, {...world, goes})
      expect(after.sort()).toEqual(before.filter(one => one !== 'pr-9').sort())
    })
  })
