import path from 'node:path'
import {bakeFiles} from './bake/bake-names.js'
import {goreleaserFiles} from './goreleaser.js'
import type {FoundFile} from './found-file.js'

/** Files of one repository that are read because workflows name them. */
const MAX_FILES = 200

/** The files that workflows name and that may publish images, none of them outside of the repository. */
export function namedFiles(workflows: readonly FoundFile[]): string[] {
  const actions = workflows.flatMap(({text}) =>
    [...text.matchAll(/\buses:\s*['"]?\.\/([\w./-]*)/g)].flatMap(([, folder = '']) =>
      /\.ya?ml$/.test(folder) ? [] : actionFiles(folder)
    )
  )
  const files = [...actions, ...goreleaserFiles(workflows), ...bakeFiles(workflows)].map(file =>
    path.posix.normalize(file)
  )
  const inside = files.filter(file => !file.startsWith('../') && !path.posix.isAbsolute(file))
  return [...new Set(inside)].slice(0, MAX_FILES)
}

/** Where the file of an action is, in the order in which a runner looks; `./` is the root's own. */
export function actionFiles(folder: string): string[] {
  return ['action.yml', 'action.yaml'].map(file => path.posix.join(folder, file))
}
