import {readFileSync} from 'node:fs'
import path from 'node:path'
import {type GraphQLSchema, Kind, buildSchema, getVariableValues, parse, validate} from 'graphql'

const made: {schema?: GraphQLSchema} = {}

/** GitHub's own schema of GraphQL, as Octokit publishes it. */
function githubSchema(): GraphQLSchema {
  if (made.schema === undefined) {
    // The package exports its schema together with one of five times the size.
    const file = path.resolve('node_modules/@octokit/graphql-schema/schema.graphql')
    made.schema = buildSchema(readFileSync(file, 'utf8'), {assumeValid: true})
  }
  return made.schema
}

/** What of a request is not as GitHub's schema says: its query, and the values of its variables. */
export function graphqlFaults({query, variables}: Readonly<Record<string, unknown>>): string[] {
  const schema = githubSchema()
  const document = parse(String(query))
  const values = (variables ?? {}) as Readonly<Record<string, unknown>>
  const wrong = document.definitions.flatMap(one =>
    one.kind === Kind.OPERATION_DEFINITION
      ? (getVariableValues(schema, one.variableDefinitions ?? [], values).errors ?? [])
      : []
  )
  return [...validate(schema, document), ...wrong].map(({message}) => message)
}
