import type {RegistryFailure} from '../../errors.js'

/**
 * Whether a registry refused a tag because its rules let no tag change that is there. ECR says 400 TAG_INVALID, also
 * where the tag would stay what it is; Quay 409 TAG_IMMUTABLE; Harbor 412 PRECONDITION, as for
 * a quota that is used up; Nexus 400 "Repository does not
 * allow updating assets"; others name it in the message, such as "overwriting an existing tag is not allowed" (2026-11).
 */
export function isImmutableTag({method, status, entries}: RegistryFailure): boolean {
  return (
    method === 'PUT' &&
    status >= 400 &&
    status < 500 &&
    entries.some(
      ({code, message}) =>
        code === 'TAG_INVALID' ||
        code === 'TAG_IMMUTABLE' ||
        (code === 'PRECONDITION' && !/quota|configured upper limit/i.test(message)) ||
        /\bimmutable\b|existing tags?\b.*\bnot allowed|not allow(?:ed)?\b.*\b(?:existing tag|updating assets)/i.test(
          message
        )
    )
  )
}
