import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'

import {diskStorage} from '../../src/embedded-registry/embedded-registry.js'
import {messageOf} from '../../src/errors.js'
import {describeWith} from '../support/components.js'
import {
  DISTRIBUTION_2,
  DISTRIBUTION_3,
  OLAREG,
  type RunningRegistry,
  startDistribution2,
  startDistribution3,
  startEmbedded,
  startEmbeddedWith,
  startOlareg
} from '../support/registries.js'
import {DIFFERENCES, type Differences, WITH_TOKENS} from './differences.js'
import {DISCOVERY} from './discovery.js'
import {Lab} from './lab.js'
import {MANAGEMENT, NO_DELETION} from './management.js'
import {PULL} from './pull.js'
import {PUSH_BLOBS} from './push-blobs.js'
import {PUSH_MANIFESTS} from './push-manifests.js'
import type {Requirement} from './requirement.js'

const ALL = [...PULL, ...PUSH_BLOBS, ...PUSH_MANIFESTS, ...DISCOVERY, ...MANAGEMENT]

describe('the requirements', () => {
  it('are told apart by their ids', () => {
    expect(new Set(ALL.map(({id}) => id)).size).toBe(ALL.length)
  })

  it('are those that the differences name', () => {
    const named = Object.values(DIFFERENCES).flatMap(differences => Object.keys(differences))
    const known = new Set([...ALL, ...NO_DELETION].map(({id}) => id))
    expect(named.filter(id => !known.has(id))).toEqual([])
  })
})

describe('the embedded registry', () => {
  describe('in memory', () => examine(() => startEmbedded(), ALL))
  describe('on disk, with relative Locations', () => examine(startOnDisk, ALL))
  describe('with Basic authentication', () => examine(() => startEmbeddedWith('basic'), ALL))
  describe('with tokens', () => examine(() => startEmbeddedWith('token'), ALL, WITH_TOKENS))
  describe('without deletion', () => examine(() => startEmbedded({allowDelete: false}), NO_DELETION))
})

describeWith(OLAREG, 'olareg', () => examine(startOlareg, ALL, DIFFERENCES['olareg']))
describeWith(DISTRIBUTION_3, 'distribution 3', () => {
  examine(() => startDistribution3(), ALL, DIFFERENCES['distribution 3'])
  describe('without deletion', () => examine(() => startDistribution3({allowDelete: false}), NO_DELETION, {}))
})
describeWith(DISTRIBUTION_2, 'distribution 2.8', () => {
  examine(() => startDistribution2(), ALL, DIFFERENCES['distribution 2.8'])
  describe('without deletion', () => examine(() => startDistribution2({allowDelete: false}), NO_DELETION, {}))
})

/** Every requirement as a test of one registry. Without differences, the first allowed result is the only one. */
function examine(
  start: () => Promise<RunningRegistry>,
  requirements: readonly Requirement[],
  differences?: Differences
): void {
  const started: {lab?: Lab} = {}
  beforeAll(async () => {
    started.lab = new Lab(await start())
  })
  afterAll(async () => {
    started.lab?.close()
    await started.lab?.registry.stop()
  })

  it.each(requirements)('$id $level: $quote', async ({id, allowed, observe}) => {
    const observed = await observe(started.lab!).catch((cause: unknown) => `failed: ${messageOf(cause)}`)
    if (differences === undefined) expect(observed).toEqual(allowed[0])
    else if (id in differences) expect(observed).toEqual(differences[id])
    else expect(allowed).toContainEqual(observed)
  })
}

async function startOnDisk(): Promise<RunningRegistry> {
  const folder = await mkdtemp(path.join(tmpdir(), 'embedded-'))
  const running = await startEmbedded({storage: diskStorage(folder), relativeLocations: true})
  return {
    ...running,
    stop: async () => {
      await running.stop()
      await rm(folder, {recursive: true, force: true})
    }
  }
}
