import {cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {compareTags} from '../../src/onboarding/comparison/tag-comparison.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import {planned, writtenText} from '../onboarding/written-workflow.js'
import {describeWith} from '../support/components.js'
import {PULL_REQUEST_OPENED} from '../support/example-stand-ins.js'
import {
  EXAMPLE_PROGRAMS,
  type ExampleEvent,
  type ExampleWorld,
  openExample
} from '../support/example-world.js'
import {BAKED, BAKE_FILE, HAND_MADE, RECIPE, RECIPE_OF_IMAGES, REDHAT} from './translated-workflows.js'

const ROOT = path.resolve(import.meta.dirname, '../..')
const MINUTES = 60_000
const NAME = 'acme/hello'
const IMAGE = `ghcr.io/${NAME}`
/** Beside it, where a workflow has two. */
const OTHER = 'ghcr.io/acme/greeter'
const BAKE = 'docker-bake.hcl'
const FILE = '.github/workflows/docker.yml'
const PUSH_OF_TAG: ExampleEvent = {name: 'push', ref: 'refs/tags/v1.2.3'}
const PUSH_OF_MAIN: ExampleEvent = {name: 'push', ref: 'refs/heads/main'}

describeWith(EXAMPLE_PROGRAMS, 'a workflow that init translated', () => {
  describe.each([
    ['Docker’s recipe for several platforms', RECIPE, 'buildx', ['linux/amd64', 'linux/arm64']],
    ['tags written by hand', HAND_MADE, 'buildx', ['linux/amd64']],
    ['redhat-actions', REDHAT, 'buildah', ['linux/amd64', 'linux/arm64']],
    ['a bake file', BAKED, 'buildx', ['linux/amd64']],
    ['images that a matrix merges', RECIPE_OF_IMAGES, 'buildx', ['linux/amd64']]
  ] as const)('%s', (_, text, builder, platforms) => {
    const plan = planned(text, {source: NAME}, {named: new Map([[BAKE, BAKE_FILE]])})
    const images = /greeter|bake-action/.test(text) ? [IMAGE, OTHER] : [IMAGE]
    let folder: string
    let world: ExampleWorld

    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'translated-'))
      cpSync(path.join(ROOT, 'examples/hello'), folder, {recursive: true})
      for (const {file, after} of [...plan.files, {file: BAKE, after: BAKE_FILE}]) {
        mkdirSync(path.dirname(path.join(folder, file)), {recursive: true})
        writeFileSync(path.join(folder, file), after)
      }
      world = await openExample({
        name: folder,
        repository: NAME,
        workflow: path.basename(FILE),
        registries: ['ghcr.io'],
        bases: ['busybox:1.37'],
        builder
      })
    }, 2 * MINUTES)
    afterAll(async () => {
      await world.stop()
      rmSync(folder, {recursive: true, force: true})
    })

    /** The tags that init says of an event: the old ones that stay, and those of the new rules. */
    const told = async (event: string): Promise<string[]> => {
      const run: WorkflowRun = {
        event: 'push',
        ref: 'refs/heads/main',
        sha: world.head(),
        defaultBranch: 'main',
        startedAt: '2026-01-01T00:00:00Z',
        source: {fullName: NAME, url: `https://github.com/${NAME}`},
        attempt: 1
      }
      const readText = (file: string): Promise<string | undefined> =>
        Promise.resolve(file === BAKE ? BAKE_FILE : plan.files.find(one => one.file === file)?.after)
      const {events} = await compareTags({file: FILE, before: text, after: writtenText(plan), run, readText})
      const found = events.find(one => one.event === event)
      if (found === undefined) throw new Error(`no ${event} among ${events.map(one => one.event).join(', ')}`)
      expect(found.differences).toEqual([])
      const tags = images.map(image =>
        found.same.filter(tag => tag.startsWith(`${image}:`)).map(tag => tag.slice(image.length + 1))
      )
      for (const own of tags) expect(own).toEqual(tags[0])
      return [...(tags[0] ?? [])].sort()
    }

    it(
      'publishes nothing of a pull request',
      async () => {
        expect(await told('pull_request')).toEqual([])
        await world.succeed(world.run(PULL_REQUEST_OPENED))
        expect(world.registries.get('ghcr.io')?.manifests(NAME)).toEqual([])
      },
      3 * MINUTES
    )

    it(
      'gives a push of main and one of a tag the tags that the comparison says',
      async () => {
        await world.succeed(world.run(PUSH_OF_MAIN))
        const ofMain = await told('push to main')
        for (const image of images) expect(await world.view.tags(image)).toEqual(ofMain)
        await world.succeed(world.run(PUSH_OF_TAG))
        const ofTag = await told('push of v1.2.3')
        expect(ofTag.length).toBeGreaterThan(0)
        for (const image of images) {
          expect(await world.view.tags(image)).toEqual([...new Set([...ofMain, ...ofTag])].sort())
          expect(await world.view.platforms(`${image}:${ofTag[0] ?? ''}`)).toEqual(platforms)
        }
      },
      6 * MINUTES
    )
  })
})
