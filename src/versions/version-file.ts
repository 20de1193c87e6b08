import {InputError, messageOf} from '../errors.js'

/**
 * Finds the version in a file, by the file's name: package.json, pyproject.toml, Cargo.toml, Chart.yaml (appVersion, or
 * else version); of any other file the first line that holds something and does not start with "#".
 * @param content undefined if there is no such file
 * @throws InputError if there is no file, it cannot be parsed, or it names no version
 */
export async function versionIn(file: string, content: string | undefined): Promise<string> {
  if (content === undefined) throw fault(`there is no file ${file}`)
  const version = (await read(file, content.replace(/^\uFEFF/, '')))?.trim()
  if (version === undefined || version === '') throw fault(`${file} names no version`)
  return version
}

async function read(file: string, content: string): Promise<string | undefined> {
  switch (file.split(/[\\/]/).pop()) {
    case 'package.json':
      return await parsed(file, 'JSON', () => inJson(content))
    case 'pyproject.toml':
      return await parsed(file, 'TOML', async () => await inToml(content, ['project', 'tool.poetry']))
    case 'Cargo.toml':
      return await parsed(file, 'TOML', async () => await inToml(content, ['package', 'workspace.package']))
    case 'Chart.yaml':
      return await parsed(file, 'YAML', async () => await inYaml(content, ['appVersion', 'version']))
    default:
      return firstLine(content)
  }
}

async function parsed(
  file: string,
  language: string,
  work: () => string | undefined | Promise<string | undefined>
): Promise<string | undefined> {
  try {
    return await work()
  } catch (error) {
    throw fault(`${file} is not ${language}: ${messageOf(error)}`)
  }
}

function inJson(content: string): string | undefined {
  return stringAt(JSON.parse(content), 'version')
}

/** `version` of the first of the tables that has it as a string; a version that is inherited is not one. */
async function inToml(content: string, tables: readonly string[]): Promise<string | undefined> {
  const {parse} = await import('smol-toml')
  const document: unknown = parse(content)
  return tables.map(table => stringAt(document, `${table}.version`)).find(version => version !== undefined)
}

/**
 * The first of the keys that has a value. Each scalar counts as it is written: to YAML 1.10 is the number 1.1, and a key
 * without a value, `~` and `""` leave the version of the application open, as they do to Helm.
 */
async function inYaml(content: string, keys: readonly string[]): Promise<string | undefined> {
  const {boundFault} = await import('../shared/yaml-bounds.js')
  const fault = boundFault(content)
  if (fault !== undefined) throw new Error(`line ${fault.line} ${fault.message}`)
  const {parse} = await import('yaml')
  const document: unknown = parse(content, {schema: 'failsafe'})
  return keys
    .map(key => stringAt(document, key)?.trim())
    .find(version => version !== undefined && !['', '~', 'null'].includes(version))
}

function stringAt(document: unknown, path: string): string | undefined {
  let value = document
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return typeof value === 'string' ? value : undefined
}

function firstLine(content: string): string | undefined {
  return content
    .split(/\r?\n/)
    .map(line => line.trim())
    .find(line => line !== '' && !line.startsWith('#'))
}

function fault(message: string): InputError {
  return new InputError([{input: 'version-file', message}])
}
