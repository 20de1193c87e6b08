import {expect} from '@jest/globals'
import {ReleaseError, messageOf} from '../../src/errors.js'
import {parseJournal} from '../../src/contracts/journal-document.js'
import type {PreparedWorld, WorldState} from './fault-bench.js'
import type {BuiltRelease, publishBuilt} from './release-world.js'

/** What a run said when it ended: its outputs or its error, and the journals that it kept. */
export interface Told {
  readonly outputs?: Awaited<ReturnType<typeof publishBuilt>>
  readonly error?: unknown
  readonly journals: readonly string[]
}

const UNTOUCHED = 'All tags are as they were before'
const OTHERS = 'All other tags are as they were before.'

/**
 * Holds all that a run said against what an independent reader found after it: result, error and journal.
 * @param where what was done to the run
 */
export function expectTruth(where: string, told: Told, prepared: PreparedWorld, found: WorldState): void {
  const faults = [
    ...journalFaults(told, prepared, found),
    ...(told.outputs === undefined
      ? errorFaults(told, prepared, found)
      : outputFaults(told.outputs, prepared, found))
  ]
  expect({where, said: told.error === undefined ? 'done' : textOf(told.error), faults}).toEqual({
    where,
    said: expect.any(String),
    faults: []
  })
}

/** `0/app:latest` for a reference that names the proxy. */
function placeOf(reference: string, {world}: Pick<PreparedWorld, 'world'>): string {
  const at = world.hosts.findIndex(host => reference.startsWith(`${host}/`))
  return `${at}/${reference.slice(reference.lastIndexOf('/') + 1)}`
}

function outputFaults(
  {tags, kept, digests}: NonNullable<Told['outputs']>,
  prepared: PreparedWorld,
  found: WorldState
): string[] {
  const byTarget = JSON.parse(digests) as Record<string, string>
  const ownAt = (place: string): string | undefined => byTarget[place.slice(2, place.indexOf(':'))]
  const [moved, stayed] = [tags, kept].map(text =>
    text
      .split('\n')
      .filter(Boolean)
      .map(reference => placeOf(reference, prepared))
  ) as [string[], string[]]
  const named = new Set([...moved, ...stayed])
  return [
    ...moved.filter(place => found.get(place) !== ownAt(place)).map(place => `${place} is said to be moved`),
    ...stayed
      .filter(place => found.get(place) === ownAt(place))
      .map(place => `${place} is said to have stayed`),
    ...plannedPlaces(prepared.next, prepared)
      .filter(place => !named.has(place))
      .map(place => `${place} is not named`),
    ...changed(prepared, found)
      .filter(place => !named.has(place))
      .map(place => `${place} changed, and is not named`)
  ]
}

function plannedPlaces({plan}: BuiltRelease, world: Pick<PreparedWorld, 'world'>): string[] {
  return plan.targets.flatMap(({images, tags}) =>
    images.flatMap(image => tags.map(({name}) => placeOf(`${image}:${name}`, world)))
  )
}

function changed({before}: PreparedWorld, found: WorldState): string[] {
  return [...found].filter(([place, digest]) => digest !== before.get(place)).map(([place]) => place)
}

/** Each tag that an error names says what is there; what it does not name is as before, and that is what it says. */
function errorFaults({error}: Told, prepared: PreparedWorld, found: WorldState): string[] {
  const hint = error instanceof ReleaseError ? (error.hint ?? '') : ''
  const lines = [...hint.matchAll(/^ {2}(\S+): (.*)$/gm)].map(([, reference = '', said = '']) => ({
    place: placeOf(reference, prepared),
    said
  }))
  const differing = changed(prepared, found)
  const isUndone =
    error instanceof ReleaseError &&
    ['TAG_NOT_MOVED', 'CANCELLED'].includes(error.code) &&
    hint.includes('before')
  const saysAll = hint.includes(UNTOUCHED)
  return [
    ...(saysAll && lines.length > 0 ? ['all tags are said to be as before, and some are named'] : []),
    ...(isUndone && !saysAll && lines.length === 0 ? ['no tag is named'] : []),
    ...(lines.length > 0 &&
    lines.length < found.size &&
    !hint.includes(OTHERS) &&
    differing.length > lines.length
      ? ['nothing is said of the other tags']
      : []),
    ...differing
      .filter(place => !lines.some(line => line.place === place))
      .map(place => `${place} changed, and is not named`),
    ...lines.filter(line => !isSo(line, found)).map(({place, said}) => `${place} is not so: ${said}`)
  ]
}

/** Whether what was said last of a tag is what is there. Of one that could not be read nothing was said. */
function isSo({place, said}: {readonly place: string; readonly said: string}, found: WorldState): boolean {
  const digest = found.get(place)
  if (said.endsWith('it is not there')) return digest === undefined
  if (said.endsWith('it cannot be read')) return true
  const [, named] = /points at (sha256:[0-9a-f]{64})$/.exec(said) ?? []
  if (named !== undefined) return digest === named
  return digest !== undefined
}

/** The last journal says of each tag what was there before, and, of a release that was published, what is there. */
function journalFaults({journals, outputs}: Told, prepared: PreparedWorld, found: WorldState): string[] {
  const text = journals.at(-1)
  if (text === undefined) return changed(prepared, found).map(place => `${place} changed without a journal`)
  const entries = parseJournal(text).tags.map(tag => ({...tag, place: placeOf(tag.reference, prepared)}))
  return [
    ...entries
      .filter(({place, before}) => before?.digest !== prepared.before.get(place))
      .map(({place}) => `the journal has another digest before at ${place}`),
    ...entries
      .filter(({place, after}) => outputs !== undefined && after.digest !== found.get(place))
      .map(({place}) => `the journal has another digest after at ${place}`),
    ...changed(prepared, found)
      .filter(place => !entries.some(entry => entry.place === place))
      .map(place => `${place} changed, and the journal lacks it`)
  ]
}

function textOf(error: unknown): string {
  const hint = error instanceof ReleaseError ? (error.hint ?? '') : ''
  return `${messageOf(error)}\n${hint}`
}
