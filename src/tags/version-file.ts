import {InputError, messageOf} from '../errors.js'

/**
 * Finds the version in a file, by the file's name: package.json, pyproject.toml, Cargo.toml, Chart.yaml (appVersion, or
 * else version); of any other file the first line that holds something and does not start with "#".
 * @param content undefined where there is no such file
 * @throws InputError where there is none
 */
export function versionIn(file: string, content: string | undefined): string {
  if (content === undefined) throw fault(`there is no file ${file}`)
  const version = reader(file)(content)?.trim()
  if (version === undefined || version === '') throw fault(`${file} names no version`)
  return version
}

function reader(file: string): (content: string) => string | undefined {
  switch (file.split(/[\\/]/).pop()) {
    case 'package.json':
      return content => inJson(file, content)
    case 'pyproject.toml':
      return content => inToml(content, ['project', 'tool.poetry'])
    case 'Cargo.toml':
      return content => inToml(content, ['package', 'workspace.package'])
    case 'Chart.yaml':
      return content => inYaml(content, 'appVersion') ?? inYaml(content, 'version')
    default:
      return firstLine
  }
}

function inJson(file: string, content: string): string | undefined {
  try {
    const document: unknown = JSON.parse(content)
    const isObject = typeof document === 'object' && document !== null && 'version' in document
    return isObject && typeof document.version === 'string' ? document.version : undefined
  } catch (error) {
    throw fault(`${file} is not JSON: ${messageOf(error)}`)
  }
}

/** `version = "1.2.3"` in the first of the tables that has it. */
function inToml(content: string, tables: readonly string[]): string | undefined {
  const found = new Map<string, string>()
  let table = ''
  for (const line of content.split(/\r?\n/)) {
    table = /^\s*\[([^[\]]+)\]/.exec(line)?.[1]?.trim() ?? table
    const version = /^\s*version\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(line)
    if (version !== null) found.set(table, version[1] ?? version[2] ?? '')
  }
  return tables.map(name => found.get(name)).find(version => version !== undefined)
}

function inYaml(content: string, key: string): string | undefined {
  const [, quoted, plain] = new RegExp(`^${key}:\\s*(?:["']([^"']*)["']|([^\\s#]+))`, 'm').exec(content) ?? []
  return quoted ?? plain
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
