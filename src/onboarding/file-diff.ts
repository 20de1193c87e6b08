import {createTwoFilesPatch} from 'diff'
import type {PlannedFile} from './own-settings.js'

/** The files as a unified diff. */
export function diffOf({files}: {readonly files: readonly PlannedFile[]}): string {
  return files
    .map(({file, before, after}) =>
      createTwoFilesPatch(before === undefined ? '/dev/null' : `a/${file}`, `b/${file}`, before ?? '', after)
    )
    .map(patch => patch.replace(/^=+\n/, ''))
    .join('')
}
