import {expect, it} from '@jest/globals'
import {rollbackRelease} from '../../src/publishing/rollback-release.js'
import {parseInputs} from '../../src/command/input.js'
import {parseJournal} from '../../src/contracts/journal-document.js'
import type {PlannedTag} from '../../src/contracts/plan.js'
import type {TestPorts} from '../support/ports.js'
import type {RunningRegistry} from '../support/registries.js'
import {digestAt, publishRelease, releaseTags} from '../support/releases.js'
import {suiteRegistries} from '../support/suite-registries.js'

/** What a suite of more tests for one kind of registry is told. */
export interface RollbackLab {
  readonly ports: () => TestPorts
  readonly images: () => readonly string[]
  release(version: string, revision: string, tags?: readonly PlannedTag[]): ReturnType<typeof publishRelease>
  rollback(texts: Readonly<Record<string, string>>): ReturnType<typeof rollbackRelease.run>
  tagsOf(tag: string): Promise<(string | undefined)[]>
}

/** The rollback of a release on two registries of one kind. */
export function rollbackSuite(start: () => Promise<readonly RunningRegistry[]>): RollbackLab {
  const fresh = suiteRegistries('back', start)

  const lab: RollbackLab = {
    ports: () => fresh.ports,
    images: () => fresh.images,
    release: async (version, revision, tags = [...releaseTags(version), MAIN]) =>
      await publishRelease(fresh.ports, {
        images: fresh.images,
        version,
        tags,
        revision: revision.repeat(40),
        created: `2026-0${1 + Number(version.split('.')[1])}-01T00:00:00Z`
      }),
    rollback: async texts =>
      await rollbackRelease.run(parseInputs(rollbackRelease.inputs, texts), fresh.ports),
    tagsOf: async tag => await Promise.all(fresh.images.map(name => digestAt(fresh.ports, name, tag)))
  }
  const twice = (digest: string | undefined): unknown[] => [digest, digest]

  it('puts aliases and branch tags back by the journal, and leaves versions and what was new', async () => {
    const old = await lab.release('1.0.0', 'a')
    const bad = await lab.release('1.1.0', 'b')
    const outputs = await lab.rollback({journal: bad.journal})
    expect(await lab.tagsOf('latest')).toEqual(twice(old.digest))
    expect(await lab.tagsOf('main')).toEqual(twice(old.digest))
    expect(await lab.tagsOf('1.1.0')).toEqual(twice(bad.digest))
    expect(await lab.tagsOf('1.1')).toEqual(twice(bad.digest))
    expect(outputs.tags.split('\n').sort()).toEqual(
      fresh.images.flatMap(name => [`${name}:latest`, `${name}:main`]).sort()
    )
    expect(outputs.left.split('\n').sort()).toEqual(
      fresh.images.flatMap(name => [`${name}:1.1`, `${name}:1.1.0`]).sort()
    )
    expect(outputs.superseded.split('\n')).toEqual(fresh.images.map(name => `${name}@${bad.digest}`))
    expect(outputs.deleted).toBe('')
  })

  it('can itself be rolled back, and does nothing a second time', async () => {
    await lab.release('1.0.0', 'a')
    const next = await lab.release('1.1.0', 'b')
    const back = await lab.rollback({journal: next.journal})
    expect(await lab.rollback({journal: next.journal})).toMatchObject({journal: '', superseded: ''})
    await lab.rollback({journal: back.journal})
    expect(await lab.tagsOf('latest')).toEqual(twice(next.digest))
  })

  it('deletes what was new, where that is asked for', async () => {
    const old = await lab.release('1.0.0', 'a')
    const bad = await lab.release('1.1.0', 'b')
    const outputs = await lab.rollback({journal: bad.journal, 'delete-new': 'true'})
    expect(outputs.deleted.split('\n')).toHaveLength(4)
    expect(outputs.left).toBe('')
    expect(await lab.tagsOf('1.1.0')).toEqual(twice(undefined))
    expect(await lab.tagsOf('1.1')).toEqual(twice(undefined))
    expect(await lab.tagsOf('1.0.0')).toEqual(twice(old.digest))
    expect(await lab.tagsOf('latest')).toEqual(twice(old.digest))
  })

  it('refuses where somebody released since, and writes nothing; force moves all the same', async () => {
    const old = await lab.release('1.0.0', 'a')
    const bad = await lab.release('1.1.0', 'b')
    const since = await lab.release('1.2.0', 'c', [releaseTags('1.2.0')[0]!, releaseTags('1.2.0')[2]!])
    await expect(lab.rollback({journal: bad.journal})).rejects.toMatchObject({
      code: 'TAG_REFUSED',
      message: expect.stringContaining(`${fresh.images[0]!}:latest points at`),
      hint: expect.stringContaining('force')
    })
    expect(await lab.tagsOf('latest')).toEqual(twice(since.digest))
    expect(await lab.tagsOf('main')).toEqual(twice(bad.digest))
    await lab.rollback({journal: bad.journal, force: 'true'})
    expect(await lab.tagsOf('latest')).toEqual(twice(old.digest))
    expect(await lab.tagsOf('main')).toEqual(twice(old.digest))
  })

  it('writes nothing in a dry run', async () => {
    await lab.release('1.0.0', 'a')
    const next = await lab.release('1.1.0', 'b')
    const outputs = await lab.rollback({journal: next.journal, 'dry-run': 'true', 'delete-new': 'true'})
    expect(outputs.journal).toBe('')
    expect(await lab.tagsOf('latest')).toEqual(twice(next.digest))
    expect(await lab.tagsOf('1.1')).toEqual(twice(next.digest))
    expect(fresh.ports.reporter.lines.join('\n')).toContain('would be put back')
  })

  it('moves the aliases of the line of a version, and latest, back to it', async () => {
    const wanted = await lab.release('1.0.0', 'a')
    const patch = await lab.release('1.0.1', 'b')
    const minor = await lab.release('1.1.0', 'c')
    const outputs = await lab.rollback({images: fresh.images.join(), 'to-version': '1.0.0'})
    expect(await lab.tagsOf('latest')).toEqual(twice(wanted.digest))
    expect(await lab.tagsOf('1.0')).toEqual(twice(wanted.digest))
    expect(await lab.tagsOf('1.0.1')).toEqual(twice(patch.digest))
    expect(await lab.tagsOf('1.1')).toEqual(twice(minor.digest))
    expect(await lab.tagsOf('main')).toEqual(twice(minor.digest))
    expect(parseJournal(outputs.journal).tags).toHaveLength(4)
  })

  it('never moves an alias forward to a version', async () => {
    const old = await lab.release('1.0.0', 'a')
    const next = await lab.release('1.1.0', 'b')
    await lab.rollback({journal: next.journal})
    const outputs = await lab.rollback({images: fresh.images.join(), 'to-version': '1.1.0'})
    expect(outputs.kept.split('\n')).toEqual(fresh.images.map(name => `${name}:latest`))
    expect(await lab.tagsOf('latest')).toEqual(twice(old.digest))
  })

  return lab
}

const MAIN: PlannedTag = {name: 'main', class: 'moving', rule: 'branch'}
