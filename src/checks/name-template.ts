import {ReleaseError} from '../errors.js'
import {nearest} from '../shared/did-you-mean.js'

/** What the names of artifacts may not hold (@actions/artifact, path-and-artifact-name-validation), and file names. */
const FORBIDDEN = /["<>|*?\r\n\\/:]/

/** What the fields of a name stand for: target, platform, and the axes of a variant. */
export type NameFields = Readonly<Record<string, string>>

/**
 * Fills in the fields of a name, `{target}`, `{platform}` and the axes of the variant, such as `{runtime}` in
 * `test-logs-{runtime}-py{version}`.
 * @throws ReleaseError INPUT_INVALID for a field that is not there, and for what no file or artifact may be called
 */
export function fillName(template: string, fields: NameFields): string {
  const name = template.trim().replace(/\{([^{}]*)\}/g, (_, field: string) => valueOf(field, fields))
  const forbidden = FORBIDDEN.exec(name)?.[0]
  if (forbidden === undefined && name !== '' && !name.startsWith('.')) return name
  const fault = forbidden === undefined ? 'is no name' : `holds ${JSON.stringify(forbidden)}`
  throw new ReleaseError('INPUT_INVALID', `${JSON.stringify(name)} ${fault}, which no artifact may`)
}

function valueOf(field: string, fields: NameFields): string {
  const value = Object.hasOwn(fields, field) ? fields[field] : undefined
  if (value !== undefined) return value.replaceAll(new RegExp(FORBIDDEN, 'g'), '-')
  const guess = nearest(field, Object.keys(fields))
  throw new ReleaseError(
    'INPUT_INVALID',
    `there is no field {${field}}${guess ? `; did you mean {${guess}}?` : ''} There are ${Object.keys(fields)
      .map(name => `{${name}}`)
      .join(', ')}`
  )
}
