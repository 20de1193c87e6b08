import {z} from 'zod'
import {isSetting} from '../src/planning/settings/config-file.js'
import type {Input, InputTable} from '../src/command/input.js'

/** An unquoted number is read as it is written: 3.10 stays 3.10. */
const scalar = z.union([z.string(), z.number(), z.boolean()]).meta({id: 'text'})
const fields = z
  .record(z.string(), z.union([scalar, z.array(scalar), z.record(z.string(), scalar)]))
  .meta({id: 'fields'})
const list = z.union([scalar, z.array(scalar)]).meta({id: 'list'})
const map = z.record(z.string(), z.union([scalar, z.array(scalar), fields]))
const lines = z.union([scalar, z.array(z.union([scalar, fields])), map]).meta({id: 'lines'})
const named = z
  .union([scalar, z.array(z.union([scalar, fields])), z.record(z.string(), z.union([fields, z.null()]))])
  .meta({id: 'named'})

/**
 * The JSON Schema of the file of settings, made from the inputs of the commands that read it: editors complete the file by it.
 */
export function configSchema(inputs: InputTable, sections: ReadonlyMap<string, InputTable>): string {
  const parts = [...sections].map(([name, table]) => [
    name,
    z.strictObject(propertiesOf(table)).optional().describe(`The inputs of ${name}.`)
  ])
  const schema = z.strictObject({...propertiesOf(inputs), ...Object.fromEntries(parts)}).meta({
    title: 'Settings of image-release',
    description:
      'The file .github/image-release.yml. Every setting is an input of compute-tags, or stands in a section with the inputs of another command; an input counts more than the file.'
  })
  return `${JSON.stringify(z.toJSONSchema(schema, {target: 'draft-7'}), undefined, 2)}\n`
}

function propertiesOf(inputs: InputTable): Record<string, z.ZodType> {
  const entries = Object.entries(inputs).filter(([name, input]) => isSetting(name, input))
  return Object.fromEntries(
    entries.map(([name, input]) => [name, valueOf(input).optional().describe(input.summary)])
  )
}

/** What a file may say for an input: its text, or the same as a list or a map. */
function valueOf({shape, choices, isNamed}: Input<unknown>): z.ZodType {
  switch (shape) {
    case 'flag':
      return z.boolean()
    case 'number':
      return z.number().int()
    case 'choice':
      return z.union(
        (choices ?? []).map(word => z.literal(/^(true|false)$/.test(word) ? word === 'true' : word))
      )
    case 'list':
      return list
    case 'lines':
      return isNamed === true ? named : lines
    default:
      return scalar
  }
}
