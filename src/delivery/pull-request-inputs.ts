import {parseMessageTemplate} from './manifests/message-template.js'
import {ReleaseError} from '../errors.js'
import {choice, list, parsed} from '../command/input.js'

/** How a pull request is made, and how commits are signed. */
export const pullRequestInputs = {
  'pull-request-branch': parsed(
    {
      summary:
        'The branch that a pull request is made from. One that is open for it is gone on with. {{target}} and the other words of message give each service a pull request of its own: image-release/{{target}}.',
      default: 'image-release/manifests',
      placeholder: 'NAME'
    },
    parseMessageTemplate
  ),
  'pull-request-labels': list(
    {summary: 'Labels of a pull request that is opened.', placeholder: 'NAME'},
    name => name
  ),
  'pull-request-reviewers': list(
    {
      summary: 'Who is asked to review a pull request that is opened: people, and teams as org/team.',
      placeholder: 'NAME'
    },
    parseReviewer
  ),
  'pull-request-merge': choice(['never', 'merge', 'squash', 'rebase'], {
    summary:
      'How GitHub merges a pull request that is opened, by itself, once the rules of the branch are met.',
    default: 'never'
  }),
  'sign-commits': choice(['auto', 'key', 'github', 'never'], {
    summary:
      'How commits are signed. key: by the key that Git has here; github: GitHub makes and signs them, as those of its bot, for a branch that wants signed commits; auto: by the key where commit.gpgsign is set.',
    default: 'auto'
  })
}

/** @throws ReleaseError INPUT_INVALID for what is the name of nobody on GitHub */
function parseReviewer(name: string): string {
  const bare = name.replace(/^@/, '')
  if (/^[\w-]+(?:\/[\w.-]+)?$/.test(bare)) return bare
  throw new ReleaseError('INPUT_INVALID', `${JSON.stringify(name)} is no name of a person, and no org/team`)
}
