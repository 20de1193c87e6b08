import type {OpenApiDocument} from './openapi-check.js'

const time = {type: 'string', nullable: true}
const place = (name: string) => ({name, in: 'path', required: true, schema: {type: 'string'}})
const content = (schema: unknown) => ({'application/json': {schema}})
const failure = {content: content({$ref: '#/components/schemas/error'})}

/**
 * What Docker says of the three operations that the clean-up uses, by its description of Docker Hub's API
 * (docs.docker.com/reference/api/hub/latest.yaml, OpenAPI 3.0.3, version "beta", as of 2026-11). The deletion of a tag is
 * not described there.
 */
export const DOCKER_HUB: OpenApiDocument = {
  paths: {
    '/v2/auth/token': {
      post: {
        requestBody: {
          content: content({
            type: 'object',
            required: ['identifier', 'secret'],
            properties: {identifier: {type: 'string'}, secret: {type: 'string'}}
          })
        },
        responses: {
          200: {content: content({type: 'object', properties: {access_token: {type: 'string'}}})},
          401: failure
        }
      }
    },
    '/v2/namespaces/{namespace}/repositories/{repository}/tags': {
      parameters: [place('namespace'), place('repository')],
      get: {
        parameters: [
          {in: 'query', name: 'page', required: false, schema: {type: 'integer'}},
          {in: 'query', name: 'page_size', required: false, schema: {type: 'integer'}}
        ],
        responses: {
          200: {content: content({$ref: '#/components/schemas/paginated_tags'})},
          403: failure,
          404: failure
        }
      }
    },
    '/v2/namespaces/{namespace}/repositories/{repository}/tags/{tag}': {
      parameters: [place('namespace'), place('repository'), place('tag')],
      get: {
        responses: {
          200: {content: content({$ref: '#/components/schemas/tag'})},
          403: failure,
          404: failure
        }
      }
    }
  },
  components: {
    schemas: {
      error: {
        type: 'object',
        properties: {errinfo: {type: 'object'}, detail: {type: 'string'}, message: {type: 'string'}}
      },
      page: {
        type: 'object',
        properties: {
          count: {type: 'integer'},
          next: {type: 'string', nullable: true},
          previous: {type: 'string', nullable: true}
        }
      },
      tag: {
        type: 'object',
        properties: {
          id: {type: 'integer'},
          creator: {type: 'integer'},
          last_updated: time,
          last_updater: {type: 'integer'},
          last_updater_username: {type: 'string'},
          name: {type: 'string'},
          repository: {type: 'integer'},
          full_size: {type: 'integer'},
          v2: {type: 'string'},
          status: {type: 'string', enum: ['active', 'inactive']},
          tag_last_pulled: time,
          tag_last_pushed: time
        }
      },
      paginated_tags: {
        allOf: [
          {$ref: '#/components/schemas/page'},
          {
            type: 'object',
            properties: {results: {type: 'array', items: {$ref: '#/components/schemas/tag'}}}
          }
        ]
      }
    }
  }
}
