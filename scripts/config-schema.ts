import {z} from 'zod'
import {isSetting} from '../src/planning/settings/config-file.js'
import type {Input, InputTable} from '../src/command/input.js'
import {blankOr, formOf, integerPattern, itemsOf} from './setting-forms.js'

/** An unquoted number is read as it is written: 3.10 stays 3.10. */
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]).meta({id: 'text'})
/** A line of `key=value` has no other lines in it. */
const oneLine = z
  .union([z.string().regex(/^[^\r\n]*$/), z.number(), z.boolean(), z.null()])
  .meta({id: 'line'})
const fields = z
  .record(z.string(), z.union([scalar, z.array(scalar), z.record(z.string(), scalar)]))
  .meta({id: 'fields'})
const list = z.union([scalar, z.array(scalar)]).meta({id: 'list'})
const mapOf = (text: z.ZodType): z.ZodType =>
  z.record(z.string(), z.union([text, z.array(z.unknown()), z.record(z.string(), z.unknown())]))
const lines = z.union([scalar, z.array(z.union([scalar, fields])), mapOf(oneLine)]).meta({id: 'lines'})
const entries = z.union([scalar, z.array(z.union([scalar, fields])), mapOf(scalar)]).meta({id: 'entries'})
const blank = z.union([z.literal(''), z.null()])
const named = z
  .union([scalar, z.array(z.union([scalar, fields])), z.record(z.string(), z.union([fields, blank]))])
  .meta({id: 'named'})
const DURATION = String.raw`\d+(?:ms|s|m|h|d|w)|0`

/**
 * The JSON Schema of the file of settings, made from the inputs of the commands that read it: editors complete the file by it,
 * and refuse what the command refuses.
 */
export function configSchema(inputs: InputTable, sections: ReadonlyMap<string, InputTable>): string {
  const parts = [...sections].map(([name, table]) => [
    name,
    z
      .union([z.strictObject(propertiesOf(table)), blank])
      .optional()
      .describe(`The inputs of ${name}.`)
  ])
  const schema = z.strictObject({...propertiesOf(inputs), ...Object.fromEntries(parts)}).meta({
    title: 'Settings of image-release',
    description:
      'The file .github/image-release.yml. Every setting is an input of compute-tags, or stands in a section with the inputs of another command; an input counts more than the file.'
  })
  return `${JSON.stringify(z.toJSONSchema(schema, {target: 'draft-7'}), undefined, 2)}\n`
}

function propertiesOf(inputs: InputTable): Record<string, z.ZodType> {
  const all = Object.entries(inputs).filter(([name, input]) => isSetting(name, input))
  return Object.fromEntries(
    all.map(([name, input]) => [name, valueOf(name, input).optional().describe(input.summary)])
  )
}

/** What a file may say for an input: its text, or the same as a list or a map. */
function valueOf(name: string, input: Input<unknown>): z.ZodType {
  const {shape, choices = [], isNamed, isQuoted, min = 0, max = Number.MAX_SAFE_INTEGER} = input
  switch (shape) {
    case 'flag':
      return wordsOf(['true', 'false', 'True', 'TRUE', 'False', 'FALSE'])
    case 'number':
      return z.union([z.number().int().min(min).max(max), matching(integerPattern(min, max)), z.null()])
    case 'choice':
      return wordsOf(choices)
    case 'duration':
      return z.union([matching(DURATION), z.literal(0), z.null()])
    case 'list':
      return listOf(formOf(name, input))
    case 'lines':
      if (isNamed === true) return named
      return isQuoted === true ? entries : lines
    default:
      return textOf(formOf(name, input))
  }
}

/** Words; those of YAML for true and false stand without quotes, too. */
function wordsOf(words: readonly string[]): z.ZodType {
  const literals = words.flatMap((word): (string | boolean)[] =>
    /^(?:true|false)$/.test(word) ? [word === 'true', word] : [word]
  )
  // The words by themselves are what an editor offers; white space around them is no fault.
  return z.union([z.literal(literals), matching(words.join('|')), z.null()])
}

function matching(form: string): z.ZodType {
  return z.string().regex(blankOr(form))
}

function textOf(form: string | undefined): z.ZodType {
  return form === undefined ? scalar : z.union([matching(form), ...plainOf(form), z.null()])
}

function listOf(form: string | undefined): z.ZodType {
  if (form === undefined) return list
  const item = z.union([z.string().regex(itemsOf(form)), ...plainOf(form), z.null()])
  return z.union([item, z.array(item)])
}

/** Numbers and words of YAML where their text is one of these. */
function plainOf(form: string): z.ZodType[] {
  const isTaken = (text: string): boolean => new RegExp(`^(?:${form})$`).test(text)
  return [
    ...(isTaken('7.5') ? [z.number().min(isTaken('-7') ? Number.MIN_SAFE_INTEGER : 0)] : []),
    ...(isTaken('7') && !isTaken('7.5') ? [wholeNumber(isTaken)] : []),
    ...[true, false].filter(word => isTaken(String(word))).map(word => z.literal(word))
  ]
}

/** Whole numbers, of two digits where three are too many, and from 1 on where none is no answer. */
function wholeNumber(isTaken: (text: string) => boolean): z.ZodType {
  const number = z
    .number()
    .int()
    .min(isTaken('0') ? 0 : 1)
  return isTaken('100') ? number : number.max(99)
}
