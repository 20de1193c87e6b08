import {createRequire} from 'node:module'
import {readFileSync} from 'node:fs'
import {Ajv, type ErrorObject, type ValidateFunction} from 'ajv'
import ajvFormats from 'ajv-formats'

type Json = Readonly<Record<string, unknown>>

/** A published description of an API (OpenAPI 3.0), as far as it is needed here. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly components?: Json
}

/** A request as a server got it. */
export interface CheckedRequest {
  readonly method: string
  /** With its query, as it stood in the request line. */
  readonly target: string
  /** The parsed JSON; undefined where there is none. */
  readonly body?: unknown
}

/** An answer as a server gave it. */
export interface CheckedAnswer {
  readonly status: number
  readonly body?: unknown
}

/** A path with its places, as `/orgs/{org}/packages`. */
interface Template {
  readonly path: string
  readonly parts: readonly string[]
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
}

/** Holds requests and answers against a published description. */
export class OpenApiCheck {
  readonly #document: OpenApiDocument
  /** By the number of their parts, those with fewer places first. A description has a thousand. */
  readonly #templates: ReadonlyMap<number, readonly Template[]>
  readonly #ajv = new Ajv({strict: false, validateSchema: false, allErrors: true, coerceTypes: false})
  readonly #validators = new Map<string, ValidateFunction>()
  readonly #coercing = new Ajv({strict: false, validateSchema: false, coerceTypes: true})

  constructor(document: OpenApiDocument) {
    this.#document = document
    const templates = Object.keys(document.paths)
      .map((path): Template => ({path, parts: path.split('/')}))
      .sort((one, other) => placesIn(one) - placesIn(other))
    const lengths = new Set(templates.map(({parts}) => parts.length))
    this.#templates = new Map(
      [...lengths].map(length => [length, templates.filter(({parts}) => parts.length === length)])
    )
    for (const ajv of [this.#ajv, this.#coercing]) {
      ajvFormats.default(ajv)
      // GitHub's own name for `owner/name`, which says no more than its type.
      ajv.addFormat('repo.nwo', true)
      ajv.addSchema(document, 'api')
    }
  }

  /** What is wrong with a request that was accepted and its answer: nothing, where the description allows both. */
  faults(request: CheckedRequest, answer: CheckedAnswer): string[] {
    const operation = this.#operationOf(request)
    const name = `${request.method} ${request.target}`
    if (operation === undefined)
      return answer.status === 404 ? [] : [`${name}: the description has no such operation`]
    const isAccepted = answer.status < 400
    return [
      ...(isAccepted ? this.#requestFaults(request, operation) : []),
      ...this.#answerFaults(answer, operation)
    ].map(fault => `${name} > ${answer.status}: ${fault}`)
  }

  #operationOf({method, target}: CheckedRequest): readonly string[] | undefined {
    const segments = pathOf(target)
    const template = this.#templates.get(segments.length)?.find(({parts}) => fits(parts, segments))?.path
    const verb = method.toLowerCase()
    if (template === undefined || this.#document.paths[template]?.[verb] === undefined) return undefined
    return ['paths', template, verb]
  }

  #requestFaults({target, body}: CheckedRequest, operation: readonly string[]): string[] {
    const template = operation[1] ?? ''
    const inPath = Object.fromEntries(
      template
        .split('/')
        .flatMap((part, at) => (isPlace(part) ? [[part.slice(1, -1), pathOf(target)[at] ?? '']] : []))
    )
    const query = Object.fromEntries(new URL(target, 'http://api').searchParams)
    const parameters = this.#parametersOf(operation)
    const unknown = Object.keys(query).filter(
      name => !parameters.some(({parameter}) => parameter.in === 'query' && parameter.name === name)
    )
    return [
      ...unknown.map(name => `there is no parameter ${name}`),
      ...parameters.flatMap(({parameter, pointer}) => {
        const value = (parameter.in === 'path' ? inPath : query)[parameter.name]
        if (value !== undefined) return this.#mismatches([...pointer, 'schema'], value, this.#coercing)
        return parameter.required === true && parameter.in !== 'header'
          ? [`${parameter.name} is missing`]
          : []
      }),
      ...this.#bodyFaults([...operation, 'requestBody'], body)
    ]
  }

