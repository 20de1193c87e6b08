import {describe, expect, it} from '@jest/globals'
import type {PlannedTag} from '../../src/contracts/plan.js'
import {targetBakeFiles} from '../../src/planning/jobs/bake-files.js'
import {parseImages} from '../../src/planning/targets/image-names.js'

const TAGS: PlannedTag[] = ['1.2.3', 'latest'].map(name => ({name, class: 'forward', rule: ''}))

function files(images: string, tags = TAGS, levels = ['manifest']) {
  const target = {
    name: 'app',
    images: [],
    tags,
    builds: [],
    labels: {a: 'b=c', title: 'An "app"'},
    annotations: {a: 'b'}
  }
  return targetBakeFiles(
    {main: {target, images: parseImages(images)}, annotationLevels: levels},
    'docker-metadata-action'
  )
}

describe('bake files', () => {
  it('are what docker/metadata-action writes, byte by byte', () => {
    expect(files('Octo/app\nname=ghcr.io/octo/app,enable=false')).toEqual({
      'bake-file-tags': `{
  "target": {
    "docker-metadata-action": {
      "tags": [
        "octo/app:1.2.3",
        "octo/app:latest"
      ],
      "args": {
        "DOCKER_META_IMAGES": "octo/app",
        "DOCKER_META_VERSION": "1.2.3"
      }
    }
  }
}`,
      'bake-file-labels': `{
  "target": {
    "docker-metadata-action": {
      "labels": {
        "a": "b=c",
        "title": "An \\"app\\""
      }
    }
  }
}`,
      'bake-file-annotations': `{
  "target": {
    "docker-metadata-action": {
      "annotations": [
        "manifest:a=b"
      ]
    }
  }
}`,
      'bake-file': `{
  "target": {
    "docker-metadata-action": {
      "tags": [
        "octo/app:1.2.3",
        "octo/app:latest"
      ],
      "labels": {
        "a": "b=c",
        "title": "An \\"app\\""
      },
      "args": {
        "DOCKER_META_IMAGES": "octo/app",
        "DOCKER_META_VERSION": "1.2.3"
      }
    }
  }
}`
    })
  })

  it.each([
    ['without images', '', ['1.2.3', 'latest'], ''],
    ['with every image disabled', 'name=a,enable=false', [], ''],
    ['with several images', 'a\nb', ['a:1.2.3', 'a:latest', 'b:1.2.3', 'b:latest'], 'a,b']
  ])('%s', (_, images, tags, names) => {
    expect(JSON.parse(files(images)['bake-file-tags'])).toEqual({
      target: {
        'docker-metadata-action': {tags, args: {DOCKER_META_IMAGES: names, DOCKER_META_VERSION: '1.2.3'}}
      }
    })
  })

  it('leave the version out where there is none', () => {
    expect(JSON.parse(files('a', [])['bake-file-tags'])).toEqual({
      target: {'docker-metadata-action': {tags: [], args: {DOCKER_META_IMAGES: 'a'}}}
    })
  })

  it('name every level of annotations', () => {
    const {'bake-file-annotations': text} = files('a', TAGS, ['manifest', 'index'])
    expect(JSON.parse(text)).toEqual({
      target: {'docker-metadata-action': {annotations: ['manifest:a=b', 'index:a=b']}}
    })
  })
})
