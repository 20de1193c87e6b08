import {accessSync, constants, existsSync} from 'node:fs'
import path from 'node:path'
import {describe, it} from '@jest/globals'

/**
 * Real programs that tests run against: registries, builders, readers, linters. `script/test --all` installs them
 * and sets REQUIRE_COMPONENTS; there a missing one is a failure. Else its tests are left out, and the script says so.
 */
const FOLDER = path.resolve(process.env['COMPONENTS'] ?? '.components')
const PATHS = [path.join(FOLDER, 'bin'), ...(process.env['PATH'] ?? '').split(path.delimiter)]

/**
 * The path of a component's program; undefined where it is not installed. `FOLDER/NAME` is a second version of a program
 * that the system has, too, in a folder of its own.
 */
export function findComponent(program: string): string | undefined {
  const paths = program.includes('/') ? [FOLDER] : PATHS
  return paths.map(folder => path.join(folder, program)).find(isExecutable)
}

/** The path of a component's program, which must be there. */
export function component(program: string): string {
  const found = findComponent(program)
  if (found === undefined) throw new Error(`${program} is not installed: run script/test --all`)
  return found
}

/** A suite that runs where all its programs are installed, and fails where they must be but are not. */
export function describeWith(programs: readonly string[], title: string, suite: () => void): void {
  const isMissing = programs.some(program => findComponent(program) === undefined)
  if (isMissing && !isRequired()) describe.skip(`${title} (needs ${programs.join(', ')})`, suite)
  else describe(title, suite)
}

/** The path of a root file system of static programs, to build images on that run something. */
export function rootFilesystem(architecture: string): string {
  return path.join(FOLDER, 'rootfs', `${architecture}.tar`)
}

/** The path of a layer with Node and Git, for the image of the command line. */
export function nodeBase(architecture: string): string {
  return path.join(FOLDER, 'node-base', `${architecture}.tar.gz`)
}

/**
 * `it` where this holds, and in a run that must have everything; else a test that is left out by name.
 * @param need what has to be there, for people: `podman`, `base-image files`
 */
export function itWhere(isPossible: boolean, need: string): typeof it {
  return isPossible || isRequired() ? it : leftOut(need)
}

/** `it` for a test that starts these programs. */
export function itWith(programs: readonly string[]): typeof it {
  return itWhere(
    programs.every(program => findComponent(program) !== undefined),
    programs.join(', ')
  )
}

/** `it` for a test that builds on a root file system. */
export function itOnRootFilesystem(architecture: string): typeof it {
  return itWhere(hasRootFilesystem(architecture), ROOT_FILESYSTEM)
}

/** What `itOnRootFilesystem` needs, for a test that needs more than that. */
export const ROOT_FILESYSTEM = 'a root file system of script/components'

/** Whether there is a root file system to build images on. */
export function hasRootFilesystem(architecture: string): boolean {
  return existsSync(rootFilesystem(architecture))
}

/** Titles say what is needed, as those of suites do: the end of a run counts by that. */
function leftOut(need: string): typeof it {
  const named = (title: string): string => `${title} (needs ${need})`
  const skip: Skip = (title, ...rest) => it.skip(named(title), ...rest)
  const each =
    (...rows: Parameters<SkipEach>): Skip =>
    (title, ...rest) =>
      (it.skip.each as unknown as SkipEach)(...rows)(named(title), ...rest)
  return Object.assign(skip, {each}) as unknown as typeof it
}

type Skip = (
  title: string,
  ...rest: Parameters<typeof it.skip> extends [unknown, ...infer Rest] ? Rest : never
) => void
type SkipEach = (...rows: unknown[]) => Skip

function isRequired(): boolean {
  return process.env['REQUIRE_COMPONENTS'] === 'true'
}

/** The search path of programs that a test starts: the components first. */
export const componentPath = PATHS.join(path.delimiter)

/** The same, with other versions of programs before all, which have a folder of their own. */
export function componentPathWith(folder: 'recent' | 'older'): string {
  return [path.join(FOLDER, folder), ...PATHS].join(path.delimiter)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
