import {InputError} from '../../errors.js'

/**
 * Checks `NAME=VALUE`, an argument of a build, and gives it back as it is. The value is in no message: people put
 * secrets there.
 * @throws InputError
 */
export function parseBuildArgument(line: string): string {
  const [name = ''] = line.split('=')
  if (/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) return line
  throw new InputError([
    {input: 'build-args', message: `${JSON.stringify(name)} is not the name of an argument`}
  ])
}
