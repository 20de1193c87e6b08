import type {Command} from '../src/command/command.js'
import {isSetting} from '../src/planning/settings/config-file.js'

/**
 * The source of what may stand in a file of settings, by the place where it stands: each command then knows the words of all
 * others, without loading them.
 */
export function settingNames(commands: readonly Command[]): string {
  const places = [
    ...commands.filter(({name}) => name === 'compute-tags').map(command => ['top', command] as const),
    ...commands
      .filter(({settings}) => settings === 'section')
      .map(command => [command.name, command] as const)
  ]
  const lines = places.map(([place, {inputs}]) => {
    const names = Object.entries(inputs).flatMap(([name, input]) => (isSetting(name, input) ? [name] : []))
    return `  ${/^\w+$/.test(place) ? place : `'${place}'`}: '${names.join(' ')}'`
  })
  return `// Made of the inputs of all commands by \`npm run generate\`.
/** The settings at the top of the file, and those of each section, with blanks between them. */
export const SETTING_NAMES = {
${lines.join(',\n')}
} as const
`
}
