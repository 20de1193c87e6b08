import path from 'node:path'
import type {StartCommands} from '../../oci/image-config.js'

/** Something that a container of the image runs. */
export interface StartProgram {
  /** `ENTRYPOINT`, `CMD`, `HEALTHCHECK`, `SHELL` */
  readonly by: string
  /** Where it may stand, the first that is there: one path, or a name in each folder of PATH. */
  readonly places: readonly string[]
  /** Whether the image does nothing without it; what else is named may be an argument. */
  readonly isNeeded: boolean
}

const SHELL = /^(?:ba|da|a|k|z)?sh$/

/**
 * What a container of the image starts with: the words of ENTRYPOINT and CMD, and of HEALTHCHECK and SHELL; of a line for a
 * shell its first word, too.
 */
export function startPrograms(start: StartCommands): StartProgram[] {
  const {entrypoint, cmd, shell, healthcheck} = start
  const [kind, ...words] = healthcheck
  const programs = [
    ...programsOf('ENTRYPOINT', entrypoint, start),
    // Behind an entrypoint it is an argument, and often the program that a wrapper starts in the end.
    ...programsOf('CMD', cmd, start).map(each => ({
      ...each,
      isNeeded: each.isNeeded && entrypoint.length === 0
    }))
  ]
  const further = [
    ...programsOf('HEALTHCHECK', kind === 'CMD' ? words : ['/bin/sh', '-c', words[0] ?? ''], start),
    ...programsOf('SHELL', shell, start)
  ].filter(({by}) => by !== 'HEALTHCHECK' || kind === 'CMD' || kind === 'CMD-SHELL')
  return [...programs, ...further.map(each => ({...each, isNeeded: false}))]
}

function programsOf(by: string, words: readonly string[], start: StartCommands): StartProgram[] {
  const [first, flag, line = ''] = words
  if (first === undefined || first === '') return []
  const program = {by, places: placesOf(first, start), isNeeded: true}
  const isLine = SHELL.test(path.posix.basename(first)) && /^-\w*c$/.test(flag ?? '')
  const word = isLine ? /^\s*(?:exec\s+)?([\w./+-]+)(?=[\s;&|]|$)/.exec(line)?.[1] : undefined
  return word === undefined ? [program] : [program, {by, places: placesOf(word, start), isNeeded: false}]
}

function placesOf(word: string, {path: folders, workingFolder}: StartCommands): string[] {
  if (path.posix.isAbsolute(word)) return [word]
  if (word.includes('/')) return [path.posix.join(workingFolder, word)]
  return folders.map(folder => path.posix.join(folder, word))
}

/**
 * What the first line of a script runs (execve(2), "Interpreter scripts"): the interpreter, and behind `env` the program that it
 * looks for, by path or by name.
 */
export function interpretersOf(line: string, start: StartCommands): (readonly string[])[] {
  const [program, ...rest] = line.split(/\s+/)
  if (program === undefined || program === '') return []
  const word = path.posix.basename(program) === 'env' ? rest.find(each => !/^-|=/.test(each)) : undefined
  return [[program], ...(word === undefined ? [] : [placesOf(word, start)])]
}
