import type {ServedRequest} from './github-server.js'
import {checkedGithub} from './openapi-check.js'

/** A deployment as the server keeps it, with what was said of it, the newest last. */
export interface ServedDeployment {
  readonly id: number
  readonly ref: string
  readonly environment: string
  readonly payload: unknown
  readonly statuses: ServedStatus[]
}

interface ServedStatus {
  readonly state: string
  readonly description: string
  readonly log_url?: string
}

interface Call {
  readonly request: ServedRequest
  readonly url: URL
  readonly parts: readonly string[]
}

interface Reply {
  readonly status: number
  readonly body: unknown
}

/** What GitHub answers for deployments (REST API, 2022-11-28): lists have the newest first. */
export const deploymentRoutes = {
  get(all: readonly ServedDeployment[], {url, parts: [id]}: Call): Reply | undefined {
    if (id === undefined) {
      const wanted = url.searchParams.get('environment')
      const found = all.filter(({environment}) => environment === wanted).reverse()
      return {status: 200, body: found.map(bodyOf)}
    }
    const statuses = all.find(one => String(one.id) === id)?.statuses
    return statuses && {status: 200, body: [...statuses].reverse().map(statusBody)}
  },
  post(all: ServedDeployment[], {request: {body}, parts: [id]}: Call): Reply | undefined {
    if (id === undefined) {
      const {ref, environment, payload} = body as {ref: string; environment: string; payload: unknown}
      const deployment = {id: all.length + 1, ref, environment, payload, statuses: []}
      all.push(deployment)
      return {status: 201, body: bodyOf(deployment)}
    }
    const {state, description = '', log_url} = body as Partial<ServedStatus> & {state: string}
    const status = {state, description, ...(log_url === undefined ? {} : {log_url})}
    all.find(one => String(one.id) === id)?.statuses.push(status)
    return {status: 201, body: statusBody(status)}
  }
}

function bodyOf({id, ref, environment, payload}: ServedDeployment): object {
  return {...exampleOf('deployment'), id, ref, environment, payload}
}

function statusBody(status: ServedStatus): object {
  return {...exampleOf('deployment-status'), ...status}
}

function exampleOf(name: string): object {
  return checkedGithub().description.components.examples[name]?.value as object
}
