import {readFileSync, readdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'

/**
 * Says in words that the emulator knows what `$/compute-tags` is: an action in the repository of the workflow itself, at
 * the commit that runs (docs.github.com, "Reusing workflow configurations"). It knows no `queue` of concurrency either.
 * @param spell makes of an action's name what `uses` says
 */
export function spellOutOwnActions(folder: string, spell: (action: string) => string): void {
  const workflows = path.join(folder, '.github/workflows')
  for (const file of readdirSync(workflows)) {
    const text = readFileSync(path.join(workflows, file), 'utf8')
    const spelled = text.replace(/uses: \$\/([\w-]+)$/gm, (_, action: string) => `uses: ${spell(action)}`)
    writeFileSync(path.join(workflows, file), spelled.replace(/^ +queue: max\n/gm, ''))
  }
}
