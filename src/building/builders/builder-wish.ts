import {InputError} from '../../errors.js'
import {nearest} from '../../shared/did-you-mean.js'
import type {BuilderProgram} from './builder-name.js'

/** What a caller may wish for: whatever is there, a program, or one instance of buildx. */
export type ProgramWish = 'auto' | BuilderProgram | `buildx:${string}`

/** The same, or an image that is built already. */
export type BuilderWish = ProgramWish | 'prebuilt'

const WORDS = ['auto', 'buildx', 'podman', 'buildah', 'prebuilt'] as const

/** Names of instances as buildx takes them. */
const INSTANCE = /^[A-Za-z][A-Za-z0-9._-]*$/

/**
 * Reads the input `builder`: a word, or the name of an instance of buildx, alone (as docker/setup-buildx-action gives
 * it out) or behind `buildx:`.
 * @throws InputError where it is neither, or only nearly one of the words
 */
export function parseBuilderWish(text: string): BuilderWish {
  const word = WORDS.find(candidate => candidate === text)
  if (word !== undefined) return word
  const instance = text.startsWith('buildx:') ? text.slice('buildx:'.length) : text
  const guess = text === instance ? nearest(text, WORDS) : undefined
  if (INSTANCE.test(instance) && guess === undefined) return `buildx:${instance}`
  const advice =
    guess === undefined ? '' : `; did you mean ${guess}? For an instance of that name write buildx:${text}`
  throw new InputError([
    {
      input: 'builder',
      message: `${JSON.stringify(text)} is neither ${WORDS.join(', ')} nor the name of an instance of buildx${advice}`
    }
  ])
}

/**
 * Reads the same where there must be something to build with.
 * @throws InputError
 */
export function parseProgramWish(text: string): ProgramWish {
  const wish = parseBuilderWish(text)
  if (wish !== 'prebuilt') return wish
  throw new InputError([{input: 'builder', message: 'prebuilt builds nothing: name a program, or auto'}])
}
