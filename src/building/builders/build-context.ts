import {statSync} from 'node:fs'
import path from 'node:path'
import {InputError, messageOf} from '../../errors.js'
import {readForeignFileSync} from '../../shared/foreign-file.js'
import type {BuildRequest} from './builder.js'

/** The names that are looked for in a context, in this order. BuildKit itself knows the second only. */
const NAMES = ['Containerfile', 'Dockerfile'] as const

/** Bytes of a Containerfile: one that a program writes has some thousand lines. */
const MAX_CONTAINERFILE = 1024 * 1024

/** Whether a context is fetched by the builder: a Git or HTTP address. */
export function isRemoteContext(context: string): boolean {
  return /^(?:https?|git|ssh):\/\/|^git@|^github\.com\//.test(context)
}

/**
 * The Containerfile of a build: the given one, as seen from the working directory or else from the context, or the one
 * that the context holds. For a remote context it is what was given.
 * @throws InputError where the context, or the file, is not there
 */
export function findContainerfile(request: Pick<BuildRequest, 'context' | 'file'>): string | undefined {
  const {context, file} = request
  if (isRemoteContext(context)) return file
  if (!isFolder(context)) throw fault('context', `${JSON.stringify(context)} is not a folder`)
  const candidates =
    file === undefined
      ? NAMES.map(name => path.join(context, name))
      : [...new Set([path.normalize(file), path.resolve(context, file)])]
  const found = candidates.find(isFile)
  if (found !== undefined) return found
  throw file === undefined
    ? fault('file', `there is neither a ${NAMES.join(' nor a ')} in ${JSON.stringify(context)}`)
    : fault('file', `${JSON.stringify(file)} is not there, nor in ${JSON.stringify(context)}`)
}

/**
 * The text of a Containerfile that lies on this machine; empty for another.
 * @throws InputError for one that is larger than any is
 */
export function readContainerfile(file: string | undefined): string {
  if (file === undefined || !isFile(file)) return ''
  try {
    return readForeignFileSync(file, MAX_CONTAINERFILE).toString('utf8')
  } catch (error) {
    throw fault('file', `${JSON.stringify(file)} cannot be read: ${messageOf(error)}`)
  }
}

/** How much of a Containerfile is looked at: nobody writes more by hand, and its parser takes the square of it. */
const MOST = {characters: 128 * 1024, lines: 2000}

/** Whether a Containerfile is longer than what is looked at here; the builder reads it all the same. */
export function isTooLong(text: string): boolean {
  return text.length > MOST.characters || text.split('\n', MOST.lines + 1).length > MOST.lines
}

function isFolder(name: string): boolean {
  return statSync(name, {throwIfNoEntry: false})?.isDirectory() ?? false
}

function isFile(name: string): boolean {
  return statSync(name, {throwIfNoEntry: false})?.isFile() ?? false
}

function fault(input: string, message: string): InputError {
  return new InputError([{input, message}])
}
