import {InputFaults, type Input, parsed} from '../../command/input.js'

/** Inputs of docker/build-push-action that have no place here: what is done instead, for who brings a workflow along. */
export const refusedInputs = {
  tags: refused(
    'The image is pushed without a tag, and merge-manifest moves all tags together; write tag rules into compute-tags.'
  ),
  outputs: refused(
    'The image goes to all registries by digest. For files on this machine run docker buildx build --output in a step of its own.'
  ),
  load: refusedUnless(
    /^false$/i,
    'A runner builds one platform and pushes it; to try the image, run it by its digest, which is the output images.'
  ),
  call: refusedUnless(
    /^build$/,
    'Only building is done here; run docker buildx build --call=check in a step of its own.'
  )
}

function refused(advice: string): Input<undefined> {
  return refusedUnless(/^$/, advice)
}

function refusedUnless(allowed: RegExp, advice: string): Input<undefined> {
  return parsed({summary: `Not taken. ${advice}`}, text => {
    if (!allowed.test(text)) throw new InputFaults([`is not taken. ${advice}`])
    return undefined
  })
}
