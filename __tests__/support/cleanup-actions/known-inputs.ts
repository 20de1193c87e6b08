/** The inputs of other clean-up actions, as their action.yml has them at the commits that the models name. */
export const KNOWN_INPUTS: Readonly<Record<string, readonly string[]>> = {
  'dataaxiom/ghcr-cleanup-action': [
    'token',
    'owner',
    'repository',
    'package',
    'packages',
    'expand-packages',
    'delete-tags',
    'tags',
    'exclude-tags',
    'keep-n-untagged',
    'keep-n-tagged',
    'delete-untagged',
    'delete-ghost-images',
    'delete-partial-images',
    'delete-orphaned-images',
    'older-than',
    'use-regex',
    'validate',
    'dry-run',
    'log-level',
    'registry-url',
    'github-api-url'
  ],
  'actions/delete-package-versions': [
    'package-version-ids',
    'owner',
    'package-name',
    'package-type',
    'num-old-versions-to-delete',
    'min-versions-to-keep',
    'ignore-versions',
    'delete-only-pre-release-versions',
    'delete-only-untagged-versions',
    'token'
  ],
  'snok/container-retention-policy': [
    'account',
    'token',
    'cut-off',
    'image-names',
    'image-tags',
    'skip-shas',
    'tag-selection',
    'keep-n-most-recent',
    'timestamp-to-use',
    'dry-run',
    'rust-log'
  ]
}
