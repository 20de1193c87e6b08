import {describe, expect, it} from '@jest/globals'
import {parsePlatform} from '../../src/oci/platform.js'
import {parseBuildxInstance} from '../../src/building/builders/buildx-instance.js'

const REMOTE = `Name:          b1
Driver:        remote
Last Activity: 2026-11-21 07:28:22 +0000 UTC

Nodes:
Name:             b10
Endpoint:         unix:///tmp/bk.sock
Status:           running
BuildKit version: v0.31.2
Platforms:        linux/amd64, linux/arm64
Labels:
 org.mobyproject.buildkit.worker.executor:         oci
 org.mobyproject.buildkit.worker.snapshotter:      overlayfs
GC Policy rule#0:
 All:            false
`
const DOCKER = `Name:   default
Driver: docker

Nodes:
Name:             default
Endpoint:         default
Status:           running
BuildKit version: v0.25.1
Platforms:        linux/amd64
Labels:
 org.mobyproject.buildkit.worker.moby.host-gateway-ip: 172.17.0.1
`
const DOWN = `Name:   b2
Driver: remote

Nodes:
Name:     b20
Endpoint: unix:///tmp/gone.sock
Error:    connection refused
`

describe('parseBuildxInstance', () => {
  it('reads a builder that runs', () =>
    expect(parseBuildxInstance(REMOTE)).toEqual({
      name: 'b1',
      driver: 'remote',
      buildkit: '0.31.2',
      fault: undefined,
      nodes: [{name: 'b10', platforms: ['linux/amd64', 'linux/arm64'].map(parsePlatform), named: []}]
    }))

  it('reads the older name of the version', () =>
    expect(
      parseBuildxInstance(REMOTE.replace('BuildKit version: v0.31.2', 'Buildkit: v0.12.5')).buildkit
    ).toBe('0.12.5'))

  it.each([
    [
      'driver docker, images not in containerd',
      DOCKER,
      'its driver docker cannot export an image as a layout'
    ],
    [
      'driver docker, images in containerd',
      `${DOCKER} org.mobyproject.buildkit.worker.snapshotter: overlayfs\n`,
      undefined
    ],
    ['a node with an error', DOWN, 'connection refused'],
    ['a node that does not run', REMOTE.replace('running', 'inactive'), 'its status is inactive'],
    ['nothing', '', 'its status is unknown']
  ])('%s', (_title, answer, fault) => expect(parseBuildxInstance(answer).fault).toBe(fault))
})