  #answerFaults({status, body}: CheckedAnswer, operation: readonly string[]): string[] {
    const pointer = [...operation, 'responses', String(status)]
    if (this.#at(pointer) !== undefined) return this.#bodyFaults(pointer, body)
    // Refusals are not all described; those that are not look like those that are.
    if (status < 400) return ['the description has no such answer']
    const isError = typeof body === 'object' && body !== null && ('message' in body || 'detail' in body)
    return isError ? [] : ['an error has a message']
  }

  #bodyFaults(pointer: readonly string[], body: unknown): string[] {
    const resolved = this.#resolve(pointer)
    const schema = [...resolved, 'content', 'application/json', 'schema']
    if (this.#at(schema) === undefined) return body === undefined ? [] : ['there should be no content']
    return this.#mismatches(schema, body, this.#ajv)
  }

  #parametersOf(operation: readonly string[]): {parameter: Parameter; pointer: readonly string[]}[] {
    return [operation.slice(0, 2), operation].flatMap(owner => {
      const list = this.#at([...owner, 'parameters'])
      return (Array.isArray(list) ? list : []).map((_, at) => {
        const pointer = this.#resolve([...owner, 'parameters', String(at)])
        return {parameter: this.#at(pointer) as Parameter, pointer}
      })
    })
  }

  #mismatches(pointer: readonly string[], value: unknown, ajv: Ajv): string[] {
    const key = pointer.map(escaped).join('/')
    const known = this.#validators.get(key)
    const validate = known ?? ajv.compile({type: 'object', properties: {value: {$ref: `api#/${key}`}}})
    this.#validators.set(key, validate)
    return validate({value}) ? [] : (validate.errors ?? []).map(wordsOf)
  }

  /** Follows references until something else is there. */
  #resolve(pointer: readonly string[]): readonly string[] {
    const value = this.#at(pointer)
    const reference = typeof value === 'object' && value !== null && '$ref' in value ? value.$ref : undefined
    return typeof reference === 'string' ? this.#resolve(reference.replace(/^#\//, '').split('/')) : pointer
  }

  #at(pointer: readonly string[]): unknown {
    return pointer.reduce<unknown>((value, name) => (value as Json | undefined)?.[name], this.#document)
  }
}

/** GitHub's description of its REST API, as it publishes it. */
export interface GithubDescription extends OpenApiDocument {
  readonly components: {readonly examples: Readonly<Record<string, {readonly value: Json}>>}
}

/** The description with its check. They are large: one is enough for all tests of a file. */
export interface CheckedGithub {
  readonly description: GithubDescription
  readonly check: OpenApiCheck
}

const shared: {github?: CheckedGithub} = {}

export function checkedGithub(): CheckedGithub {
  shared.github ??= readGithub()
  return shared.github
}

function readGithub(): CheckedGithub {
  const file = createRequire(import.meta.url).resolve('@octokit/openapi/generated/api.github.com.json')
  const description = JSON.parse(readFileSync(file, 'utf8')) as GithubDescription
  return {description, check: new OpenApiCheck(description)}
}

function pathOf(target: string): string[] {
  return new URL(target, 'http://api').pathname.split('/').map(decodeURIComponent)
}

function isPlace(part: string): boolean {
  return part.startsWith('{')
}

function placesIn({parts}: Template): number {
  return parts.filter(isPlace).length
}

function fits(template: readonly string[], segments: readonly string[]): boolean {
  return template.every((part, at) => isPlace(part) || part === segments[at])
}

function escaped(name: string): string {
  return encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))
}

function wordsOf({instancePath, message = '', params}: ErrorObject): string {
  return `${instancePath.replace('/value', '') || 'it'} ${message} ${JSON.stringify(params)}`
}
