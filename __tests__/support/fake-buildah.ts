import path from 'node:path'
import type {Exec} from '../../src/ports.js'
import {partsOf, sampleImage, writeLayout} from '../building/layouts.js'

/** A program that stands in for buildah. */
export interface FakeBuildah {
  readonly exec: Exec
  /** The arguments of every build. */
  readonly builds: string[]
}

/**
 * Answers as buildah does, and leaves an image of one layer for the platform that it is asked for.
 * @param failure what the build ends with, in place of an image
 */
export function fakeBuildah(failure?: string): FakeBuildah {
  const builds: string[] = []
  let platform = ''
  const answer = (stdout: string): ReturnType<Exec> => Promise.resolve({exitCode: 0, stdout, stderr: ''})
  const exec: Exec = (command, args) => {
    const [verb] = args
    if (command !== 'buildah') return Promise.reject(new Error(`spawn ${command} ENOENT`))
    if (verb === '--version') return answer('buildah version 1.28.2 (image-spec 1.1.0-rc2)')
    if (verb === 'build') {
      builds.push(args.join(' '))
      platform = args[args.indexOf('--platform') + 1] ?? ''
      if (failure !== undefined) return Promise.resolve({exitCode: 125, stdout: '', stderr: failure})
    }
    if (verb === 'push') leaveImage(platform, args.at(-1) ?? '')
    return answer('')
  }
  return {exec, builds}
}

function leaveImage(platform: string, destination: string): void {
  const [os = '', architecture = '', variant] = platform.split('/')
  const image = sampleImage({os, architecture, ...(variant === undefined ? {} : {variant})})
  const folder = destination.replace(/^oci:/, '').replace(/:image$/, '')
  if (!path.isAbsolute(folder)) throw new Error(`${destination} is not a folder`)
  writeLayout(folder, [image.manifest], partsOf(image))
}
