/** What the codes of registries mean (distribution-spec, "Error codes"). */
const CODES: readonly (readonly [RegExp, number])[] = [
  [/\bUNAUTHORIZED\b/, 401],
  [/\bDENIED\b/, 403],
  [/\bTOOMANYREQUESTS\b/, 429]
]

/**
 * The status of the failure that a message holds within it: Docker Hub passes on what its registry answered as
 * `non-successful response (status=401 body=…)`, or as `httperror 400: …` (docker/hub-feedback#2398, #2265).
 * @returns undefined where it holds none
 */
export function heldStatus(message: string): number | undefined {
  const told = /(?:\bstatus(?:[ _]?code)?\s*[=:]\s*|\bhttperror\s+)(\d{3})\b/i.exec(message)?.[1]
  if (told !== undefined) return Number(told)
  return CODES.find(([code]) => code.test(message))?.[1]
}
